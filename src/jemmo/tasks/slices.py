"""How long a sync may keep a worker before others have their turn."""

from __future__ import annotations

import os
import time

LONGEST = float(os.environ.get("JEMMO_SLICE_SECONDS", "600"))

_stopping = False


def stop() -> None:
    """Let every slice of this process end after its next page."""
    global _stopping  # noqa: PLW0603 - a process stops once
    _stopping = True


class Slice:
    """One turn of a sync, from now on."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._ends = time.monotonic() + longest

    def is_over(self) -> bool:
        return _stopping or time.monotonic() >= self._ends
