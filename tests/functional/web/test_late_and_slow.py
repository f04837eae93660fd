"""A connection's card shows a sync that doesn't start or doesn't end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING
from uuid import uuid4

from django.test import Client

from jemmo.store.models import Connection, Lease, StreamCheckpoint, SyncRun

if TYPE_CHECKING:
    from fakes.showcase import Showcase


def card(client: Client) -> str:
    return client.get("/settings/organization/ats/").content.decode()


def help_page(client: Client, language: str = "en") -> str:
    return client.get("/help/", headers={"Accept-Language": language}).content.decode()


def guides(client: Client) -> str:
    return client.get("/help/guides/").content.decode()


def test_a_sync_that_does_not_start_is_late(showcase: Showcase, recruiter: Client) -> None:
    now = datetime.now(UTC)
    Connection.objects.filter(org=showcase.org).update(due_at=now + timedelta(hours=1))
    for page in (card(recruiter), guides(recruiter)):
        assert "minutes overdue" not in page
        assert "due now" not in page

    Connection.objects.filter(org=showcase.org).update(due_at=now - timedelta(minutes=20))
    assert "minutes overdue" in card(recruiter)
    assert "due now" in card(recruiter)
    assert "due now" in guides(recruiter)
    assert "A sync is more than 15 minutes overdue." in help_page(recruiter)
    assert "Last complete sync" not in help_page(recruiter)
    assert "Une synchronisation a plus de 15 minutes de retard." in help_page(recruiter, "fr")


def test_a_disconnected_ats_is_not_expected_to_sync(showcase: Showcase, recruiter: Client) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=40)
    StreamCheckpoint.objects.filter(connection__org=showcase.org).update(synced_at=long_ago)
    assert "over a day ago" in help_page(recruiter)

    Connection.objects.filter(org=showcase.org).update(state="disconnected")
    assert "No ATS is connected." in help_page(recruiter)
    assert "over a day ago" not in help_page(recruiter)
    jobs = recruiter.get("/jobs/").content.decode()
    assert "No ATS is connected." in jobs
    assert "Syncs are paused." not in jobs


def test_a_sync_that_takes_much_longer_than_before_is_slow(
    showcase: Showcase, recruiter: Client
) -> None:
    now = datetime.now(UTC)
    one = Connection.objects.get(org=showcase.org)
    for ago in range(2, 5):
        began = now - timedelta(hours=ago)
        SyncRun.objects.create(
            connection=one,
            mode="incremental",
            status="succeeded",
            started_at=began,
            finished_at=began + timedelta(minutes=1),
        )
    run = SyncRun.objects.create(
        connection=one, mode="incremental", status="running", started_at=now
    )
    Lease.objects.create(
        connection=one, token=uuid4(), run_id=run.id, expires_at=now + timedelta(hours=1)
    )
    assert "much longer" not in card(recruiter)

    SyncRun.objects.filter(id=run.id).update(started_at=now - timedelta(minutes=30))
    assert "much longer" in card(recruiter)


def test_the_header_shows_each_of_several_failures(showcase: Showcase, recruiter: Client) -> None:
    first = Connection.objects.get(org=showcase.org)
    other = Connection.objects.create(
        org=showcase.org,
        provider="jarvi",
        label="Agency",
        sealed_key=b"",
        key_set_at=first.key_set_at,
    )
    for connection, code in ((first, "ats_down"), (other, "key_refused")):
        error = {"code": code, "message": f"{code}.", "next_step": "Look."}
        Connection.objects.filter(id=connection.id).update(last_error=error, state="active")

    header = recruiter.get("/status/").content.decode()
    [title] = re.findall(r'title="([^"]*)"', header)
    lines = unescape(title).split("\n")
    assert [line.partition(":")[0] for line in lines] == [first.label or "Teamtailor", "Agency"]
    assert len(set(lines)) == 2
    icon = recruiter.get("/sync/jobs/", headers={"HX-Request": "true"}).content.decode()
    name = first.label or "Teamtailor"
    assert f"{name} sync failed" in icon
    assert "Agency</bdi>:" in icon  # a key test may have noticed the refusal without a sync
    assert "Agency sync failed" not in icon
