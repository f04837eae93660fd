"""The log as an operator reads it with ``JEMMO_LOG=json``."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from jemmo import logs


@contextmanager
def log_lines() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, one line of JSON per event."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JEMMO_LOG", "json")
        logs.setup()
    kept = io.StringIO()
    root.handlers[0].stream = kept  # type: ignore[attr-defined]
    try:
        yield kept
    finally:
        root.handlers, root.level = handlers, level


def read(kept: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in kept.getvalue().splitlines()]
