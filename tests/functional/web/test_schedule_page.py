"""Settings > Schedule: time zone, quiet hours, off-peak hours and intervals are shown, validated and saved."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client
from functional.web.conftest import SignedIn

from jemmo.domain.schedule import FirstSync, Window
from jemmo.services.sync import schedule
from jemmo.store.models import Connection, Lease, SyncRun

if TYPE_CHECKING:
    from fakes.showcase import Showcase

PAGE = "/settings/schedule/"


@pytest.fixture
def admin(signed_in: SignedIn) -> Client:
    return signed_in("admin")


def form(org: Any, **changed: Any) -> dict[str, Any]:
    """Return the form's data as the page sends it, with these changes."""
    one = Connection.objects.get(org=org)
    return {
        "seen": schedule.schedule_fingerprint(org),
        "time_zone": "Europe/Paris",
        "first_sync": "now",
        f"hours_{one.id}": "6",
        "quiet-TOTAL_FORMS": "2",
        "quiet-INITIAL_FORMS": "0",
        "off_peak-TOTAL_FORMS": "1",
        "off_peak-INITIAL_FORMS": "0",
        **changed,
    }


def said(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_schedule_is_saved_and_moves_the_next_starts(admin: Client, showcase: Showcase) -> None:
    org = showcase.org
    one = Connection.objects.get(org=org)
    wanted = form(
        org,
        **{
            "time_zone": "America/New_York",
            "first_sync": "tonight",
            f"hours_{one.id}": "2.5",
            "quiet-0-days": ["0", "1", "2", "3", "4"],
            "quiet-0-start": "08:00",
            "quiet-0-end": "20:00",
            "off_peak-0-days": ["5", "6"],
            "off_peak-0-start": "01:00",
            "off_peak-0-end": "05:00",
        },
    )

    saved = admin.post(PAGE, wanted)

    assert saved.status_code == 302, said(saved)
    org.refresh_from_db()
    plan = schedule.plan_of(org)
    assert plan.time_zone == "America/New_York"
    assert plan.first_sync is FirstSync.TONIGHT
    assert plan.quiet == (Window(days=(0, 1, 2, 3, 4), start=time(8), end=time(20)),)
    assert plan.off_peak == (Window(days=(5, 6), start=time(1), end=time(5)),)
    one.refresh_from_db()
    assert one.sync_every_hours == 2.5
    assert not plan.is_quiet(max(one.due_at, datetime.now(UTC)))
    shown = said(admin.get(PAGE))
    assert 'value="08:00"' in shown
    assert 'value="2.5"' in shown
    assert "Next syncs" in shown


def test_an_emptied_row_is_removed(admin: Client, showcase: Showcase) -> None:
    org = showcase.org
    org.schedule = {"quiet": [{"days": [0], "start": "08:00:00", "end": "10:00:00"}]}
    org.save()

    admin.post(PAGE, form(org, **{"quiet-INITIAL_FORMS": "1"}))

    org.refresh_from_db()
    assert schedule.plan_of(org).quiet == ()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"time_zone": "Europe/Atlantis"}, "not one of the available choices"),
        ({"quiet-0-days": ["0"], "quiet-0-start": "08:00"}, "Enter both times"),
        ({"quiet-0-start": "08:00", "quiet-0-end": "09:00"}, "Choose a day"),
        ({"quiet-0-days": ["7"], "quiet-0-start": "08:00", "quiet-0-end": "09:00"}, "choice"),
        ({"quiet-0-days": ["0"], "quiet-0-start": "8h", "quiet-0-end": "09:00"}, "valid time"),
        (
            {
                "quiet-0-days": ["0", "1", "2", "3", "4", "5", "6"],
                "quiet-0-start": "00:00",
                "quiet-0-end": "00:00",
            },
            "Quiet hours cover the whole week",
        ),
        ({"quiet-TOTAL_FORMS": "500"}, "14"),
        ({"seen": "old"}, "Someone else made a change in the meantime"),
    ],
)
def test_invalid_input_is_explained_and_nothing_is_saved(
    admin: Client, showcase: Showcase, changed: dict[str, Any], told: str
) -> None:
    before = showcase.org.schedule
    answer = admin.post(PAGE, form(showcase.org, **changed))
    assert answer.status_code == 200
    assert told in said(answer)
    showcase.org.refresh_from_db()
    assert showcase.org.schedule == before


def test_an_interval_has_its_limits(admin: Client, showcase: Showcase) -> None:
    one = Connection.objects.get(org=showcase.org)
    answer = admin.post(PAGE, form(showcase.org, **{f"hours_{one.id}": "0.1"}))
    assert answer.status_code == 200
    one.refresh_from_db()
    assert one.sync_every_hours == 6


def test_the_page_is_for_managers(signed_in: SignedIn) -> None:
    assert signed_in("recruiter").get(PAGE).status_code == 404
    assert signed_in("viewer").post(PAGE, {}).status_code == 404
    assert PAGE in said(signed_in("owner").get("/settings/organization/ats/"))
    assert PAGE not in said(signed_in("recruiter").get("/settings/organization/ats/"))


def test_a_postponed_start_moves_back_when_quiet_hours_are_removed(
    showcase: Showcase,
) -> None:
    org = showcase.org
    one = Connection.objects.get(org=org)
    now = datetime.now(UTC)
    one.due_at, one.last_success_at, one.failures = now + timedelta(days=3), now, 0
    one.save()

    schedule.set_plan(org, schedule.plan_of(org))

    one.refresh_from_db()
    assert one.due_at <= now + timedelta(hours=6.5)


def test_a_running_sync_is_not_listed_as_the_next_start(showcase: Showcase) -> None:
    now = datetime.now(UTC)
    one = Connection.objects.get(org=showcase.org)
    Connection.objects.filter(id=one.id).update(state="active", due_at=now - timedelta(hours=2))
    assert schedule.planned(showcase.org, now)[0].starts[0] == now

    run = SyncRun.objects.create(
        connection=one, mode="incremental", status="running", started_at=now
    )
    Lease.objects.create(
        connection=one, token=uuid4(), run_id=run.id, expires_at=now + timedelta(hours=1)
    )

    starts = schedule.planned(showcase.org, now)[0].starts
    assert len(starts) == 4
    assert min(starts) > now
