"""The small chart of the syncs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jemmo.web.frame.charts import BAR, HEIGHT, LEAST, WIDTH, bars

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def run(place: int, size: int) -> Any:
    counts = {"created": size, "updated": 0, "deleted": 0, "unchanged": 99}
    return SimpleNamespace(
        report={"streams": {"jobs": counts}},
        status="succeeded",
        mode="incremental",
        scope="",
        again=False,
        started_at=NOW - timedelta(hours=place),
    )


@given(st.lists(st.integers(0, 10**7), max_size=60))
def test_bars_are_inside_the_chart_separate_and_in_order(sizes: list[int]) -> None:
    found = bars([run(place, size) for place, size in enumerate(sizes)])

    assert len(found) == min(len(sizes), 30)
    assert [one.at for one in found] == sorted(one.at for one in found)
    for one in found:
        assert LEAST <= one.height <= HEIGHT
        assert one.y + one.height == HEIGHT
        assert 0 <= one.x <= WIDTH - BAR
    assert all(later.x - one.x > BAR for one, later in pairwise(found))


def test_a_sync_that_changed_nothing_is_still_seen() -> None:
    assert [one.height for one in bars([run(0, 0), run(1, 10_000)])] == [HEIGHT, LEAST]
