"""The duration of a first sync, and when it may start."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from jemmo.domain.estimate import Pace, first_sync, promised

PARIS = ZoneInfo("Europe/Paris")
PACE = Pace(requests_per_second=4.9, records_per_request=30)


def test_a_company_is_counted_in_requests_and_seconds() -> None:
    plan = first_sync({"jobs": 8, "talents": 240, "applications": 305}, PACE)

    assert plan.requests == 1 + 8 + 11
    assert plan.seconds == pytest.approx(20 / 4.9)
    assert plan.promised == (5, 15)


def test_without_counts_there_is_no_estimate() -> None:
    assert first_sync({}, PACE).seconds is None
    assert first_sync({"jobs": 3, "talents": 9}, None).requests is None


@pytest.mark.parametrize("totals", [{"jobs": 7, "stages": 8}, {"talents": 300}])
def test_without_counts_of_jobs_and_talents_there_is_no_estimate(totals: dict[str, int]) -> None:
    """Flatchr counts its 7 jobs but not its 300 applicants, which take 23 of 25 requests."""
    plan = first_sync(totals, PACE)

    assert (plan.requests, plan.seconds, plan.promised) == (None, None, None)
    assert plan.totals == totals


@pytest.mark.parametrize(
    ("records", "minutes"),
    [(0, (1, 5)), (100, (1, 5)), (101, (5, 15)), (1000, (15, 30)), (5001, (60, 1440))],
)
def test_the_estimate_shown_to_users(records: int, minutes: tuple[int, int]) -> None:
    assert promised(records) == minutes
