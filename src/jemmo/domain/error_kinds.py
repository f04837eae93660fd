"""The shape of an error catalog entry, and the kinds of errors."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class ErrorKind(StrEnum):
    """The general cause of an error."""

    ACCESS = "access"
    ATS = "ats"
    LIMIT = "limit"
    DATA = "data"
    DECISION = "decision"
    JEMMO = "jemmo"


class Severity(StrEnum):
    """The effect: the sync failed, it continued, or one record was rejected."""

    ERROR = "error"
    WARNING = "warning"
    REJECTION = "rejection"


class Entry(Struct, frozen=True):
    """The text of an error (what happened, and the next step) as templates over its facts.

    ``for_operator``: only the operator can take the next step, so pages refer the reader to the operator.
    """

    kind: ErrorKind
    message: str
    next_step: str
    for_operator: bool = False
