"""The database scopes of background work. A task names a connection and sees only its organization."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import connections
from msgspec.structs import replace

from jemmo.store import models
from jemmo.store.db import budget, scope
from jemmo.store.db.postgres import Connection, apply_scope, connect, explained
from jemmo.store.db.scope import Scope
from jemmo.store.sync import runs
from jemmo.store.sync.runs import ConnectionRow

P = ParamSpec("P")
T = TypeVar("T")

STATEMENT_SECONDS = 60  # after which Postgres cancels a housekeeping statement
SEEN_BY_HOUSEKEEPING = replace(scope.EVERYTHING, housekeeping=STATEMENT_SECONDS)
SEEN_BY_THE_CLOCK = replace(scope.EVERYTHING, housekeeping=10)

_budget = budget.Worker()
_clock = ThreadPoolExecutor(_budget.clock, "clock")
_notifications = ThreadPoolExecutor(_budget.notifications, "notifications")
_housekeeping = ThreadPoolExecutor(_budget.housekeeping, "housekeeping")
_outgoing = ThreadPoolExecutor(_budget.outgoing, "outgoing")
"""Slow or blocking work runs in these threads, so that Django's own thread stays free for syncs."""


async def run_on_clock(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Run short scheduling work, which waits for nothing, for all organizations."""
    return await _within(_clock, SEEN_BY_THE_CLOCK, partial(work, *args, **named))


async def run_for_all_orgs(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Run housekeeping for all organizations. Statements that take a minute are canceled."""
    return await _within(_housekeeping, SEEN_BY_HOUSEKEEPING, partial(work, *args, **named))


async def for_notifications(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Run work that waits for mail servers and chats, for all organizations."""
    return await _within(_notifications, SEEN_BY_HOUSEKEEPING, partial(work, *args, **named))


async def run_for_outgoing(
    org_id: UUID | None, work: Callable[P, T], *args: P.args, **named: P.kwargs
) -> T:
    """Run short work for outgoing webhooks: for one organization, or for all of them to choose the next endpoint."""
    seen = SEEN_BY_THE_CLOCK
    if org_id is not None:
        own = scope.organization_scope(org_id)
        seen = replace(own, housekeeping=STATEMENT_SECONDS)
    return await _within(_outgoing, seen, partial(work, *args, **named))


async def run_for_connection(
    connection_id: UUID, work: Callable[P, T], *args: P.args, **named: P.kwargs
) -> T:
    """Run short work for one connection. It sees only its organization's rows."""
    seen = partial(scope_of, connection_id)
    return await sync_to_async(_in_scope)(seen, partial(work, *args, **named))


async def housekeeping_for_connection(
    connection_id: UUID, work: Callable[P, T], *args: P.args, **named: P.kwargs
) -> T:
    """Like ``run_for_connection``, for work that may take long."""

    def seen() -> Scope:
        return replace(scope_of(connection_id), housekeeping=STATEMENT_SECONDS)

    return await _within(_housekeeping, seen, partial(work, *args, **named))


async def run_for_org(org_id: UUID, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Run work for one organization that may take long. It sees only that organization's rows."""
    seen = replace(scope.organization_scope(org_id), housekeeping=STATEMENT_SECONDS)
    return await _within(_housekeeping, seen, partial(work, *args, **named))


async def _within(thread: Executor, seen: Scope | Callable[[], Scope], work: Callable[[], T]) -> T:
    """Run work in a thread. A function for the scope is called there, too."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(thread, copy_context().run, _in_scope, seen, work)


def _in_scope(seen: Scope | Callable[[], Scope], work: Callable[[], T]) -> T:
    """Run work that needs Django's connection, then return the connection to the pool."""
    try:
        with scope.acting_in(seen() if callable(seen) else seen):
            return work()
    finally:
        connections.close_all()


def scope_of(connection_id: UUID) -> Scope:
    """Return the scope of a connection's organization; an empty scope if there is no such connection."""
    with scope.acting_in(scope.EVERYTHING):
        connections = models.Connection.objects.filter(id=connection_id)
        org_id = connections.values_list("org_id", flat=True).first()
    return scope.organization_scope(org_id) if org_id else scope.NOBODY


@asynccontextmanager
async def connected(
    connection_id: UUID, database_url: str
) -> AsyncIterator[tuple[Connection, ConnectionRow]]:
    """Yield a database session in the scope of a connection's organization, and that connection.

    Everything opened inside uses the same scope. Raises ``ConfigError`` if there is no such connection.
    """
    async with connect(database_url) as db:
        row = await load(db, connection_id)
        with scope.acting_in(scope.organization_scope(row.org_id)):
            yield db, row


async def load(db: Connection, connection_id: UUID) -> ConnectionRow:
    """Read a connection and narrow the session to its organization from here on."""
    with scope.acting_in(scope.EVERYTHING):
        await apply_scope(db)
        with explained():
            row = await runs.load_connection(db, connection_id)
    with scope.acting_in(scope.organization_scope(row.org_id)):
        await apply_scope(db)
    return row
