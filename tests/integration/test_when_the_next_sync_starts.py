"""When the schedule starts a connection's next sync, and whether one is under way, by what the tables say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from jemmo.services.accounts import ensure_organisation
from jemmo.services.schedule import RETRY_AFTER, due, next_sync_at
from jemmo.services.status import overview
from jemmo.store.models import Connection, Lease, SyncRun

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEGAN = NOW - timedelta(hours=1)


@pytest.fixture
def connection(database_url: str) -> Connection:
    made: Connection = Connection.objects.create(
        org=ensure_organisation("acme"), provider="teamtailor", sealed_key=b"", key_set_at=BEGAN
    )
    return made


def ran(connection: Connection, status: str) -> None:
    SyncRun.objects.create(connection=connection, mode="initial", status=status, started_at=BEGAN)


def leased_until(connection: Connection, when: datetime) -> None:
    Lease.objects.create(connection=connection, token=uuid4(), expires_at=when)


@pytest.mark.parametrize(
    ("status", "wait"),
    [
        ("succeeded", timedelta(hours=6)),
        ("partial", timedelta(hours=6)),
        ("failed", RETRY_AFTER),
    ],
)
def test_a_sync_that_ended_is_followed_by_the_next(
    connection: Connection, status: str, wait: timedelta
) -> None:
    ran(connection, status)

    assert next_sync_at(connection, NOW) == BEGAN + wait


def test_a_sync_whose_process_was_killed_is_tried_again_soon(connection: Connection) -> None:
    ran(connection, "running")
    leased_until(connection, NOW - timedelta(seconds=1))

    assert next_sync_at(connection, NOW) == BEGAN + RETRY_AFTER
    assert due(NOW) == [connection.id]


def test_a_sync_under_way_is_not_started_again(connection: Connection) -> None:
    ran(connection, "running")
    leased_until(connection, NOW + timedelta(seconds=30))

    assert next_sync_at(connection, NOW) == BEGAN + timedelta(hours=6)
    assert due(NOW) == []


def test_a_killed_sync_does_not_load_for_ever(connection: Connection) -> None:
    ran(connection, "running")
    leased_until(connection, NOW)

    assert [one.colour for one in overview()] == ["yellow"]
