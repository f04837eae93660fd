"""Messages between a process and its sandbox (see ``reader``). Few imports, since both load it."""

from __future__ import annotations

from enum import StrEnum

JOB = 256  # maximum bytes of a job's description
READY = b"+"
ANY, KEPT, REFUSED = "any", "kept", "refused"
"""A file of any kind, with the inspection's verdict: see ``extract.work``."""


class Ending(StrEnum):
    """How a fork ended. ``BROKE``: by a signal that no process sent."""

    READ = "r"
    FAILED = "f"
    BROKE = "b"
    TOO_SLOW = "s"
