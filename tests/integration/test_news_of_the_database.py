"""Events for open pages arrive through NOTIFY, which every database role may send."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
import psycopg
import pytest

from jemmo.services.notifications import live
from jemmo.store.db.events import CHANNEL

pytestmark = pytest.mark.versions

UNREADABLE = (
    '{"kind": []}',
    '{"kind": {}}',
    "",
    "no JSON",
    "[]",
    '"text"',
    '{"org": ',
    '{"a":' + "[" * 7000,
)


async def test_pages_keep_receiving_events_after_unreadable_notifications(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHECK_EVERY", float("1e6"))  # the session belongs to nobody
    org, hub = uuid4(), live.Hub(os.environ["DATABASE_URL"])
    hub._checked = asyncio.get_running_loop().time()
    news = msgspec.json.encode({"org": str(org), "kind": "sync"}).decode()
    async with asyncio.timeout(60), hub.page(org, "session", 1, uuid4()) as page:
        listener = hub._task
        with psycopg.connect(database_url, autocommit=True) as db:
            for payload in (*UNREADABLE, news):
                db.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
        event = await page.queue.get()
    assert event == {"org": str(org), "kind": "sync"}
    assert listener is not None
    await asyncio.wait({listener})


async def test_simultaneous_events_all_arrive_even_if_session_checks_are_due(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody_ends(self: live.Hub, db: psycopg.AsyncConnection[object]) -> None:
        """Do nothing, since this test's session belongs to nobody; checks stay due."""

    monkeypatch.setattr(live.Hub, "_end_unauthorized", nobody_ends)
    org, hub = uuid4(), live.Hub(os.environ["DATABASE_URL"])
    news = [{"org": str(org), "kind": f"sync {number}"} for number in range(5)]
    async with asyncio.timeout(60), hub.page(org, "session", 1, uuid4()) as page:
        with psycopg.connect(database_url) as db:
            for event in news:
                db.execute(
                    "SELECT pg_notify(%s, %s)", [CHANNEL, msgspec.json.encode(event).decode()]
                )
            db.commit()
        assert [await page.queue.get() for _ in news] == news
    hub.close()


async def test_a_page_can_only_miss_syncs_that_ended_while_nobody_listened_or_after_it_was_built(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody_ends(self: live.Hub, db: psycopg.AsyncConnection[object]) -> None:
        """Do nothing, since this test's session belongs to nobody."""

    monkeypatch.setattr(live.Hub, "_end_unauthorized", nobody_ends)
    monkeypatch.setattr(live, "CLOCKS_APART", timedelta(0))
    busy, quiet, hub = uuid4(), uuid4(), live.Hub(os.environ["DATABASE_URL"])
    before = datetime.now(UTC)
    assert hub.may_have_missed(quiet, before)
    async with asyncio.timeout(60), hub.page(busy, "session", 1, uuid4()) as page:
        assert hub.may_have_missed(quiet, before)
        listening = datetime.now(UTC)
        assert not hub.may_have_missed(busy, listening)
        ended = msgspec.json.encode({"org": str(busy), "kind": "sync_ended"}).decode()
        with psycopg.connect(database_url, autocommit=True) as db:
            db.execute("SELECT pg_notify(%s, %s)", [CHANNEL, ended])
        await page.queue.get()
        assert hub.may_have_missed(busy, listening)
        assert not hub.may_have_missed(busy, datetime.now(UTC))
        assert not hub.may_have_missed(quiet, listening)
    assert hub.may_have_missed(quiet, datetime.now(UTC))
    hub.close()
