"""Whether a full sweep has become due since the last full read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jemmo.domain.errors import ConfigError
from jemmo.services.sync.schedule import sweep_due

SATURDAY = "0 19 * * 6"
SUNDAY_NOON = datetime(2026, 1, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (datetime(2026, 1, 3, 18, 59, tzinfo=UTC), True),
        (datetime(2026, 1, 3, 19, 1, tzinfo=UTC), False),
        (None, False),
    ],
)
def test_a_sweep_is_due_once_its_time_has_passed(last: datetime | None, *, due: bool) -> None:
    assert sweep_due(SATURDAY, last, SUNDAY_NOON) is due


def test_an_empty_time_requests_no_sweep() -> None:
    assert not sweep_due("", datetime(2020, 1, 1, tzinfo=UTC), SUNDAY_NOON)


def test_an_invalid_time_is_refused_with_an_example() -> None:
    with pytest.raises(ConfigError) as raised:
        sweep_due("0 25 * * 6", SUNDAY_NOON, SUNDAY_NOON)
    assert "0 19 * * 6" in raised.value.next_step


def test_a_day_that_never_comes_requests_no_sweep() -> None:
    """Such a time may have been stored before it was refused, and must not stop syncs."""
    assert not sweep_due("0 0 30 2 *", datetime(2020, 1, 1, tzinfo=UTC), SUNDAY_NOON)
