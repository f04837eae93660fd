"""Whose work it is: tasks name a connection, and what they do is seen by its organisation alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar
from uuid import UUID

from asgiref.sync import sync_to_async

from jemmo.store import models, runs, scope
from jemmo.store.postgres import Connection, connect, explained, tell_scope
from jemmo.store.runs import ConnectionRow

P = ParamSpec("P")
T = TypeVar("T")


async def everywhere(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Do for all organisations what is nobody's alone: the schedule, what is tidied up."""
    with scope.under(scope.EVERYTHING):
        return await sync_to_async(work)(*given, **named)


async def for_connection(
    connection_id: UUID, work: Callable[P, T], *given: P.args, **named: P.kwargs
) -> T:
    """Do what is of one connection, seeing its organisation's rows alone."""

    def within() -> T:
        with scope.under(scope_of(connection_id)):
            return work(*given, **named)

    return await sync_to_async(within)()


def scope_of(connection_id: UUID) -> scope.Scope:
    """The scope of a connection's organisation; nobody's when there is no such connection."""
    with scope.under(scope.EVERYTHING):
        found = models.Connection.objects.filter(id=connection_id)
        org_id = found.values_list("org_id", flat=True).first()
    return scope.of_organisation(org_id) if org_id else scope.NOBODY


@asynccontextmanager
async def connected(
    connection_id: UUID, database_url: str
) -> AsyncIterator[tuple[Connection, ConnectionRow]]:
    """A session with the database in the scope of a connection's organisation, and that connection.

    So is whatever is opened while it lasts. Raises ``ConfigError`` when there is no such connection.
    """
    async with connect(database_url) as db:
        row = await load(db, connection_id)
        with scope.under(scope.of_organisation(row.org_id)):
            yield db, row


async def load(db: Connection, connection_id: UUID) -> ConnectionRow:
    """Read a connection, and narrow the session down to its organisation from here on."""
    with scope.under(scope.EVERYTHING):
        await tell_scope(db)
        with explained():
            row = await runs.load_connection(db, connection_id)
    with scope.under(scope.of_organisation(row.org_id)):
        await tell_scope(db)
    return row
