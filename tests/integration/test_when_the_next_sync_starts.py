"""When the schedule starts a connection's next sync, and whether one is running, according to the tables."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection as database

from jemmo.domain.errors import ConfigError
from jemmo.domain.schedule import FARTHEST, Plan, Window
from jemmo.services.accounts.accounts import ensure_organisation
from jemmo.services.connections.status import overview
from jemmo.services.sync import queue, schedule
from jemmo.services.sync.schedule import is_late, is_slow, next_sync_at
from jemmo.store.db import task_queue
from jemmo.store.models import Connection, Lease, StreamCheckpoint, SyncRun
from jemmo.store.sync.due import DUE

NOW = datetime.now(UTC)
BEGAN = NOW - timedelta(hours=1)
ALWAYS_QUIET = Plan(quiet=(Window(start=time(0), end=time(0)),))


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


@pytest.mark.parametrize(
    ("state", "has_lease", "code"),
    [
        ("paused", True, "cancelled"),
        ("disconnected", False, "cancelled"),
        ("active", False, "interrupted"),
        ("active", True, None),
    ],
)
def test_a_sync_that_will_not_go_on_is_not_called_running(
    connection: Connection, state: str, has_lease: bool, code: str | None
) -> None:
    """Between two slices, the lease has no holder. A sync goes on only while its connection is active."""
    ran(connection, "running")
    if has_lease:
        leased_until(connection, NOW + timedelta(hours=1))
    Connection.objects.update(state=state)

    schedule.start_due(NOW)

    run = SyncRun.objects.get()
    assert run.status == ("failed" if code else "running")
    assert run.report.get("error", {}).get("code") == code
    assert Lease.objects.exists() == (state == "active" and has_lease)
    if state != "active":
        assert run.report["error"]["message"].startswith("The sync stopped because its connection")


def test_a_due_sync_waits_for_the_end_of_quiet_hours(connection: Connection) -> None:
    """A connection may be due then because it was resumed, or because no worker ran before."""
    quiet = Window(start=(NOW - timedelta(hours=2)).time(), end=(NOW + timedelta(hours=2)).time())
    schedule.set_plan(connection.org, Plan(quiet=(quiet,)))
    Connection.objects.update(due_at=BEGAN)

    assert schedule.start_due(NOW) == 1  # a first sync starts when it was promised
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    StreamCheckpoint.objects.create(connection=connection, stream="jobs", watermark=BEGAN)

    assert schedule.start_due(NOW) == 0
    connection.refresh_from_db()
    assert next_sync_at(connection, NOW) == connection.due_at == NOW + timedelta(hours=2)
    assert schedule.start_due(connection.due_at) == 1


def test_quiet_hours_must_not_cover_the_whole_week(connection: Connection) -> None:
    with pytest.raises(ConfigError) as refused:
        schedule.set_plan(connection.org, ALWAYS_QUIET)
    assert refused.value.code == "always_quiet"

    connection.org.schedule = {"quiet": [{"start": "00:00:00", "end": "00:00:00"}]}
    connection.org.save()
    StreamCheckpoint.objects.create(connection=connection, stream="jobs", watermark=BEGAN)
    assert schedule.start_due(NOW) == 1  # stored by an earlier version


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
