"""The outcome of a page and of a run."""

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
    """A record to store, its content hash (16 bytes), and the reason why it is excluded, if it is.

    ``kept`` names the fields whose stored values stay; see ``streams.Notes.keep``.
    """

    record: Record
    content_hash: bytes
    excluded: Exclusion | None = None
    kept: frozenset[str] = frozenset()


class Rejection(Struct, frozen=True, kw_only=True):
    """A rejected record, with the reason and the record as the ATS sent it."""

    remote_id: str | None
    code: str
    message: str
    field: str | None = None
    raw: bytes | None = None


class PageOutcome(Struct, kw_only=True):
    """A page after mapping, validation and rules."""

    stream: Stream
    fetched: int = 0
    accepted: list[Accepted] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    gone: tuple[str, ...] = ()


class ReadyPage(Struct, frozen=True):
    """A page's outcome, with its accepted records in the form that the store writes."""

    outcome: PageOutcome
    rows: list[Any]


class Counts(Struct, kw_only=True):
    """A stream's line in the run report. ``fetched`` counts the records that the ATS sent, repeats included."""

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
    """An oddity that the sync handled, and how often. ``message`` is the catalog's text with the facts filled in."""

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
        """Create the warning of a code; pages show it in the reader's language."""
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
    """The report of a sync run, in the shape of ``jemmo sync --json``.

    ``again``: an initial sync that read everything once more, so it is not the connection's first.
    ``recent_ready``: what changed in the ``RECENT`` time before the run was stored before everything was read.
    ``resume_at`` is set when the run was postponed. That is not a failure: it continues automatically at that time.
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
        """Add warnings; increase the count of a warning that an earlier slice of the run added."""
        merged = {(warning.code, warning.message): warning for warning in self.warnings}
        for new in warnings:
            old = merged.get((new.code, new.message))
            merged[new.code, new.message] = (
                replace(new, count=new.count + old.count) if old else new
            )
        self.warnings = list(merged.values())

    def mention(self, warning: RunWarning) -> None:
        """Add a warning, unless this run has it already."""
        if all(
            (each.code, each.message) != (warning.code, warning.message) for each in self.warnings
        ):
            self.warnings.append(warning)

    def postpone(self, reason: Postponed) -> None:
        self.status = RunStatus.PARTIAL
        self.resume_at = reason.resume_at
        self.warnings.append(RunWarning.of_error(reason))

    def fail(self, error: JemmoError) -> None:
        self.status = RunStatus.FAILED
        self.error = error.as_record()
        self.failure = error.failure

    def note_repeat(self, before: Mapping[str, str] | None, failures: int) -> None:
        """Note that this failure repeats that of the previous run; ``failures`` counts earlier ones in a row."""
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
        """The counts by stream, in the stored shape."""
        counts: dict[str, dict[str, int]] = msgspec.to_builtins(self.streams)
        return counts

    def counts(self, stream: Stream) -> Counts:
        return self.streams.setdefault(stream, Counts())
