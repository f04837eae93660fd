"""The outcome of a page and of a whole run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from jemmo.domain.error_catalog import bounded, worded
from jemmo.domain.errors import FailureMode, JemmoError, Postponed
from jemmo.domain.records import Record
from jemmo.domain.rules import Exclusion
from jemmo.domain.streams import Mode, Notes, Stream


class Accepted(Struct, frozen=True, gc=False):
    """A record to store, its content hash (16 bytes) and why it stays hidden, if it does."""

    record: Record
    content_hash: bytes
    excluded: Exclusion | None = None


class Rejection(Struct, frozen=True, kw_only=True):
    """A rejected record, with the reason and the record as it was sent."""

    remote_id: str | None
    code: str
    message: str
    field: str | None = None
    raw: bytes | None = None


class PageOutcome(Struct, kw_only=True):
    """A page after map, validate and rules."""

    stream: Stream
    fetched: int = 0
    accepted: list[Accepted] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    gone: tuple[str, ...] = ()


class ReadyPage(Struct, frozen=True):
    """A page's outcome, and its accepted records as their store will write them."""

    outcome: PageOutcome
    rows: list[Any]


class Counts(Struct, kw_only=True):
    """A stream's line in the run report. ``fetched`` counts what the ATS sent, repeats included."""

    fetched: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    excluded: int = 0
    rejected: int = 0

    def add(self, other: Counts) -> None:
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class RunStatus(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"


class RunWarning(Struct, frozen=True, kw_only=True):
    """Something odd but survived, counted. ``message`` is the catalog's text with the facts filled in."""

    code: str
    message: str
    count: int = 1
    example: str | None = None
    variant: str = ""
    facts: dict[str, Any] = {}

    @classmethod
    def of(
        cls,
        code: str,
        *,
        count: int = 1,
        example: str | None = None,
        variant: str = "",
        **facts: Any,
    ) -> RunWarning:
        """The warning of a code; pages show it in the reader's language."""
        kept = {name: bounded(fact) for name, fact in facts.items()}
        return cls(
            code=code,
            message=worded(code, kept, variant).message,
            count=count,
            example=example,
            variant=variant,
            facts=kept,
        )

    @classmethod
    def of_error(cls, error: JemmoError) -> RunWarning:
        return cls.of(error.code, variant=error.variant, **error.facts)


class RunReport(Struct, kw_only=True):
    """The report of a sync run. The shape of ``jemmo sync --json``.

    ``again``: the initial sync read what had been read before, so it is not the connection's first.
    ``recent_ready`` says that what changed in the ``RECENT`` time before it was in the tables before all was read.
    ``resume_at`` is set when the run was postponed: not a failure: it continues automatically at that time.
    """

    run_id: str
    mode: Mode
    status: RunStatus = RunStatus.RUNNING
    requests: int = 0
    seconds: float = 0.0
    error: dict[str, Any] | None = None
    failure: FailureMode | None = None
    streams: dict[Stream, Counts] = field(default_factory=dict)
    warnings: list[RunWarning] = field(default_factory=list)
    resume_at: datetime | None = None
    again: bool = False
    recent_ready: bool = False

    def warn(self, warnings: Iterable[RunWarning]) -> None:
        """Add warnings; one that an earlier slice of the run added is counted up."""
        merged = {(warning.code, warning.message): warning for warning in self.warnings}
        for new in warnings:
            old = merged.get((new.code, new.message))
            merged[new.code, new.message] = (
                replace(new, count=new.count + old.count) if old else new
            )
        self.warnings = list(merged.values())

    def postpone(self, reason: Postponed) -> None:
        self.status = RunStatus.PARTIAL
        self.resume_at = reason.resume_at
        self.warnings.append(RunWarning.of_error(reason))

    def fail(self, error: JemmoError) -> None:
        self.status = RunStatus.FAILED
        self.error = error.as_record()
        self.failure = error.failure

    def note_repeat(self, before: Mapping[str, str] | None, failures: int) -> None:
        """Say so when this failure is that of the run before; ``failures`` are those in a row without this one."""
        if self.status is not RunStatus.FAILED or not self.error or not before:
            return
        if self.error["code"] == before.get("code") and failures:
            again = RunWarning.of("same_failure", count=failures + 1)
            self.warnings = [
                *(warning for warning in self.warnings if warning.code != again.code),
                again,
            ]

    @property
    def lines(self) -> dict[str, dict[str, int]]:
        """The counts by stream, as they are stored."""
        counts: dict[str, dict[str, int]] = msgspec.to_builtins(self.streams)
        return counts

    def counts(self, stream: Stream) -> Counts:
        return self.streams.setdefault(stream, Counts())
