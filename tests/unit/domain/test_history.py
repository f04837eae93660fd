"""The first day of a limited history, and when that day moves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from jemmo.domain.history import FROM, YEARS, begins_on, dated, is_older, limit_of, reaches_further
from jemmo.domain.streams import Stream

TODAY = date(2026, 11, 30)
LIMIT = datetime(2024, 11, 30, tzinfo=UTC)


def test_the_day_stays_until_the_years_are_changed() -> None:
    first = dated({YEARS: "2"}, {}, TODAY)
    assert first == {YEARS: "2", FROM: "2024-11-30"}
    later = TODAY + timedelta(days=400)
    assert dated({YEARS: "2"}, first, later) == first
    assert dated({YEARS: "02"}, first, later) == first
    assert dated({YEARS: "3"}, first, later)[FROM] == begins_on(3, later).isoformat()


@pytest.mark.parametrize("chosen", [{}, {YEARS: ""}, {FROM: "2020-01-01"}])
def test_without_years_everything_is_read_whatever_the_day(chosen: dict[str, str]) -> None:
    assert dated(chosen, {YEARS: "2", FROM: "2024-11-30"}, TODAY) == {}


def test_other_options_stay_as_they_are() -> None:
    assert dated({"pacing": "off", YEARS: "1"}, {}, TODAY) == {
        "pacing": "off",
        YEARS: "1",
        FROM: "2025-11-30",
    }


def test_the_29th_of_february_has_a_day_in_every_year() -> None:
    assert begins_on(1, date(2028, 2, 29)) == date(2027, 2, 28)
    assert begins_on(4, date(2028, 2, 29)) == date(2024, 2, 29)


@pytest.mark.parametrize("kept", ["", "yesterday", "2024-13-01", None, 5, "٢٠٢٤-11-30"])
def test_an_invalid_day_limits_nothing(kept: object) -> None:
    assert limit_of({FROM: kept}) is None


def test_only_people_and_their_applications_grow_older() -> None:
    assert limit_of({FROM: "2024-11-30"}) == LIMIT
    before = LIMIT - timedelta(microseconds=1)
    assert is_older(Stream.TALENTS, before, LIMIT)
    assert is_older(Stream.APPLICATIONS, before, LIMIT)
    assert not is_older(Stream.JOBS, before, LIMIT)
    assert not is_older(Stream.TALENTS, LIMIT, LIMIT)
    assert not is_older(Stream.TALENTS, None, LIMIT)
    assert not is_older(Stream.TALENTS, before, None)


def test_a_full_read_covers_longer_histories() -> None:
    assert not reaches_further(LIMIT, None)
    assert not reaches_further(None, None)
    assert not reaches_further(LIMIT, LIMIT)
    assert not reaches_further(LIMIT + timedelta(days=1), LIMIT)
    assert reaches_further(LIMIT - timedelta(days=1), LIMIT)
    assert reaches_further(None, LIMIT)
