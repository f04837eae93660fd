"""What an entry of the error catalog holds, and what kinds of errors there are."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class ErrorKind(StrEnum):
    """Where the cause lies."""

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
    """The one text of an error: what happened, and the next step, as templates over its facts.

    ``for_operator``: only the operator can take the next step, so pages refer to that person instead.
    """

    kind: ErrorKind
    message: str
    next_step: str
    for_operator: bool = False
