"""How many deletions are carried out without a decision, by company size, and which belong together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.brake import (
    CascadeCounts,
    PendingDeletions,
    error_of,
    max_unreviewed,
    remaining_allowance,
    to_review,
)
from jemmo.domain.streams import Stream

SIZES = st.integers(0, 10_000_000)


def loss(stream: Stream, missing: int, present: int, **more: object) -> PendingDeletions:
    names = [str(n) for n in range(missing)]
    return PendingDeletions(stream=stream, missing=names, present=present, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("missing", "present"), [(1, 1), (1, 3), (2, 10), (5, 40), (10, 100), (100, 1000), (0, 0)]
)
def test_ordinary_deletions_go_through(missing: int, present: int) -> None:
    assert not loss(Stream.TALENTS, missing, present).exceeds()


@pytest.mark.parametrize(
    ("missing", "present"),
    [(2, 2), (6, 8), (20, 60), (45, 60), (80, 200), (300, 1000), (20_000, 100_000)],
)
def test_unusual_deletions_wait(missing: int, present: int) -> None:
    assert loss(Stream.TALENTS, missing, present).exceeds()


@given(SIZES)
def test_the_curve_rises_without_a_cliff(present: int) -> None:
    assert 0 <= max_unreviewed(present + 1) - max_unreviewed(present) <= 1
    assert max_unreviewed(present) <= present


@given(SIZES, st.integers(1, 100))
def test_a_larger_company_loses_a_smaller_share(present: int, times: int) -> None:
    """With a tolerance of one record for rounding."""
    assert max_unreviewed(present * times) <= times * (max_unreviewed(present) + 1)


@given(st.integers(0, 100_000), st.lists(st.integers(1, 1000), max_size=20))
def test_several_batches_delete_no_more_than_one(present: int, bites: list[int]) -> None:
    recent = 0
    for bite in bites:
        if bite <= remaining_allowance(present - recent, recent):
            recent += bite
    assert recent <= max_unreviewed(present)


def test_held_talents_keep_their_applications_and_the_reverse() -> None:
    few = loss(Stream.APPLICATIONS, 6, 100)
    many = loss(Stream.TALENTS, 6, 8)
    assert to_review([many, few], CascadeCounts(gone=6, under_talents=6)) == [many, few]
    assert to_review([many, few], CascadeCounts(gone=6)) == [many]

    few, many = loss(Stream.TALENTS, 5, 100), loss(Stream.APPLICATIONS, 40, 80)
    assert to_review([few, many], CascadeCounts(gone=40, under_talents=5)) == [few, many]


def test_talents_wait_when_too_many_applications_go_along() -> None:
    talents = loss(Stream.TALENTS, 5, 100)
    nothing = loss(Stream.APPLICATIONS, 0, 80)
    assert to_review([talents, nothing], CascadeCounts(gone=60, under_talents=60)) == [talents]


def test_paused_deletions_stay_paused_until_a_decision() -> None:
    for decision in ("open", "kept"):
        assert loss(Stream.JOBS, 1, 100, decision=decision).exceeds()
        assert not loss(Stream.JOBS, 0, 100, decision=decision).exceeds()
    assert not loss(Stream.JOBS, 80, 100, decision="released", released=80).exceeds()
    assert loss(Stream.JOBS, 81, 100, decision="released", released=80).exceeds()


def test_the_message_counts_completed_and_paused_deletions() -> None:
    facts = [
        loss(Stream.TALENTS, 45, 60).facts,
        loss(Stream.APPLICATIONS, 1_200, 2_000, recent=3).facts,
    ]
    assert error_of(facts, {"jobs": 2}, connection="Agency")["message"] == (
        "We paused 1,245 deletions. Agency no longer lists 45 of 60 talents and 1,200 of 2,000 "
        "applications. Review these records before we remove anything. Deleted in the 24 hours before: "
        "applications (3). Deleted in this sync: jobs (2)."
    )
