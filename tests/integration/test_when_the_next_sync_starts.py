"""When the schedule starts a connection's next sync, and whether one is running, according to the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection as database

from jemmo.domain.schedule import FARTHEST
from jemmo.services.accounts.accounts import ensure_organisation
from jemmo.services.connections.status import overview
from jemmo.services.sync import queue, schedule
from jemmo.services.sync.schedule import is_late, is_slow, next_sync_at
from jemmo.store.db import task_queue
from jemmo.store.models import Connection, Lease, SyncRun
from jemmo.store.sync.due import DUE

NOW = datetime.now(UTC)
BEGAN = NOW - timedelta(hours=1)


@pytest.fixture
def connection(database_url: str) -> Connection:
    made: Connection = Connection.objects.create(
        org=ensure_organisation("acme"),
        provider="teamtailor",
        sealed_key=b"",
        key_set_at=BEGAN,
        due_at=BEGAN,
    )
    return made


def due(now: datetime = NOW) -> list[object]:
    return [one.connection_id for one in schedule.due(now)]


def ran(connection: Connection, status: str) -> None:
    SyncRun.objects.create(connection=connection, mode="initial", status=status, started_at=BEGAN)


def leased_until(connection: Connection, when: datetime, *, pid: int | None = None) -> None:
    Lease.objects.create(connection=connection, token=uuid4(), expires_at=when, holder_pid=pid)


def test_a_due_connection_keeps_its_due_time(connection: Connection) -> None:
    """A client that polls an overdue connection must not see a new time with each response."""
    assert due() == [connection.id]
    assert next_sync_at(connection, NOW) == next_sync_at(connection, NOW + timedelta(hours=1))
    assert next_sync_at(connection, NOW) == connection.due_at < NOW


def test_a_connection_due_later_waits(connection: Connection) -> None:
    connection.due_at = NOW + timedelta(minutes=1)
    connection.save()

    assert due() == []
    assert due(NOW + timedelta(minutes=1)) == [connection.id]
    assert next_sync_at(connection, NOW) == connection.due_at


@pytest.mark.parametrize("state", ["paused", "refused"])
def test_a_connection_that_may_not_sync_is_never_due(connection: Connection, state: str) -> None:
    connection.state = state
    connection.save()

    assert due() == []
    assert next_sync_at(connection, NOW) is None


def test_a_day_in_the_far_future_was_set_by_a_wrong_clock(connection: Connection) -> None:
    connection.due_at = NOW + FARTHEST + timedelta(hours=1)
    connection.save()

    assert due() == [connection.id]
    assert next_sync_at(connection, NOW) == NOW


def test_a_sync_whose_process_was_killed_is_started_again_at_once(connection: Connection) -> None:
    ran(connection, "running")
    leased_until(connection, NOW + timedelta(hours=1), pid=1)

    assert due() == [connection.id]


def test_a_sync_between_two_slices_counts_as_running(connection: Connection) -> None:
    ran(connection, "running")
    leased_until(connection, NOW + timedelta(hours=1))

    assert due() == []


def test_a_task_held_by_a_worker_is_not_queued_again(connection: Connection) -> None:
    """Between taking the task and taking the lease, only the task shows that a sync is about to start."""
    assert queue.sync(connection.id, priority=queue.MANUAL, trigger="manual")
    with database.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")

    assert due() == []

    assert task_queue.rescue(0) == 1
    assert due() == []


def test_a_killed_sync_does_not_load_forever(connection: Connection) -> None:
    ran(connection, "running")
    leased_until(connection, NOW)

    (status,) = overview(connection.org)

    assert status.colour != "loading"


def test_a_sync_that_does_not_start_is_late(connection: Connection) -> None:
    assert is_late(connection, NOW)
    assert not is_late(connection, BEGAN + timedelta(minutes=10))
    assert not is_late(connection, BEGAN - timedelta(minutes=10))

    leased_until(connection, NOW + timedelta(hours=1))
    connection.refresh_from_db()

    assert not is_late(connection, NOW)


def test_a_sync_that_takes_much_longer_than_before_is_slow(connection: Connection) -> None:
    for ago in range(1, 4):
        SyncRun.objects.create(
            connection=connection,
            mode="initial",
            status="succeeded",
            started_at=BEGAN - timedelta(hours=ago),
            finished_at=BEGAN - timedelta(hours=ago) + timedelta(minutes=4),
        )
    ran(connection, "running")
    leased_until(connection, NOW + timedelta(hours=1))

    assert not is_slow(connection, BEGAN + timedelta(minutes=12))
    assert is_slow(connection, BEGAN + timedelta(minutes=13))


@pytest.mark.long
def test_planning_reads_only_what_is_due(connection: Connection) -> None:
    many = (
        "INSERT INTO connection SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), "
        "'due_at', %s + make_interval(secs => n)))).* FROM connection c, generate_series(1, 10000) n WHERE c.id = %s"
    )
    with database.cursor() as cursor:
        cursor.execute(many, [NOW, connection.id])
        cursor.execute("ANALYZE connection")
        values: dict[str, datetime | int] = {"now": NOW, "farthest": NOW + FARTHEST, "most": 500}
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {DUE}", values)
        (plan,) = cursor.fetchone()[0]

    scans = [one for one in nodes(plan["Plan"]) if one.get("Relation Name") == "connection"]
    assert scans
    for scan in scans:
        assert scan["Node Type"] != "Seq Scan"
        assert scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) <= 1


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    below = plan.get("Plans", [])
    return [plan, *(one for child in below for one in nodes(child))]
