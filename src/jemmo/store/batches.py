"""What of several pages is written: each record once, as it was last."""

from __future__ import annotations

from collections.abc import Sequence

from jemmo.domain.outcomes import PageOutcome
from jemmo.store.rows import Row


def gone_of(outcomes: Sequence[PageOutcome]) -> list[str]:
    """What the ATS says is deleted, unless a later page shows it again."""
    found: dict[str, None] = {}
    for outcome in outcomes:
        for one in outcome.accepted:
            found.pop(one.record.remote_id, None)
        found.update(dict.fromkeys(outcome.gone))
    return list(found)


def newest(rows: Sequence[Row]) -> list[Row]:
    """One record per id: of repeats, the one the ATS changed last; of equals, the one read last."""
    found: dict[str, Row] = {}
    for one in rows:
        before = found.get(one.record.remote_id)
        if before is None or not _older(one, before):
            found[one.record.remote_id] = one
    return list(found.values())


def _older(one: Row, other: Row) -> bool:
    mine, theirs = one.record.remote_updated_at, other.record.remote_updated_at
    return mine is not None and theirs is not None and mine < theirs
