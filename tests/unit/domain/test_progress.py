"""A sync's progress and time left, defined once for pages and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from jemmo.domain.estimate import Progress, progress, rounded
from jemmo.domain.streams import Checkpoint, Stream

EXPECTED = {"jobs": 40, "talents": 1200, "applications": 1960}
SECOND = timedelta(seconds=1)


def points(**seen: tuple[int, int | None, bool]) -> Mapping[str, Checkpoint]:
    return {
        name: Checkpoint(stream=Stream(name), seen=count, total=total, done=done)
        for name, (count, total, done) in seen.items()
    }


def test_the_total_is_that_of_all_streams_from_the_beginning() -> None:
    begun = points(jobs=(40, 40, True), talents=(360, 1200, False))

    found = progress(begun, EXPECTED, read=400, elapsed=10 * SECOND)

    assert (found.seen, found.total) == (400, 3200)
    assert found.left == 70 * SECOND


def test_current_counts_replace_earlier_ones() -> None:
    begun = points(jobs=(38, 40, True), talents=(300, 1300, False))

    found = progress(begun, EXPECTED, read=338, elapsed=10 * SECOND)

    assert found.total == 38 + 1300 + 1960


def test_a_continued_sync_is_measured_by_its_own_reads() -> None:
    """3,000 of 3,200 were read earlier, so the remaining ones are timed by the 100 read in these 10 seconds."""
    begun = points(
        jobs=(40, 40, True), talents=(1200, 1200, True), applications=(1760, 1960, False)
    )

    found = progress(begun, EXPECTED, read=100, elapsed=10 * SECOND)

    assert (found.seen, found.left) == (3000, 20 * SECOND)


@pytest.mark.parametrize(("read", "elapsed"), [(0, 60 * SECOND), (10, SECOND)])
def test_there_is_no_estimate_before_there_is_a_pace(read: int, elapsed: timedelta) -> None:
    begun = points(jobs=(read, 40, False))

    assert progress(begun, EXPECTED, read=read, elapsed=elapsed).left is None


def test_no_time_is_left_once_everything_is_read() -> None:
    ended = points(jobs=(40, 40, True), talents=(1200, 1200, True), applications=(1960, 1960, True))

    found = progress(ended, EXPECTED, read=3200, elapsed=60 * SECOND)

    assert found == Progress(seen=3200, total=3200, left=None)


def test_an_ats_without_counts_has_no_total() -> None:
    begun = points(jobs=(40, 40, True), talents=(360, None, False))

    found = progress(begun, {}, read=400, elapsed=10 * SECOND)

    assert found == Progress(seen=400, total=None, left=None)


def test_progress_never_exceeds_the_total() -> None:
    begun = points(jobs=(90, None, False))

    assert progress(begun, {"jobs": 40}, read=90, elapsed=9 * SECOND).total == 90


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (1, ("minutes", 0)),
        (59, ("minutes", 0)),
        (61, ("minutes", 2)),
        (599, ("minutes", 10)),
        (11 * 60, ("minutes", 15)),
        (89 * 60, ("minutes", 90)),
        (100 * 60, ("hours", 2)),
        (20 * 3600, ("hours", 20)),
    ],
)
def test_the_time_left_is_rounded_up(seconds: int, shown: tuple[str, int]) -> None:
    assert rounded(seconds * SECOND) == shown
