"""Merges several pages into one write: each record once, in its latest version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from jemmo.domain.outcomes import Counts, PageOutcome, ReadyPage, Rejection
from jemmo.domain.streams import Notes, Stream
from jemmo.store.sync.rows import Row


class Batch(Struct, kw_only=True):
    """Pages of one stream as one write: each record once, its rejections, and the deleted ids.

    fetched  records that the ATS sent, repeats included
    erased   ids suppressed because the person was erased
    notes    oddities for the run's report
    """

    stream: Stream
    fetched: int
    rows: list[Row]
    rejected: list[Rejection]
    gone: list[str]
    erased: list[str | None]
    notes: Notes

    def counts(self) -> Counts:
        """The counts before rows are compared. A repeat counts as unchanged."""
        excluded, rejected = len(self.erased), len(self.rejected)
        repeats = self.fetched - len(self.rows) - rejected - excluded
        return Counts(fetched=self.fetched, rejected=rejected, excluded=excluded, unchanged=repeats)

    def drop_erased(self, erased: Callable[[Any], bool]) -> None:
        """Drop the records of people who were erased."""
        self.erased += [row.remote_id for row in self.rows if erased(row.record)]
        self.erased += [
            rejection.remote_id for rejection in self.rejected if erased(rejection.remote_id)
        ]
        self.rows = [row for row in self.rows if not erased(row.record)]
        self.rejected = [
            rejection for rejection in self.rejected if not erased(rejection.remote_id)
        ]


def batch_of(pages: Sequence[ReadyPage]) -> Batch:
    outcomes = [page.outcome for page in pages]
    return Batch(
        stream=outcomes[0].stream,
        fetched=sum(outcome.fetched for outcome in outcomes),
        rows=newest([row for page in pages for row in page.rows]),
        rejected=[rejection for outcome in outcomes for rejection in outcome.rejected],
        gone=gone_of(outcomes),
        erased=[],
        notes=outcomes[0].notes,
    )


def gone_of(outcomes: Sequence[PageOutcome]) -> list[str]:
    """The ids that the ATS reports as deleted, unless a later page contains the record."""
    deleted: dict[str, None] = {}
    for outcome in outcomes:
        for accepted in outcome.accepted:
            deleted.pop(accepted.record.remote_id, None)
        deleted.update(dict.fromkeys(outcome.gone))
    return list(deleted)


def newest(rows: Sequence[Row]) -> list[Row]:
    """Return one record per id: the one that the ATS changed last or, if that is equal, the one read last."""
    latest: dict[str, Row] = {}
    for row in rows:
        before = latest.get(row.remote_id)
        if before is None or not _older(row, before):
            latest[row.remote_id] = row
    return list(latest.values())


def _older(row: Row, other: Row) -> bool:
    mine, theirs = row.record.remote_updated_at, other.record.remote_updated_at
    return mine is not None and theirs is not None and mine < theirs
