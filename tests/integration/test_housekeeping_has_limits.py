"""Housekeeping is canceled at a lock or a slow statement, and doesn't delay a worker's other tasks."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection
from django.utils.timezone import now
from fakes.company import in_thread
from msgspec.structs import replace

from jemmo.domain.errors import TransientError
from jemmo.domain.notices import Kind
from jemmo.services.base import scopes
from jemmo.services.operations import pruning
from jemmo.store.db import scope
from jemmo.store.db.postgres import explain
from jemmo.store.models import Notification, Organisation

pytestmark = pytest.mark.versions

OLD = timedelta(days=400)
WAITS = (
    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'notification'::regclass)"
)


@pytest.fixture
def old(database_url: str) -> None:
    org = Organisation.objects.create(slug="acme")
    notification = Notification.objects.create(org=org, kind=Kind.DONE)
    Notification.objects.filter(id=notification.id).update(last_at=now() - OLD)


def who_am_i() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def count() -> int:
    with scope.acting_in(scope.EVERYTHING):
        return Notification.objects.count()


async def test_a_statement_that_waits_for_a_lock_is_canceled_and_done_in_the_next_round(
    old: None, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = replace(scopes.SEEN_BY_HOUSEKEEPING, housekeeping=1)
    monkeypatch.setattr(scopes, "SEEN_BY_HOUSEKEEPING", limited)
    async with await psycopg.AsyncConnection.connect(owner_url) as holder:
        await holder.execute("LOCK TABLE notification")
        with pytest.raises(DatabaseError) as refused:
            await scopes.run_for_all_orgs(pruning.forget_old)
        known = explain(refused.value)
        assert known is not None
        assert known.code == "database_time_limit"
        assert isinstance(known, TransientError)
        await scopes.run_for_all_orgs(who_am_i)  # the same thread continues
        await holder.rollback()

    assert await in_thread(count) == 1
    assert (await scopes.run_for_all_orgs(pruning.forget_old))["notifications"] == 1
    assert await in_thread(count) == 0


@pytest.mark.long
async def test_waiting_housekeeping_delays_neither_the_schedule_nor_notifications_nor_syncs(
    old: None, owner_url: str
) -> None:
    async with await psycopg.AsyncConnection.connect(owner_url) as holder:
        await holder.execute("LOCK TABLE notification")
        waiting = asyncio.create_task(scopes.run_for_all_orgs(pruning.forget_old))
        while True:
            row = await (await holder.execute(WAITS)).fetchone()
            if row == (True,):
                break
        await scopes.run_on_clock(who_am_i)
        await scopes.for_notifications(who_am_i)
        await sync_to_async(who_am_i)()
        assert not waiting.done()
        await holder.rollback()
    assert (await waiting)["notifications"] == 1
