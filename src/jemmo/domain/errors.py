"""The exceptions, named after their consequences.

JemmoError
├── ConfigError      the customer must act: key, permission, configuration
│   └── ScopeTooSmall  the key works, but lacks a permission
├── TransientError   try again later
│   └── RateLimited    wait; this does not count as an attempt
├── Postponed        the quota is used up; the run ends as partial and continues later
├── SliceOver        other runs need this worker; the run continues in its next slice
├── PermanentError   this run fails, and a retry would not help
├── StreamRefused    the account refuses a lookup list; the run continues without it
├── Cancelled        stopped on purpose
├── Unexpected       a bug, caught and logged
├── LeaseLost        another run took over; stop writing at once
├── AlreadyRunning   a sync of this connection is in progress
└── RecordRejected   store the record with the reason and continue

Each carries a stable ``code`` and the facts of the occurrence. The texts are in ``jemmo.domain.error_catalog``.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from jemmo.domain.error_catalog import Wording, bounded, worded


class FailureMode(StrEnum):
    """Why a run failed, grouped by who can fix it."""

    CONFIG = "config"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    INTERNAL = "internal"


class JemmoError(Exception):
    """An error that the catalog explains from its code and facts."""

    failure = FailureMode.PERMANENT
    default_code = "error"

    def __init__(self, code: str | None = None, *, variant: str = "", **facts: Any) -> None:
        self.code = code or self.default_code
        self.variant = variant
        self.facts = {name: bounded(fact) for name, fact in facts.items()}
        super().__init__(self.message)

    @property
    def message(self) -> str:
        return self._wording.message

    @property
    def next_step(self) -> str:
        return self._wording.next_step

    @property
    def _wording(self) -> Wording:
        return worded(self.code, self.facts, self.variant)

    def as_dict(self) -> dict[str, Any]:
        """The shape that the command line and the API use: code, message, next_step."""
        wording = self._wording
        return {"code": self.code, "message": wording.message, "next_step": wording.next_step}

    def as_record(self) -> dict[str, Any]:
        """The stored shape, with what a page needs to render it in the reader's language."""
        return {**self.as_dict(), "variant": self.variant, "facts": self.facts}


class ConfigError(JemmoError):
    """The customer must act; retrying with the same settings cannot help."""

    failure = FailureMode.CONFIG
    default_code = "configuration"


class ScopeTooSmall(ConfigError):
    """The key works, but lacks a permission."""

    default_code = "scope_too_small"


class TransientError(JemmoError):
    """The ATS or the network failed; the same request may succeed later."""

    failure = FailureMode.TRANSIENT
    default_code = "unavailable"


class RateLimited(TransientError):
    """The ATS asked us to wait ``retry_after`` seconds."""

    default_code = "rate_limited"

    def __init__(self, *, retry_after: float | None = None, **facts: Any) -> None:
        super().__init__(**facts)
        self.retry_after = retry_after


class Postponed(JemmoError):
    """The ATS's quota is used up; the run ends as partial and continues at ``resume_at``."""

    failure = FailureMode.TRANSIENT
    default_code = "quota_used"

    def __init__(self, *, resume_at: datetime, **facts: Any) -> None:
        super().__init__(time=f"{resume_at:%H:%M}", **facts)
        self.resume_at = resume_at


class SliceOver(JemmoError):
    """The run's time slice is over; it continues from its checkpoint after other runs have had theirs."""

    failure = FailureMode.TRANSIENT
    default_code = "slice_over"


class PermanentError(JemmoError):
    """This run cannot continue, and a retry would fail the same way."""

    default_code = "unexpected_answer"


class StreamRefused(JemmoError):
    """The key may not read a lookup list, or the account has none. Records that refer to it are stored without it."""

    default_code = "lookup_refused"

    def __init__(self, *, stream: str) -> None:
        super().__init__(stream=stream)
        self.stream = stream


class LeaseLost(JemmoError):
    """The run lost its lease on the connection. Another run may be writing, so this one must stop."""

    failure = FailureMode.SUPERSEDED
    default_code = "lease_lost"


class AlreadyRunning(JemmoError):
    """A sync of this connection is already in progress."""

    failure = FailureMode.TRANSIENT
    default_code = "already_running"


class Cancelled(JemmoError):
    """A person or a shutdown stopped the run."""

    failure = FailureMode.CANCELLED
    default_code = "cancelled"


class Unexpected(JemmoError):
    """A bug in Jemmo."""

    failure = FailureMode.INTERNAL
    default_code = "internal"


class RecordRejected(JemmoError):
    """One record is unusable; it is stored with this reason, and the page continues."""

    default_code = "invalid_record"

    def __init__(self, code: str | None = None, *, field: str | None = None, **facts: Any) -> None:
        super().__init__(code, field=field, **facts)
        self.field = field


def leaves(error: BaseException) -> list[BaseException]:
    """Return the exceptions in a group and its nested groups, or the exception itself if it is not a group."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for member in error.exceptions for leaf in leaves(member)]
