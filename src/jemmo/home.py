"""The data folder of this installation: database, keys, resumes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs


def home_path(environ: Mapping[str, str]) -> Path:
    """The data folder from the environment, as an absolute path. Creates nothing."""
    chosen = environ.get("JEMMO_HOME")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return platformdirs.user_data_path("jemmo", appauthor=False)


def home() -> Path:
    """The data folder, created for its owner only if it does not exist."""
    folder = home_path(os.environ)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
