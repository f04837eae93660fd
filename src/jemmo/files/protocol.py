"""What a process and its sandbox say to each other: see ``reader``. Light, since both import it."""

from __future__ import annotations

from enum import StrEnum

JOB = 256  # bytes of a job's description, at most
READY = b"+"
ANY, KEPT, REFUSED = "any", "kept", "refused"
"""A file of whatever kind, and what the inspection says of it: see ``extract.work``."""


class Ending(StrEnum):
    """How a fork ended. ``BROKE``: by a signal that nobody sent it."""

    READ = "r"
    FAILED = "f"
    BROKE = "b"
    TOO_SLOW = "s"
