"""Live updates of open pages: one LISTEN connection per process, fanned out to its pages.

Events only signal changes, and their content is in the tables too. So a page that reads too slowly loses its queued
events and gets one ``resync`` instead. All pages get one after the database connection was lost.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from jemmo.store.db.events import CHANNEL
from jemmo.store.db.postgres import Connection
from jemmo.store.feed import triggers
from jemmo.store.notifications import live_events

MAX_QUEUED = 64  # events queued per page
CHECK_EVERY = 20.0  # seconds between checks that sessions and memberships are still valid
MAX_PER_SESSION, MAX_PER_ACCOUNT = 20, 100  # open pages per process
RESYNC: dict[str, Any] = {"kind": "resync"}
CLOCKS_APART = timedelta(
    seconds=5
)  # largest clock difference of the machines that send pages and events
ENDS_SYNCS = {"sync_ended", "sync_started"}  # a sync that starts closes one whose worker was killed
OWN = {"hello", "resync", "signed_out"}  # events that never come from a notification


@dataclass(eq=False)
class Subscription:
    """An open page: its account and its event queue. ``None`` in the queue ends the stream.

    ``session`` is the hash of the session, as in the table.
    """

    org: str
    session: str
    membership: int
    account: UUID
    queue: asyncio.Queue[dict[str, Any] | None] = field(
        default_factory=lambda: asyncio.Queue(MAX_QUEUED)
    )

    def put(self, event: dict[str, Any] | None) -> None:
        """Queue an event without waiting. If the page is too slow, its queued events become one ``resync``."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(RESYNC)
        self.queue.put_nowait(event)


class Hub:
    """The pages of one process, and the programs that wait for changes. It listens while there are any."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages: set[Subscription] = set()
        self.feeds: dict[str, set[asyncio.Event]] = {}
        self.closed = False
        self._task: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._checked = 0.0
        self._hears_all_since: datetime | None = None
        self._syncs_ended: dict[int, datetime] = {}

    @contextlib.asynccontextmanager
    async def page(
        self, org_id: UUID, session: str, membership: int, account: UUID
    ) -> AsyncIterator[Subscription]:
        """Subscribe a page. Listening starts before this returns, so no event is lost."""
        subscription = Subscription(str(org_id), session, membership, account)
        self.pages.add(subscription)
        if self.closed:
            subscription.put(None)
        try:
            await self._listening()
            yield subscription
        finally:
            self.pages.discard(subscription)
            self._rest()

    @contextlib.asynccontextmanager
    async def feed(self, org_id: UUID) -> AsyncIterator[asyncio.Event]:
        """Yield an event that is set when an organization's feed may have changes, or when this process ends."""
        changed = asyncio.Event()
        self.feeds.setdefault(str(org_id), set()).add(changed)
        if self.closed:
            changed.set()
        try:
            await self._listening()
            yield changed
        finally:
            self.feeds[str(org_id)].discard(changed)
            if not self.feeds[str(org_id)]:
                del self.feeds[str(org_id)]
            self._rest()

    def may_have_missed(self, org_id: UUID, since: datetime) -> bool:
        """Whether a sync of the organization may have ended between ``since`` and the page's subscription."""
        heard = self._hears_all_since
        if self._task is None or heard is None or since > datetime.now(UTC):
            return True
        return since - CLOCKS_APART < self._syncs_ended.get(_slot(str(org_id)), heard)

    async def _listening(self) -> None:
        """Wait until the database connection listens or is unavailable."""
        if not self.closed and (self._task is None or self._task.done()):
            self._ready.clear()
            self._task = asyncio.create_task(self._listen())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self._ready.wait()

    def _rest(self) -> None:
        if not self.pages and not self.feeds and self._task is not None:
            self._task.cancel()
            self._task = None

    def _wake(self, *orgs: str) -> None:
        for org in orgs:
            for changed in self.feeds.get(org, ()):
                changed.set()

    def close(self) -> None:
        """End all pages' streams. The pages reconnect by themselves."""
        self.closed = True
        self._ready.set()
        for page in self.pages:
            page.put(None)
        self._wake(*self.feeds)

    def tell(self, payload: str) -> None:
        """Pass an event on to the organization's pages.

        Any database role may notify, so unreadable events are ignored, and the validity of sessions is read from the
        tables.
        """
        try:
            event = msgspec.json.decode(payload, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError):
            return
        kind = event.get("kind")
        if not isinstance(kind, str) or kind in OWN:
            return
        if kind in ENDS_SYNCS:
            self._syncs_ended[_slot(str(event.get("org")))] = datetime.now(UTC)
        for page in self.pages:
            if page.org == event.get("org"):
                page.put(event)

    async def _listen(self) -> None:
        pause = 0.2
        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                async with live_events.listen(self.url, CHANNEL, triggers.CHANNEL) as db:
                    if self._ready.is_set():
                        for page in self.pages:
                            page.put(RESYNC)
                    self._wake(*self.feeds)
                    pause = 0.2
                    await self._hear(db)
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, 15.0)

    async def _hear(self, db: Connection) -> None:
        """Pass events on until the database connection is lost."""
        self._syncs_ended.clear()
        self._hears_all_since = datetime.now(UTC)
        self._ready.set()
        try:
            while True:
                # Take all events that arrived together, because leaving the loop would lose the rest.
                async for notification in db.notifies(timeout=CHECK_EVERY, stop_after=1):
                    if notification.channel == triggers.CHANNEL:
                        self._wake(notification.payload)
                    else:
                        self.tell(notification.payload)
                if self._overdue():
                    await self._end_unauthorized(db)
        finally:
            self._hears_all_since = None

    def _overdue(self) -> bool:
        """Whether sessions must be checked now, although events keep arriving."""
        return asyncio.get_running_loop().time() - self._checked >= CHECK_EVERY

    async def _end_unauthorized(self, db: Connection) -> None:
        """End the streams of people who signed out or were removed, or whose session expired."""
        self._checked = asyncio.get_running_loop().time()
        pages = list(self.pages)
        entitled = await live_events.entitled(
            db, [page.session for page in pages], [page.membership for page in pages]
        )
        for page in pages:
            if (page.session, page.membership) not in entitled:
                page.put({"kind": "signed_out"})
                page.put(None)


def _slot(org: str) -> int:
    """Return one of 1,024 slots. There is no entry per organization, since those named in events may not exist."""
    return hash(org) % 1024


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """Return the hub of the running event loop."""
    loop = asyncio.get_running_loop()
    for old in [event_loop for event_loop in _hubs if event_loop.is_closed()]:
        del _hubs[old]
    if loop not in _hubs:
        _hubs[loop] = Hub(os.environ["DATABASE_URL"])
    return _hubs[loop]


def has_room(session: str, account: UUID) -> bool:
    """Whether a session and an account may open another page. Thread-safe."""
    pages = [page for hub in list(_hubs.values()) for page in list(hub.pages)]
    of_session = sum(page.session == session for page in pages)
    of_account = sum(page.account == account for page in pages)
    return of_session < MAX_PER_SESSION and of_account < MAX_PER_ACCOUNT


def close() -> None:
    """End every stream of this process. Otherwise, a server that waits for its responses could not stop."""
    for hub in list(_hubs.values()):
        hub.close()
