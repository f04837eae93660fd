"""The page of a running sync shows no number that isn't known yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from fakes.showcase import Showcase

from jemmo.services.sync import schedule
from jemmo.store.models import Connection, SyncRun


def test_a_sync_that_has_just_started_shows_no_number(
    showcase: Showcase, recruiter: Client
) -> None:
    begun = SyncRun.objects.create(
        id=uuid4(),
        connection=Connection.objects.get(org=showcase.org),
        mode="reconcile",
        trigger="manual",
        status="running",
    )

    page = recruiter.get(reverse("sync_run", args=[begun.id])).content.decode()

    shown = page.partition("<h1>")[2].partition("</main>")[0]
    for unknown in ("0 requests", "0.0 s", "No records were read"):
        assert unknown not in shown
    assert "No records read yet" in shown


def test_the_next_sync_has_no_time_while_one_is_running(
    showcase: Showcase, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    connection = Connection.objects.get(org=showcase.org)
    connection.due_at = now - timedelta(minutes=1)
    connection.save(update_fields=["due_at"])

    assert schedule.next_sync_at(connection, now) == connection.due_at
    monkeypatch.setattr(schedule, "is_running", lambda *_: True)
    assert schedule.next_sync_at(connection, now) is None
    assert schedule.next_sync_at(connection, now - timedelta(hours=1)) == connection.due_at
