"""Errors, named by what happens next.

    JemmoError
    ├── ConfigError      the customer must act: key, permission, configuration
    │   └── ScopeTooSmall  the key works, but lacks a right
    ├── TransientError   try again later
    │   └── RateLimited    wait; the attempt is not burnt
    ├── Postponed        the quota is used up; the run ends partly done and goes on later
    ├── SliceOver        others wait for this worker; the run goes on in its next slice
    ├── PermanentError   this run fails and a retry would not help
    ├── StreamRefused    the account does not show one lookup; the run goes on without it
    ├── Cancelled        stopped on purpose
    ├── Unexpected       a bug, once it has been caught and logged
    ├── LeaseLost        another run took over; stop writing at once
    ├── AlreadyRunning   a sync of this connection is under way
    └── RecordRejected   keep the record with its reason and go on

All carry a stable ``code``, a ``message`` for people and the ``next_step`` that helps.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from jemmo.domain.masking import without_contacts


class FailureMode(StrEnum):
    """Why a run failed, by who can do something about it."""

    CONFIG = "config"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    INTERNAL = "internal"


class JemmoError(Exception):
    """Something failed in a way we can explain."""

    failure = FailureMode.PERMANENT
    default_code = "error"
    default_next_step = "Try again; if it happens again, send this message to support."

    def __init__(
        self, message: str, *, code: str | None = None, next_step: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.next_step = next_step or self.default_next_step

    def as_dict(self) -> dict[str, str]:
        """The shape the command line, the API and the tables use: code, message, next_step.

        An ATS may repeat what it was asked about: contact details are taken out before anybody keeps or shows it.
        """
        message = without_contacts(self.message) or ""
        return {"code": self.code, "message": message, "next_step": self.next_step}


class ConfigError(JemmoError):
    """The customer must act; trying again with the same settings cannot help."""

    failure = FailureMode.CONFIG
    default_code = "configuration"
    default_next_step = "Check the connection's settings and test it again."


class ScopeTooSmall(ConfigError):
    """The key works, but may not read what was asked for."""

    default_code = "scope_too_small"


class TransientError(JemmoError):
    """The ATS or the network failed; the same request may succeed later."""

    failure = FailureMode.TRANSIENT
    default_code = "unavailable"
    default_next_step = "No action needed: the next sync continues where this one stopped."


class RateLimited(TransientError):
    """The ATS asked us to wait ``retry_after`` seconds."""

    default_code = "rate_limited"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Postponed(JemmoError):
    """What the ATS lets us use for now is used up; the run ends partly done and goes on at ``resume_at``."""

    failure = FailureMode.TRANSIENT
    default_code = "quota_used"
    default_next_step = "A sync goes on by itself; try anything else again at that time."

    def __init__(self, message: str, *, resume_at: datetime) -> None:
        super().__init__(message)
        self.resume_at = resume_at


class SliceOver(JemmoError):
    """A run has had its turn; it goes on where it stopped, in a slice of its own, once others had theirs."""

    failure = FailureMode.TRANSIENT
    default_code = "slice_over"
    default_next_step = "No action needed: the sync continues automatically."


class PermanentError(JemmoError):
    """This run cannot go on and a retry would end the same way."""

    default_code = "unexpected_answer"
    default_next_step = "Send this message to support: the ATS answered in a way we do not know."


class StreamRefused(JemmoError):
    """The key may not read one lookup, or the account has none: what refers to it is kept without."""

    default_code = "lookup_refused"
    default_next_step = (
        "Give the key the right to read it, if its names are wanted; else nothing is to be done."
    )

    def __init__(self, message: str, *, stream: str) -> None:
        super().__init__(message)
        self.stream = stream


class LeaseLost(JemmoError):
    """Our claim on the connection ended; another run may be writing, so this one must not."""

    failure = FailureMode.SUPERSEDED
    default_code = "lease_lost"
    default_next_step = "No action needed: the run that took over continues."


class AlreadyRunning(JemmoError):
    """A sync of this connection is already under way."""

    failure = FailureMode.TRANSIENT
    default_code = "already_running"
    default_next_step = "Wait for it to end; `jemmo status` shows its progress."


class Cancelled(JemmoError):
    """A person or a shutdown stopped the run."""

    failure = FailureMode.CANCELLED
    default_code = "cancelled"
    default_next_step = "Sync again: it goes on where it stopped."


class Unexpected(JemmoError):
    """A bug of ours."""

    failure = FailureMode.INTERNAL
    default_code = "internal"
    default_next_step = (
        "Send the run's id to support; the next sync goes on where this one stopped."
    )


class RecordRejected(JemmoError):
    """One record cannot be used; it is kept with this reason and the page goes on."""

    default_code = "invalid_record"
    default_next_step = "Correct the record in the ATS. The next sync reads it again."

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field


def changed_meanwhile() -> ConfigError:
    """What is told to the second of two people who changed the same thing."""
    return ConfigError(
        "Someone else changed this in the meantime, so nothing was saved.",
        code="changed_meanwhile",
        next_step="Reload to see the current state, then change it again if you still want to.",
    )


def leaves(error: BaseException) -> list[BaseException]:
    """What failed: the exceptions of a group and of the groups in it; the exception itself when it is none."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for member in error.exceptions for leaf in leaves(member)]
