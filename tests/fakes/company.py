"""An organization with one connection in the test's database, and helpers to inspect it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec
import psycopg
from django.db import connections
from fakes import session

from jemmo.domain.entities import ENTITIES
from jemmo.domain.outcomes import RunReport
from jemmo.domain.records import Contact
from jemmo.domain.streams import Mode, Stream
from jemmo.services.base import api_keys
from jemmo.services.sync.runner import sync
from jemmo.services.sync.verification import Verdict, verify
from jemmo.store.db.run_context import contact_context, texts_context
from jemmo.store.models import Connection, Organisation
from jemmo.store.sync.tables import TABLES
from jemmo.vault import default_vault

T = TypeVar("T")

TEXTS = {
    stream: f"SELECT remote_id, sealed_texts FROM {entity.table} "
    "WHERE connection_id = {me} AND sealed_texts IS NOT NULL"
    for stream, entity in ENTITIES.items()
    if entity.has_sealed_texts
}
TEXTS[Stream.TALENTS] = (
    "SELECT t.remote_id, c.sealed_texts FROM talent_contacts c JOIN talent t "
    "ON t.id = c.talent_id WHERE t.connection_id = {me} AND c.sealed_texts IS NOT NULL"
)


class Company:
    """A connection that is synced in this process and inspected through SQL."""

    def __init__(self, database_url: str, connection_id: UUID) -> None:
        self.database_url = database_url
        self.id = connection_id

    async def sync(self, mode: Mode | None = None, **more: Any) -> RunReport:
        return await sync(
            self.id, database_url=self.database_url, vault=default_vault(), mode=mode, **more
        )

    async def verify(self) -> Verdict:
        return await verify(self.id, database_url=self.database_url, vault=default_vault())

    async def move(self, base_url: str) -> None:
        """Change the ATS's address."""
        await in_thread(lambda: move(Connection.objects.get(id=self.id), base_url))

    async def rows(self, query: str, *values: Any) -> list[Any]:
        """Return the rows of a query; ``{me}`` stands for this connection's id."""
        return await session.rows(
            self.database_url, query.replace("{me}", f"'{self.id}'").encode(), values
        )

    async def value(self, query: str, *values: Any) -> Any:
        found = await self.rows(query, *values)
        return found[0][0] if found else None

    async def ids(self, stream: Stream) -> set[str]:
        """Return the remote ids of stored records, without tombstones."""
        found = await self.rows(
            f"SELECT remote_id FROM {TABLES[stream].name} "
            "WHERE connection_id = {me} AND remote_deleted_at IS NULL"
        )
        return {row[0] for row in found}

    async def record(self, stream: Stream, remote_id: str) -> dict[str, Any]:
        found = await self.rows(
            f"SELECT to_jsonb(t) FROM {TABLES[stream].name} t "
            "WHERE connection_id = {me} AND remote_id = %s",
            remote_id,
        )
        return dict(found[0][0]) if found else {}

    async def contacts(self) -> dict[str, list[str]]:
        """Return every talent's decrypted contact details, by remote id."""
        vault = default_vault()
        found = await self.rows(
            "SELECT t.remote_id, c.sealed FROM talent_contacts c JOIN talent t ON t.id = c.talent_id "
            "WHERE t.connection_id = {me}"
        )
        return {
            key: [
                one.value
                for one in msgspec.json.decode(
                    vault.open(sealed, contact_context(self.id, key)), type=list[Contact]
                )
            ]
            for key, sealed in found
        }

    async def texts(self, stream: Stream) -> dict[str, dict[str, Any]]:
        """Return the separately stored texts of talents or applications, by remote id."""
        opened: dict[str, dict[str, Any]] = {}
        if stream in TEXTS:
            context = texts_context(ENTITIES[stream].table)
            for key, sealed in await self.rows(TEXTS[stream]):
                plain = default_vault().open(sealed, context(self.id, key))
                opened[key] = msgspec.json.decode(plain, type=dict[str, Any])
        return opened

    async def state(self) -> str:
        return str(await self.value("SELECT state FROM connection WHERE id = {me}"))

    async def counts(self) -> dict[str, int]:
        """Return the counts that ``jemmo status`` shows."""
        from jemmo.store.connections.counts import visible_counts

        return await in_thread(lambda: visible_counts(Connection.objects.get(id=self.id)))

    async def set_rules(self, **rules: Any) -> None:
        await self.rows(
            "UPDATE organisation SET rules = %s::jsonb "
            "WHERE id = (SELECT org_id FROM connection WHERE id = {me})",
            msgspec.json.encode(rules).decode(),
        )


async def company(
    database_url: str,
    *,
    base_url: str,
    key: str = "test-key",
    provider: str = "teamtailor",
    options: Mapping[str, str] | None = None,
    org: str = "acme",
) -> Company:
    """Connect an organization to an ATS without testing the key."""
    given = {"pacing": "off", **(options or {})}

    def make() -> UUID:
        owner, _ = Organisation.objects.get_or_create(slug=org, defaults={"name": org})
        new = Connection(
            id=uuid4(),
            org=owner,
            provider=provider,
            base_url=base_url,
            options=given,
            key_set_at=datetime.now(UTC),
        )
        give_key(new, key)
        return new.id

    return Company(database_url, await in_thread(make))


def give_key(connection: Connection, key: str) -> None:
    """Store another key for a connection without testing it."""
    connection.sealed_key = api_keys.seal(connection, key, default_vault())
    connection.save()


def move(connection: Connection, base_url: str) -> None:
    """Store another address for a connection without testing it; the key stays the same."""
    key = api_keys.open_key(connection, default_vault())
    connection.base_url = base_url
    give_key(connection, key)


async def in_thread(work: Callable[[], T]) -> T:
    """Run work that needs Django's own connection, then close it."""

    def worked() -> T:
        try:
            return work()
        finally:
            connections.close_all()

    return await asyncio.to_thread(worked)


def adds_up(report: RunReport) -> bool:
    """Whether each fetched record is counted exactly once."""
    return all(
        one.fetched == one.created + one.updated + one.unchanged + one.excluded + one.rejected
        and min(msgspec.structs.astuple(one)) >= 0
        for one in report.streams.values()
    )


async def live_events(database_url: str) -> Any:
    """Yield the events that open pages receive from now on, until none comes."""
    db = await psycopg.AsyncConnection.connect(database_url, autocommit=True)
    await db.execute("LISTEN jemmo_events")

    async def told() -> Any:
        async with db:
            async for one in db.notifies(timeout=1):
                yield msgspec.json.decode(one.payload)

    return told()
