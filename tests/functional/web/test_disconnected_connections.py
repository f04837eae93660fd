"""A disconnected or paused connection promises no sync and no decision, on pages and in the status."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from jemmo.domain.brake import Decision
from jemmo.domain.errors import ConfigError
from jemmo.services.accounts import accounts
from jemmo.services.connections import connections, paused_deletions, sync_button
from jemmo.services.connections.status import ConnectionStatus, status_of
from jemmo.services.sync.manual import request_sync
from jemmo.store.connections.paused_deletions import decision_since
from jemmo.store.models import Connection, HeldDeletion, Organisation, SyncRun
from jemmo.vault import default_vault

pytestmark = [pytest.mark.one_server, pytest.mark.usefixtures("served")]
NOW = datetime.now(UTC)
FILES_ERROR = {"code": "files_full", "message": "", "next_step": ""}


@pytest.fixture
def connection(database_url: str) -> Connection:
    """A connection whose last sync used up the quota and paused deletions."""
    connection: Connection = Connection.objects.create(
        id=uuid4(),
        org=accounts.ensure_organisation("acme"),
        provider="teamtailor",
        sealed_key=b"",
        key_set_at=NOW,
        due_at=NOW + timedelta(hours=1),
        failures=2,
        files_error=FILES_ERROR,
    )
    warnings = [{"code": code, "message": code} for code in ("quota_used", "clock_off")]
    SyncRun.objects.create(
        connection=connection,
        mode="incremental",
        status="partial",
        started_at=NOW,
        finished_at=NOW,
        report={"warnings": warnings},
    )
    HeldDeletion.objects.create(connection=connection, stream="talents", missing=60, present=80)
    return connection


def status_in(connection: Connection, state: str, now: datetime = NOW) -> ConnectionStatus:
    Connection.objects.update(state=state)
    connection.refresh_from_db()
    return status_of(connection, now)


def signed_in(connection: Connection, role: str = "owner") -> Client:
    browser = Client(headers={"HX-Request": "true"})
    browser.force_login(
        accounts.add_member(
            connection.org, f"{role}@example.com", role, "long enough 12", verified=True
        )
    )
    return browser


def codes(status: ConnectionStatus) -> list[str]:
    return [warning["code"] for warning in status.warnings]


def test_the_status_promises_only_a_sync_that_will_start(connection: Connection) -> None:
    active = status_in(connection, "active")
    assert codes(active) == ["quota_used", "clock_off"]
    assert (active.failures, active.files_error) == (2, FILES_ERROR)

    assert codes(status_in(connection, "active", NOW + timedelta(hours=2))) == ["clock_off"]
    assert codes(status_in(connection, "paused")) == ["clock_off"]

    parted = status_in(connection, "disconnected")
    assert (codes(parted), parted.failures, parted.files_error) == ([], 0, None)
    assert (parted.error, parted.decision) == (None, None)


def test_a_disconnected_connection_is_not_called_refused(connection: Connection) -> None:
    status_in(connection, "disconnected")
    with pytest.raises(ConfigError) as refused:
        request_sync(connection.id)
    assert refused.value.code == "disconnected"
    with pytest.raises(ConfigError) as refused:
        sync_button.request_org_sync(connection.org, "jobs")
    assert (refused.value.code, refused.value.variant) == ("no_connection", "none")


def test_a_disconnected_connection_has_no_decision_to_make(connection: Connection) -> None:
    assert len(paused_deletions.paused_deletions(connection.org)) == 1
    status_in(connection, "disconnected")
    assert paused_deletions.paused_deletions(connection.org) == []
    assert paused_deletions.release_all(connection.org) == []

    browser = signed_in(connection)
    address = reverse("ats_deletions", args=[connection.id, "talents"])
    for decision in ({}, {"decision": "release", "missing": "60"}, {"decision": "keep"}):
        page = browser.post(address, decision, follow=True).content.decode()
        assert "The connection was disconnected and no longer has a key." in page
    held = HeldDeletion.objects.get()
    assert (held.released_at, held.closed_at) == (None, None)


def test_a_first_sync_that_nobody_started_is_not_called_paused(connection: Connection) -> None:
    status_in(connection, "paused")
    owner, viewer = signed_in(connection), signed_in(connection, "viewer")
    icon, help_page = (
        reverse(name, args=args) for name, args in (("sync_icon", ["jobs"]), ("help", []))
    )
    for page in (icon, help_page):
        assert "yncs are paused." in owner.get(page).content.decode()

    SyncRun.objects.all().delete()
    for page in (icon, help_page):
        text = owner.get(page).content.decode()
        assert "Nobody has started the first sync." in text
        assert "Start" in text
        assert "paused syncs" not in text
        assert "yncs are paused" not in text
        assert "Ask an owner or admin" in viewer.get(page).content.decode()

    Organisation.objects.update(deleted_at=NOW + timedelta(days=3))
    for page in (icon, help_page):
        assert "This organization is scheduled for deletion" in owner.get(page).content.decode()


@pytest.mark.parametrize("status", ["partial", "running"])
def test_the_icon_and_the_header_agree_about_a_first_sync(
    connection: Connection, status: str
) -> None:
    SyncRun.objects.update(status=status)
    owner = signed_in(connection)
    for page in (reverse("sync_status"), reverse("sync_icon", args=["jobs"])):
        assert "First sync not finished" in owner.get(page).content.decode()
    SyncRun.objects.all().delete()
    for page in (reverse("sync_status"), reverse("sync_icon", args=["jobs"])):
        assert "Not synced yet" in owner.get(page).content.decode()


def test_streams_that_were_decided_differently_are_reported_so(connection: Connection) -> None:
    """Departments are decided apart from jobs."""
    HeldDeletion.objects.all().delete()
    error = {"paused": [{"stream": stream} for stream in ("departments", "jobs")]}
    for stream, released_at in (("departments", None), ("jobs", NOW)):
        HeldDeletion.objects.create(
            connection=connection,
            stream=stream,
            missing=6,
            present=8,
            closed_at=NOW,
            released_at=released_at,
        )
    HeldDeletion.objects.update(held_at=NOW)

    assert decision_since(connection.id, error, NOW) is Decision.DIVIDED
    HeldDeletion.objects.filter(stream="jobs").delete()
    assert decision_since(connection.id, error, NOW) is Decision.KEPT


def test_a_new_interval_moves_the_next_sync(connection: Connection) -> None:
    Connection.objects.update(
        due_at=NOW + timedelta(hours=100), last_success_at=NOW, failures=0, sync_every_hours=168
    )
    connection.refresh_from_db()

    connections.change(
        connection,
        label="Acme",
        options={},
        sync_every_hours=0.25,
        seen=connections.connection_fingerprint(connection),
        vault=default_vault(),
    )

    assert connection.due_at < NOW + timedelta(hours=1)
    card = signed_in(connection).get(reverse("ats_connection", args=[connection.id]))
    assert "0.25 h" in card.content.decode()
