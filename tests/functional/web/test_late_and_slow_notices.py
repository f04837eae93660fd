"""People who are notified of failures get one notification for a late or slow sync, and one when it has ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.test import Client
from fakes.showcase import Showcase

from jemmo.services.notifications import notifications
from jemmo.services.sync import overdue
from jemmo.services.sync.schedule import is_late, is_slow
from jemmo.store.models import Connection, Delivery, Lease, Notification, SyncRun
from jemmo.vault import default_vault

SignedIn = Callable[[str], Client]
NOW = datetime.now(UTC)


def alone(showcase: Showcase, **values: object) -> Connection:
    Connection.objects.exclude(org=showcase.org).update(state="disconnected")
    connection: Connection = showcase.org.connections.get()
    Connection.objects.filter(id=connection.id).update(**{"due_at": NOW, **values})
    connection.refresh_from_db()
    return connection


def test_a_late_sync_is_sent_once(showcase: Showcase, signed_in: SignedIn) -> None:
    now = datetime.now(UTC)  # due times follow the database's clock
    connection = alone(showcase, due_at=now - timedelta(minutes=14))
    assert overdue.notify_stalled_syncs(now) == 0
    later = now + timedelta(minutes=2)
    assert is_late(connection, later)

    assert [overdue.notify_stalled_syncs(later), overdue.notify_stalled_syncs(later)] == [1, 0]

    told = Notification.objects.get(kind="sync_late")
    sent = Delivery.objects.filter(notification=told, channel="email")
    roles = sorted(sent.values_list("membership__role", flat=True))
    assert roles == ["admin", "owner"]
    assert notifications.send_due(vault=default_vault(), now=later) == 2
    page = signed_in("viewer").get("/notifications/").content.decode()
    assert "is late" in page
    assert "jemmo doctor" in page


def test_a_slow_sync_is_sent(showcase: Showcase, signed_in: SignedIn) -> None:
    connection = alone(showcase)
    run = showcase.run()
    for days in (1, 2, 3):
        began = NOW - timedelta(days=days)
        SyncRun.objects.create(
            connection=connection,
            mode=run.mode,
            scope=run.scope,
            trigger=run.trigger,
            status="succeeded",
            started_at=began,
            finished_at=began + timedelta(minutes=1),
        )
    now = NOW + timedelta(hours=3)
    SyncRun.objects.create(
        connection=connection,
        mode=run.mode,
        scope=run.scope,
        trigger=run.trigger,
        status="running",
        started_at=NOW,
    )
    Lease.objects.update_or_create(
        connection=connection, defaults={"token": uuid4(), "expires_at": now + timedelta(hours=1)}
    )
    connection.refresh_from_db()
    assert is_slow(connection, now)

    assert [overdue.notify_stalled_syncs(now), overdue.notify_stalled_syncs(now)] == [1, 0]
    page = signed_in("admin").get("/notifications/").content.decode()
    assert "is taking much longer than usual" in page
