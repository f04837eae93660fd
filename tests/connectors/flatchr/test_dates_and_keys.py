"""Flatchr's three time formats, and the expiry date in a key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.flatchr.key_expiry import expires_soon, expiry
from jemmo.connectors.flatchr.search import Search
from jemmo.connectors.moments import day_of, moment
from jemmo.connectors.pacing import pauses
from jemmo.sandbox.flatchr.keys import make_jwt

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2025, 7, 14, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [NOON.timestamp(), int(NOON.timestamp()), int(NOON.timestamp()) * 1000, str(int(NOON.timestamp())),
     "2025-07-14T12:00:00.000Z"],
)  # fmt: skip
def test_iso_and_seconds_say_the_same(value: Any) -> None:
    assert moment(value, PARIS) == NOON


def test_days_are_in_the_companys_zone_and_in_french_format() -> None:
    assert moment("14/07/25", PARIS) == datetime(2025, 7, 13, 22, 0, tzinfo=UTC)
    assert moment(" 1/2/2025 ", PARIS) == datetime(2025, 1, 31, 23, 0, tzinfo=UTC)
    assert str(day_of("14/07/25", PARIS)) == "2025-07-14"
    assert str(day_of("31/12/99", PARIS)) == "2099-12-31"


@pytest.mark.parametrize(
    "value", ["12/25/24", "31/02/25", "00/00/00", "hier", "", None, True, -1, [], 10**30]
)
def test_an_invalid_date_is_none(value: Any) -> None:
    assert moment(value, PARIS) is None


@given(st.dates(datetime(2000, 1, 1).date(), datetime(2099, 12, 31).date()))  # noqa: DTZ001 - days alone
def test_days_are_requested_in_american_and_read_in_french_format(day: Any) -> None:
    month, date, year = Search.filter.written(day).split("/")
    assert day_of(f"{date}/{month}/{year}", PARIS) == day


@given(st.text(max_size=30) | st.integers() | st.floats() | st.none())
def test_any_value_is_a_time_or_none(value: Any) -> None:
    found = moment(value, PARIS)
    assert found is None or found.tzinfo is UTC


def test_a_jwt_key_contains_its_expiry() -> None:
    dies = expiry(make_jwt(1_700_000_000, lives_s=3600))
    assert dies == datetime.fromtimestamp(1_700_003_600, UTC)
    assert expires_soon(dies, dies - timedelta(days=14))
    assert not expires_soon(dies, dies - timedelta(days=16))
    assert not expires_soon(None, NOON)


@given(st.text(max_size=60))
def test_other_keys_have_no_expiry(key: str) -> None:
    assert expiry(key) is None


@pytest.mark.parametrize("key", ["a.b.c", "..", "a.eyJleHAiOiJ4In0.c", "a.eyJleHAiOjFlOTl9.c"])
def test_a_broken_key_has_no_expiry(key: str) -> None:
    assert expiry(key) is None


def test_pauses_double_up_to_the_maximum() -> None:
    assert [pauses(2, 60)(n, 0.0) for n in (1, 2, 6, 400)] == [2, 4, 60, 60]
    assert pauses(2, 60)(1, 1.0) == 1
