"""``Allowance``: no hour within business hours exceeds the allowance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.jarvi.time_budget import HOUR, Allowance
from jemmo.domain.ports import Spent

MONDAY = datetime(2026, 1, 5, 10, tzinfo=UTC)
BUDGET = Allowance(seconds=255.0)


def after(seconds: float) -> datetime:
    return MONDAY + timedelta(seconds=seconds)


def test_business_hours_are_monday_to_friday_from_seven_to_eighteen() -> None:
    counted = {
        (day, hour)
        for day in range(7)
        for hour in range(24)
        if BUDGET.counts(datetime(2026, 1, 5 + day, hour, tzinfo=UTC))
    }
    assert counted == {(day, hour) for day in range(5) for hour in range(7, 18)}


def test_nights_are_unlimited() -> None:
    spent = [Spent(MONDAY.replace(hour=18), 10_000.0)]
    assert BUDGET.wait(spent, MONDAY.replace(hour=18, minute=1), 5.0) == 0


def test_a_request_waits_until_enough_of_the_hour_is_free() -> None:
    spent = [Spent(after(0), 100.0), Spent(after(200), 154.0)]
    assert BUDGET.wait(spent, after(400), 1.0) == 0
    assert BUDGET.wait(spent, after(400), 2.0) == 3600 + 100 - 400


def test_night_requests_count_in_the_morning() -> None:
    seven = MONDAY.replace(hour=7)
    spent = [Spent(seven - timedelta(minutes=5), 290.0)]
    assert BUDGET.wait(spent, seven, 2.0) == 3600 - 300 + 290


def test_no_wait_is_longer_than_the_business_hours() -> None:
    late = MONDAY.replace(hour=17, minute=50)
    spent = [Spent(late - timedelta(minutes=5), 255.0)]
    assert BUDGET.wait(spent, late, 2.0) == 600
    assert BUDGET.renewed(spent, late) == MONDAY.replace(hour=18)


def test_the_slowest_recent_request_is_reserved() -> None:
    assert BUDGET.estimate([]) == 2.0
    assert BUDGET.estimate([Spent(after(n), n / 10) for n in range(40)]) == 3.9


@given(
    st.lists(st.tuples(st.floats(0, 900), st.floats(0.1, 20.0)), max_size=120),
    st.integers(0, 6 * 24),
)
def test_no_hour_exceeds_the_allowance(wishes: list[tuple[float, float]], start: int) -> None:
    """For any requests at any time, and for hours that start at any minute."""
    now = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(hours=start)
    spent: list[Spent] = []
    for pause, cost in wishes:
        now += timedelta(seconds=pause)
        wait = BUDGET.wait(spent, now, cost)
        assert wait >= 0
        now += timedelta(seconds=wait)
        if not BUDGET.counts(now):
            continue
        spent.append(Spent(now, cost))
        now += timedelta(seconds=cost)
        assert BUDGET.left(spent, now) >= 0
    for one in spent:
        window = [o.seconds for o in spent if one.at <= o.at < one.at + HOUR]
        assert sum(window) <= BUDGET.seconds + 1e-6
