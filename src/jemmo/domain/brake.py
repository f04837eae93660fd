"""The brake: how many deletions a sync may apply before a person reviews them.

``max_unreviewed`` defines the whole curve. Small companies lose a record now and then, large ones a few percent.
Within a day, 1 of 1, 4 of 10, 10 of 40, 13 of 60, 131 of 1,000 and 1,100 of 10,000 records may be deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from math import sqrt
from typing import Any

from msgspec import Struct

from jemmo.domain.error_catalog import worded
from jemmo.domain.streams import Stream
from jemmo.domain.translation_marks import marked as _

CODE = "mass_deletion_held"
LINKS_CODE = "dangling_while_paused"
"""The warning about broken links of records whose deletion is paused, which the same decision resolves."""
WINDOW = timedelta(days=1)
RELATED = (Stream.JOBS, Stream.TALENTS, Stream.APPLICATIONS)
"""These streams share one decision, since deleting a talent or a job also deletes its applications."""


def max_unreviewed(present: int) -> int:
    """Return how many of ``present`` records may be deleted within a day without review."""
    return int(sqrt(present) + present / 10)


def remaining_allowance(present: int, recent: int) -> int:
    """Return how many more records may be deleted if ``recent`` were deleted within the last day."""
    return max(0, max_unreviewed(present + recent) - recent)


def related(stream: str) -> Sequence[str]:
    """Return the streams whose deletions are decided together, including this one."""
    return RELATED if stream in RELATED else (stream,)


class PendingDeletions(Struct, kw_only=True):
    """Deletions in one stream that a comparison with the ATS calls for.

    missing   ids that the ATS no longer lists
    present   number of stored records that are not deleted
    recent    number deleted within the last day, since a person last released deletions
    decision  ``open`` until a person has reviewed, then ``kept`` or ``released``
    released  number of deletions that a person released
    approved  number of missing applications that a released deletion of their talent or job covers
    """

    stream: Stream
    missing: list[str]
    present: int
    recent: int = 0
    decision: str = ""
    released: int = 0
    approved: int = 0

    @property
    def is_released(self) -> bool:
        return self.decision == "released" and len(self.missing) <= self.released

    def exceeds(self, records: int | None = None) -> bool:
        """Whether a person must review these deletions first; ``records`` includes dependent records."""
        if self.is_released:
            return False
        if self.missing and self.decision in {"open", "kept"}:
            return True
        number = len(self.missing) - self.approved if records is None else records
        return number > remaining_allowance(self.present, self.recent)

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "stream": str(self.stream),
            "missing": len(self.missing),
            "present": self.present,
            "recent": self.recent,
        }


class CascadeCounts(Struct, frozen=True, kw_only=True):
    """Applications that depend on missing records.

    gone           applications that would be deleted without approval: missing ones, and all those of missing talents
    under_talents  applications of missing talents
    under_jobs     missing applications of missing jobs
    parts          ids of parts of missing records by stream, such as the stages of missing jobs
    """

    gone: int = 0
    under_talents: int = 0
    under_jobs: int = 0
    parts: Mapping[Stream, frozenset[str]] = {}


def to_review(losses: Iterable[PendingDeletions], cascade: CascadeCounts) -> list[PendingDeletions]:
    """Return the deletions that a person must review first, with those that depend on them.

    Removes parts of missing records from ``losses``: they share the decision about the record they belong to.
    """
    by_stream = {loss.stream: loss for loss in losses}
    over = {stream for stream, loss in by_stream.items() if loss.exceeds()}
    tied = {Stream.APPLICATIONS}
    tied |= {Stream.TALENTS} if cascade.under_talents else set()
    tied |= {Stream.JOBS} if cascade.under_jobs else set()
    applications = by_stream.get(Stream.APPLICATIONS)
    if over & tied or (applications and applications.exceeds(cascade.gone)):
        over |= tied
    for stream, parts in cascade.parts.items():
        if parts and (loss := by_stream.get(stream)):
            loss.missing = [part for part in loss.missing if part not in parts]
            over -= set() if loss.exceeds() else {stream}
    return [loss for stream, loss in by_stream.items() if stream in over and loss.missing]


def error_of(
    paused: Sequence[dict[str, Any]], deleted: dict[str, int], *, connection: str
) -> dict[str, Any]:
    """The error of a run that paused deletions: its facts and the English text, which names the connection."""
    return {
        "code": CODE,
        "message": message_of(paused, deleted, connection),
        "next_step": worded(CODE, variant="report").next_step,
        "paused": list(paused),
        "deleted": deleted,
    }


def decision(paused: Sequence[dict[str, Any]], connection: str) -> dict[str, Any] | None:
    """Return the decision a connection is waiting for, shaped as ``error_of`` plus its name; ``None`` if there is none.

    This is not a failure: the sync read everything available, and the records stay until a person decides.
    """
    if not paused:
        return None
    return {**error_of(paused, {}, connection=connection), "connection": connection}


class Decision(StrEnum):
    """How paused deletions were resolved."""

    KEPT = "kept"
    APPROVED = "approved"
    DIVIDED = "divided"
    ASKED_AGAIN = "asked_again"
    OVER = "over"


DECISION_TEXTS = {
    Decision.KEPT: _("Someone decided to keep these records."),
    Decision.APPROVED: _("Someone approved these deletions."),
    Decision.DIVIDED: _(
        "Someone approved some of these deletions and decided to keep the other records."
    ),
    Decision.ASKED_AGAIN: _(
        "During a later sync, Jemmo asked for a new decision about the records that were missing at that time."
    ),
    Decision.OVER: _("These deletions no longer need a decision."),
}


def failure(error: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return the error, or ``None`` if it is about paused deletions, whose state ``decision`` reports."""
    return None if error and error.get("code") == CODE else error


def message_of(
    paused: Sequence[dict[str, Any]],
    deleted: Mapping[str, int],
    connection: str,
    *,
    is_decided: bool = False,
) -> str:
    """Return the English text about paused and completed deletions; it asks for a review unless ``is_decided``."""
    number = sum(loss["missing"] for loss in paused)
    *others, last = (
        f"{loss['missing']:,} of {loss['present']:,} {_name(loss['stream'])}" for loss in paused
    )
    listed = f"{', '.join(others)} and {last}" if others else last
    text = (
        f"We paused {number:,} deletion{'' if number == 1 else 's'}. {connection} no longer lists "
        f"{listed}."
    )
    if not is_decided:
        text += " Review these records before we remove anything."
    if recent := _counted((loss["stream"], loss["recent"]) for loss in paused):
        text += f" Deleted in the 24 hours before: {recent}."
    if completed := _counted(deleted.items()):
        text += f" Deleted in this sync: {completed}."
    return text


def _counted(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{_name(stream)} ({number:,})" for stream, number in counts if number)


def _name(stream: str) -> str:
    return stream.replace("_", " ")
