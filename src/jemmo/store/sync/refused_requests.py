"""The requests that each connection's account refuses, stored between syncs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from uuid import UUID

import msgspec
from msgspec import Struct

from jemmo.domain.refused_requests import MAX_REFUSALS, Refusal
from jemmo.store.db import scope
from jemmo.store.db.query import afetch_value
from jemmo.store.db.shared import OnSharedConnection


class Kept(Struct, frozen=True, kw_only=True):
    """The stored refusals. ``asked_with`` is a digest of address, key and options; if it changes, all are retried."""

    asked_with: str = ""
    refusals: list[Refusal] = []


def asked_with(base_url: str, api_key: str, options: Mapping[str, str]) -> str:
    """Return a digest of address, key and options that reveals nothing about the key."""
    payload = msgspec.json.encode([base_url, api_key, dict(options)], order="deterministic")
    return blake2b(payload, digest_size=16, person=b"jemmo-refused").hexdigest()


class PostgresRefusals(OnSharedConnection):
    """Implements ``jemmo.domain.refused_requests.RefusalMemory`` on the process's shared database connection."""

    def __init__(self, database_url: str, connection_id: UUID, asked: str) -> None:
        self._connection_id = connection_id
        self._asked = asked
        self._scope = scope.current()
        super().__init__(database_url)

    async def known(self) -> list[Refusal]:
        async with self._shared.transaction(self._scope) as db:
            query = "SELECT refused::text FROM connection WHERE id = %s"
            kept = read(await afetch_value(db, query, [self._connection_id]))
        if kept.asked_with == self._asked:
            return kept.refusals
        if kept.refusals:
            await self.keep([])
        return []

    async def keep(self, refusals: Sequence[Refusal]) -> None:
        kept = Kept(asked_with=self._asked, refusals=list(refusals)[-MAX_REFUSALS:])
        async with self._shared.transaction(self._scope) as db:
            await db.execute(
                "UPDATE connection SET refused = %s::jsonb WHERE id = %s",
                [msgspec.json.encode(kept).decode(), self._connection_id],
            )


def read(document: str | None) -> Kept:
    """The stored refusals; none if another version wrote them."""
    try:
        return msgspec.json.decode(document or "{}", type=Kept)
    except msgspec.MsgspecError:
        return Kept()
