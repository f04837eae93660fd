"""Recurring times: whether they ever occur, and when they last did."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jemmo.domain.recurrence import is_soon, last_before

NOW = datetime(2026, 1, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize("cron", ["0 19 * * 6", "*/5 * * * *", "0 0 1 1 *", "0 0 L * *"])
def test_recurring_times(cron: str) -> None:
    assert is_soon(cron)
    assert last_before(cron, NOW)


@pytest.mark.parametrize(
    "cron",
    [
        *("0 0 30 2 *", "0 0 31 4 *", "0 0 29 2 *"),  # never, or less than every two years
        *("", "sometimes", "@daily", "0 25 * * 6", "0 0 * * 6 0", "0 0 1 1 * 0 2099"),
        "0 0 99999999999999999999 * *",
    ],
)
def test_invalid_and_impossible_times(cron: str) -> None:
    assert not is_soon(cron)


def test_an_impossible_day_never_occurred() -> None:
    assert last_before("0 0 30 2 *", NOW) is None
