"""What restores people erased by retention, and when an erasure needs a review."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jemmo.domain.enums import ApplicationStatus, ConsentState
from jemmo.domain.records import Application, Record, Talent
from jemmo.domain.retention import Counts, Lift, Retention, Rule, allowance, lift_of, lifts

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
LATER, EARLIER = SINCE + timedelta(days=1), SINCE - timedelta(days=1)


def applied(**times: Any) -> Application:
    return Application(remote_id="a", status=ApplicationStatus.ACTIVE, **times)


@pytest.mark.parametrize(
    ("record", "lift", "comes_back"),
    [
        (applied(applied_at=LATER), Lift.APPLICATION, True),
        (applied(applied_at=LATER), Lift.CONSENT, True),
        (applied(remote_created_at=LATER), Lift.STEP, True),
        (applied(applied_at=EARLIER), Lift.UPDATE, False),
        (applied(stage_entered_at=LATER), Lift.STEP, True),
        (applied(stage_entered_at=LATER), Lift.APPLICATION, False),
        (applied(remote_updated_at=LATER), Lift.UPDATE, True),
        (applied(remote_updated_at=LATER), Lift.STEP, False),
        (Talent(remote_id="t", remote_updated_at=LATER), Lift.UPDATE, True),
        (Talent(remote_id="t", remote_updated_at=EARLIER), Lift.UPDATE, False),
        (Talent(remote_id="t", remote_updated_at=LATER), Lift.APPLICATION, False),
        (
            Talent(remote_id="t", consent_state=ConsentState.GIVEN, consent_at=LATER),
            Lift.CONSENT,
            True,
        ),
        (
            Talent(remote_id="t", consent_state=ConsentState.GIVEN, consent_at=EARLIER),
            Lift.CONSENT,
            False,
        ),
        (Record(remote_id="r", remote_updated_at=LATER), Lift.UPDATE, False),
    ],
)
def test_only_later_activity_brings_a_person_back(
    record: Record, lift: Lift, comes_back: bool
) -> None:
    assert lifts(record, lift, SINCE) is comes_back


@pytest.mark.parametrize(
    ("due", "total", "agreed", "allowed"),
    [
        (20, 20, 0, 20),  # few
        (21, 1000, 0, 21),  # a small share
        (101, 1000, 0, 0),
        (101, 1000, 101, 101),  # an admin has seen this number
        (102, 1000, 101, 101),  # and one more person is due since then
        (21, 100, 20, 20),
        (5, 100, 20, 5),
    ],
)
def test_unusually_many_erasures_need_a_review(
    due: int, total: int, agreed: int, allowed: int
) -> None:
    assert allowance(due, total, agreed) == allowed


def test_nothing_is_erased_by_default() -> None:
    assert not Retention().erases
    assert not Retention(deleted_days=1, access_months=1).erases
    assert Retention(consent_ended=True).erases


def test_each_rule_is_reset_by_its_own_activity() -> None:
    assert lift_of(Rule.IDLE, Counts.APPLICATION) is Lift.APPLICATION
    assert lift_of(Rule.IDLE, Counts.UPDATE) is Lift.UPDATE
    assert lift_of(Rule.REJECTED, Counts.UPDATE) is Lift.STEP
    assert lift_of(Rule.CONSENT, Counts.UPDATE) is Lift.CONSENT
