"""The page of a sync that is under way states no number that it does not know."""

from __future__ import annotations

from uuid import uuid4

from django.test import Client
from django.urls import reverse
from fakes.showcase import Showcase

from jemmo.store.models import Connection, SyncRun


def test_a_sync_that_has_just_begun_states_no_number(showcase: Showcase, recruiter: Client) -> None:
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
