"""A data folder for one benchmark, with an embedded Postgres of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from jemmo import embedded


@contextmanager
def new_home() -> Iterator[str]:
    """Let Jemmo use an empty data folder and a new embedded Postgres; yield its owner's URL.

    Modules that read settings are imported inside.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JEMMO_HOME"] = folder
        os.environ.pop("DATABASE_URL", None)
        try:
            yield embedded.ensure_running()
        finally:
            embedded.stop()
