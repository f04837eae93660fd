"""How long a first sync takes, and when it may start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.estimate import Pace, first_sync, left, promised, tonight

PARIS = ZoneInfo("Europe/Paris")
PACE = Pace(requests_per_second=4.9, records_per_request=30)


def test_a_company_is_counted_in_requests_and_seconds() -> None:
    plan = first_sync({"jobs": 8, "talents": 240, "applications": 305}, PACE)

    assert plan.requests == 1 + 8 + 11
    assert plan.seconds == pytest.approx(20 / 4.9)
    assert plan.promised == (5, 15)


def test_an_ats_that_tells_nothing_is_not_guessed_at() -> None:
    assert first_sync({}, PACE).seconds is None
    assert first_sync({"jobs": 3}, None).requests is None


@pytest.mark.parametrize(
    ("records", "minutes"),
    [(0, (1, 5)), (100, (1, 5)), (101, (5, 15)), (1000, (15, 30)), (5001, (60, 1440))],
)
def test_what_users_are_promised(records: int, minutes: tuple[int, int]) -> None:
    assert promised(records) == minutes


@given(
    now=st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001
        lambda naive: naive.replace(tzinfo=UTC)
    ),
    zone=st.sampled_from(["Europe/Paris", "America/Los_Angeles", "Asia/Kolkata", "UTC"]),
)
def test_the_night_is_near_and_dark(now: datetime, zone: str) -> None:
    begins = tonight(now, ZoneInfo(zone))

    assert now <= begins <= now + timedelta(hours=18)  # 17, and one more when the clocks change
    assert begins.astimezone(ZoneInfo(zone)).hour in {22, 23, 0, 1, 2, 3, 4}


def test_in_the_afternoon_the_night_begins_at_ten() -> None:
    assert tonight(datetime(2026, 7, 1, 12, tzinfo=UTC), PARIS) == datetime(
        2026, 7, 1, 20, tzinfo=UTC
    )


def test_what_is_left_is_told_once_it_is_no_guess() -> None:
    assert left(10, 100, 400) == timedelta(seconds=30)
    assert left(0.5, 100, 400) is None
    assert left(10, 0, 400) is None
    assert left(10, 100, None) is None
