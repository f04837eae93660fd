"""When to send reminders about a key."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jemmo.domain.key_care import About, reminder

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "left", "old_key", "step"),
    [
        (0, None, False, None),
        (89, None, False, None),
        (90, None, False, "old:90"),
        (179, None, False, "old:90"),
        (180, None, False, "old:180"),
        (10, 31, False, None),
        (10, 30, False, "expires:30"),
        (10, 8, False, "expires:30"),
        (10, 7, False, "expires:7"),
        (10, 1, False, "expires:1"),
        (10, 0, False, "expired"),
        (10, -3, False, "expired"),
        (100, 31, False, "old:90"),  # the first deadline has priority
        (100, 20, False, "expires:30"),
        (0, None, True, None),  # the problem is being handled
        (1, None, True, "revoke"),
        (1, 5, True, "expires:7"),
    ],
)
def test_each_step_has_its_time(
    age: int, left: int | None, old_key: bool, step: str | None
) -> None:
    told = reminder(
        set_at=NOW - timedelta(days=age),
        expires_at=None if left is None else NOW + timedelta(days=left),
        old_key_works=old_key,
        now=NOW,
    )
    assert (told.step if told else None) == step


def test_it_counts_days() -> None:
    soon = reminder(
        set_at=NOW, expires_at=NOW + timedelta(days=6, hours=20), old_key_works=False, now=NOW
    )
    assert soon is not None
    assert (soon.about, soon.days) == (About.EXPIRES, 6)
