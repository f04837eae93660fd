from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.schedule import (
    FARTHEST,
    FirstSync,
    Plan,
    Window,
    next_due,
    next_slot,
    parse_window,
    retry_pause,
    write_window,
)

SIX_HOURS = timedelta(hours=6)
moments = st.integers(0, 20 * 365 * 86400).map(
    lambda seconds: datetime(2021, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
intervals = st.integers(min_value=1, max_value=48).map(lambda hours: timedelta(hours=hours))
windows = st.builds(
    Window,
    days=st.lists(st.integers(0, 6), min_size=1, max_size=5, unique=True).map(tuple),
    start=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
    end=st.times().map(lambda one: one.replace(second=0, microsecond=0)),
)


@given(st.uuids(), moments, intervals)
def test_a_sync_follows_within_its_interval_and_a_little(
    one: UUID, now: datetime, every: timedelta
) -> None:
    gap = next_slot(one, now, every) - now
    assert every / 24 <= gap <= every * 25 / 24


@given(st.uuids(), moments, intervals)
def test_from_slot_to_slot_it_is_exactly_the_interval(
    one: UUID, now: datetime, every: timedelta
) -> None:
    slot = next_slot(one, now, every)
    assert next_slot(one, slot, every) - slot == every


def test_ten_thousand_starts_are_spread_evenly() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    minutes = Counter(
        int((next_slot(uuid5(UUID(int=7), str(n)), now, SIX_HOURS) - now) / timedelta(minutes=10))
        for n in range(10_000)
    )
    whole = [minutes[place] for place in range(2, 36)]
    assert max(whole) < 1.5 * 10_000 / 36
    assert min(whole) > 0.5 * 10_000 / 36


@given(st.uuids(), moments, intervals, st.lists(windows, max_size=3).map(tuple))
def test_nothing_starts_in_quiet_hours(
    one: UUID, now: datetime, every: timedelta, quiet: tuple[Window, ...]
) -> None:
    plan = Plan(time_zone="Europe/Paris", quiet=quiet)
    due = next_due(one, now=now, every=every, plan=plan)
    assert due > now
    inside = any(
        begin <= due < end
        for window in quiet
        for begin, end in window.near(due, ZoneInfo("Europe/Paris"))
    )
    assert not inside or due - now > timedelta(days=6)  # the whole week is quiet


@given(st.uuids(), moments, intervals, st.integers(0, 50), st.none() | moments)
def test_every_start_is_within_the_next_days(
    one: UUID, now: datetime, every: timedelta, failures: int, resume_at: datetime | None
) -> None:
    due = next_due(one, now=now, every=every, plan=Plan(), failures=failures, resume_at=resume_at)
    assert min(now, resume_at or now) <= due <= now + FARTHEST


@given(st.uuids(), st.integers(1, 40))
def test_each_failure_in_a_row_waits_longer_up_to_the_interval(one: UUID, failures: int) -> None:
    first, second = (retry_pause(one, n, SIX_HOURS) for n in (failures, failures + 1))
    assert timedelta(minutes=13) <= first <= second <= SIX_HOURS * 1.1


def test_a_postponed_initial_sync_starts_in_the_organizations_evening() -> None:
    plan = Plan(time_zone="Europe/Paris", first_sync=FirstSync.TONIGHT)
    wednesday = datetime(2026, 7, 1, 9, tzinfo=UTC)
    assert plan.first_due(wednesday) == datetime(2026, 7, 1, 20, tzinfo=UTC)
    weekends = Window(days=(5, 6), start=time(0), end=time(0))
    saturday = datetime(2026, 7, 4, 9, tzinfo=UTC)
    assert Plan(first_sync=FirstSync.TONIGHT, off_peak=(weekends,)).first_due(saturday) == saturday
    assert Plan().first_due(wednesday) == wednesday


@pytest.mark.parametrize(
    ("moment", "ends"),
    [
        ("2026-03-29T00:30:00+00:00", "2026-03-29T01:00:00+00:00"),  # 02:00-03:00 does not exist
        ("2026-10-25T00:30:00+00:00", "2026-10-25T02:00:00+00:00"),  # 02:00-03:00 comes twice
    ],
)
def test_quiet_hours_end_across_clock_changes(moment: str, ends: str) -> None:
    plan = Plan(time_zone="Europe/Paris", quiet=(Window(start=time(1), end=time(3)),))
    assert plan.after_quiet(datetime.fromisoformat(moment)) == datetime.fromisoformat(ends)


@given(windows)
def test_a_window_survives_a_round_trip(window: Window) -> None:
    again = parse_window(write_window(window))
    assert (again.start, again.end) == (window.start, window.end)
    assert set(again.days) == set(window.days)


@pytest.mark.parametrize("text", ["", "25:00-03:00", "moonday 01:00-02:00", "01:00"])
def test_an_invalid_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_window(text)


def test_days_may_wrap_around_the_week() -> None:
    assert parse_window("sat-mon 10:00-11:00").days == (5, 6, 0)


@given(moments, st.sampled_from(["Europe/Paris", "America/Los_Angeles", "Asia/Kolkata", "UTC"]))
def test_the_off_peak_start_is_soon_and_at_night(now: datetime, zone: str) -> None:
    begins = Plan(time_zone=zone).tonight(now)

    assert now <= begins <= now + timedelta(hours=18)  # 17 hours, plus one if the clocks change
    assert begins.astimezone(ZoneInfo(zone)).hour in {22, 23, 0, 1, 2, 3, 4}


def test_an_unknown_time_zone_counts_as_utc() -> None:
    assert Plan(time_zone="Mars/Olympus").zone == ZoneInfo("UTC")
