"""The messages between a process and its sandbox: see ``reader``. Light, since both import it."""

from __future__ import annotations

from enum import StrEnum

JOB = 256  # bytes of a job's description, at most
READY = b"+"
ANY, KEPT, REFUSED = "any", "kept", "refused"
"""A file of whatever kind, and the inspection's verdict: see ``extract.work``."""


class Ending(StrEnum):
    """How a fork ended. ``BROKE``: by a signal that nobody sent it."""

    READ = "r"
    FAILED = "f"
    BROKE = "b"
    TOO_SLOW = "s"
