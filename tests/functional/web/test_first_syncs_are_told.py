"""Pages agree on the state and progress of a first sync, before it starts and while several run."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from fakes.showcase import Showcase

from jemmo.domain.freshness import PAGES
from jemmo.store.models import Connection, Lease, SyncRun
from jemmo.store.sync import freshness

SignedIn = Callable[[str], Client]


@pytest.fixture
def new(showcase: Showcase) -> Connection:
    return Connection.objects.create(
        id=uuid4(),
        org=showcase.org,
        provider="jarvi",
        label="New one",
        base_url="https://ats.example.com",
        key_set_at=datetime.now(UTC),
    )


def text_of(client: Client, name: str, *arguments: object) -> str:
    page = client.get(reverse(name, args=arguments)).content.decode()
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def running(connection: Connection, read: int) -> None:
    Lease.objects.create(
        connection=connection, token=connection.id, expires_at=datetime.max.replace(tzinfo=UTC)
    )
    SyncRun.objects.create(
        id=uuid4(),
        connection=connection,
        mode="initial",
        trigger="schedule",
        status="running",
        started_at=datetime.now(UTC),
        report={"streams": {"talents": {"fetched": read}}},
    )


def test_the_header_counts_the_records_of_all_running_syncs(
    showcase: Showcase, new: Connection, signed_in: SignedIn
) -> None:
    (other,) = showcase.org.connections.exclude(id=new.id)
    running(other, 8)
    running(new, 132)
    snapshots = freshness.connection_snapshots(showcase.org)
    assert freshness.overall(snapshots, *PAGES, now=datetime.now(UTC)).read == 140
    assert "Syncing · 140" in text_of(signed_in("viewer"), "sync_status")


@pytest.mark.parametrize("code", ["cancelled", "interrupted", "ats_down"])
def test_a_stopped_sync_is_not_a_failure_once_the_next_one_runs(
    showcase: Showcase, new: Connection, code: str
) -> None:
    """Its text says that the next sync continues it, and that sync is now running."""
    Connection.objects.filter(id=new.id).update(
        last_error={"code": code, "message": "Stopped.", "next_step": "Wait."}
    )
    now = datetime.now(UTC)

    def error() -> object:
        seen = freshness.ConnectionSnapshot(Connection.objects.get(id=new.id))
        return freshness.freshness_of(seen, now=now).error

    assert error()
    running(new, 5)
    assert bool(error()) is (code == "ats_down")


def test_a_first_sync_is_unfinished_only_once_it_has_started(
    showcase: Showcase, new: Connection, signed_in: SignedIn
) -> None:
    viewer = signed_in("viewer")
    showcase.org.connections.exclude(id=new.id).update(state="disconnected")
    for name, arguments in (("sync_status", ()), ("ats_card", (new.id,))):
        shown = text_of(viewer, name, *arguments)
        assert "Not synced yet" in shown
        assert "not finished" not in shown
    running(new, 5)
    Lease.objects.all().delete()
    SyncRun.objects.filter(connection=new).update(status="failed")
    for name, arguments in (("sync_status", ()), ("ats_card", (new.id,))):
        assert "First sync not finished" in text_of(viewer, name, *arguments)
