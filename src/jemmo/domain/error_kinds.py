"""What an entry of the error catalog says: where a trouble lies, how bad it is, and what helps."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class ErrorKind(StrEnum):
    """Where a trouble lies."""

    ACCESS = "access"
    ATS = "ats"
    LIMIT = "limit"
    DATA = "data"
    DECISION = "decision"
    JEMMO = "jemmo"


class Severity(StrEnum):
    """How bad it is: the sync failed, or went on, or one record stays out."""

    ERROR = "error"
    WARNING = "warning"
    REJECTION = "rejection"


class Entry(Struct, frozen=True):
    """``means`` names the cause, ``next_step`` what helps."""

    kind: ErrorKind
    means: str
    next_step: str
