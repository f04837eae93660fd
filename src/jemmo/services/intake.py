"""Taking webhooks in: judged, stored, answered. What they hint at is looked up by others (``services.hints``)."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from jemmo.connectors.base import Webhooks
from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import RecordRejected, TransientError
from jemmo.domain.webhooks import (
    MAX_BODY,
    REFUSED_PROOFS,
    Bucket,
    Heard,
    Outcome,
    Proof,
    coalesce,
)
from jemmo.services.webhooks import body_context, digest_of, signing_context
from jemmo.store import hints, scope, webhooks
from jemmo.store.postgres import Connection, tell_scope
from jemmo.store.scope import Reach, Scope
from jemmo.store.webhooks import Addressee, Arrival
from jemmo.vault import Vault

POOLED = 4  # database connections of a web process; a delivery needs one for a few milliseconds
ADDRESSES = 20_000  # watched for floods at a time
WAIT = 2.0  # seconds for a database connection
TALLY_EVERY = 1.0  # seconds


class Intake:
    """Takes in the webhooks of all connections. One for each web process."""

    def __init__(
        self, database_url: str, vault: Vault, *, flood: Callable[[], Bucket] = Bucket
    ) -> None:
        self._vault = vault
        self._new_bucket = flood
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            database_url,
            min_size=1,
            max_size=POOLED,
            open=False,
            timeout=WAIT,
            kwargs={"autocommit": True, "application_name": "jemmo hooks"},
            configure=_tell_scope,
            check=AsyncConnectionPool.check_connection,
        )
        self._opening = asyncio.Lock()
        self._buckets: OrderedDict[bytes, Bucket] = OrderedDict()
        self._tally: Counter[tuple[UUID | None, Outcome]] = Counter()
        self._flooded: Counter[bytes] = Counter()
        self._telling: asyncio.Task[None] | None = None

    async def receive(self, secret: str, headers: Mapping[str, str], body: bytes | None) -> Outcome:
        """Judge and store one delivery; ``body`` is ``None`` when it was longer than may be.

        What is refused is only counted. Raises ``TransientError`` when the database is away: then nothing is stored.
        """
        digest = digest_of(secret)
        try:
            await self._open()
            if not self._bucket(digest).take(time.monotonic()):
                return self._refused_flood(digest)
            async with self._pool.connection() as db:
                found = await webhooks.addressee(db, digest)
                outcome, heard = self._judge(found, headers, body)
                if found is not None and body is not None and outcome.is_kept:
                    return await self._keep(db, found, outcome, heard, body)
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise TransientError("The database is away.", code="database_unavailable") from error
        self._count(found.connection_id if found else None, outcome)
        return outcome

    async def close(self) -> None:
        if self._telling is not None:
            await self._telling
        await self._pool.close()

    async def _open(self) -> None:
        async with self._opening:
            if self._pool.closed:
                await self._pool.open()

    # --- judging ---

    def _judge(
        self, found: Addressee | None, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[Outcome, Heard]:
        nothing = Heard(event="", known=False)
        if found is None:
            return Outcome.UNKNOWN_ADDRESS, nothing
        connector = connector_for(found.provider)
        rules = connector.webhooks
        if rules is None or found.state not in {"active", "refused", "paused"}:
            return Outcome.DISCONNECTED, nothing
        if body is None or len(body) > MAX_BODY:
            return Outcome.TOO_LARGE, nothing
        options = connector.with_defaults(found.options)
        if refused := self._unproved(found, rules, headers, body, options):
            return refused, nothing
        try:
            heard = rules.read(body, options)
        except RecordRejected:
            return (Outcome.UNREADABLE if _is_json(body) else Outcome.NOT_JSON), nothing
        if not heard.known:
            return Outcome.UNKNOWN_EVENT, heard
        return (Outcome.PAUSED if found.state == "paused" else Outcome.ACCEPTED), heard

    def _unproved(
        self,
        found: Addressee,
        rules: Webhooks,
        headers: Mapping[str, str],
        body: bytes,
        options: Mapping[str, str],
    ) -> Outcome | None:
        """Why a signature does not prove anything; ``None`` where it does or none is made."""
        if rules.verify is None:
            return None
        if found.sealed_signing_key is None:
            return Outcome.KEY_MISSING
        context = signing_context(found.connection_id)
        key = self._vault.open(found.sealed_signing_key, context).decode()
        proof = rules.verify(key, headers, body, datetime.now(UTC), options)
        return None if proof is Proof.GOOD else REFUSED_PROOFS[proof]

    # --- keeping ---

    async def _keep(
        self, db: Connection, found: Addressee, outcome: Outcome, heard: Heard, body: bytes
    ) -> Outcome:
        connector = connector_for(found.provider)
        assert connector.webhooks is not None
        options = connector.with_defaults(found.options)
        once = hashlib.sha256(body).digest() if connector.webhooks.once(options) else None
        arrival = Arrival(
            outcome=outcome,
            event=heard.event[:100],
            sealed_body=self._vault.seal(body, body_context(found.connection_id)),
            once=once,
            hints=coalesce(heard.hints),
        )
        kept = await webhooks.store(db, found.connection_id, arrival)
        return outcome if kept else Outcome.DUPLICATE

    # --- floods and counts ---

    def _bucket(self, digest: bytes) -> Bucket:
        bucket = self._buckets.get(digest)
        if bucket is None:
            bucket = self._buckets[digest] = self._new_bucket()
            if len(self._buckets) > ADDRESSES:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(digest)
        return bucket

    def _refused_flood(self, digest: bytes) -> Outcome:
        """A flood costs no look at the database: it is counted by address, and put to its connection later."""
        self._flooded[digest] += 1
        self._tell_soon()
        return Outcome.FLOOD

    def _count(self, connection_id: UUID | None, outcome: Outcome) -> None:
        """Refusals are many where somebody tries, so they are written together, once a second."""
        self._tally[connection_id, outcome] += 1
        self._tell_soon()

    def _tell_soon(self) -> None:
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        await asyncio.sleep(TALLY_EVERY)
        tally, self._tally = self._tally, Counter()
        flooded, self._flooded = self._flooded, Counter()
        try:
            async with self._pool.connection() as db:
                for digest, number in flooded.items():
                    found = await webhooks.addressee(db, digest)
                    tally[found.connection_id if found else None, Outcome.FLOOD] += number
                flooded.clear()
                for (connection_id, outcome), number in tally.items():
                    await hints.count(db, connection_id, {outcome: number})
        except (psycopg.Error, PoolTimeout, TransientError):
            self._tally.update(tally)  # may count a few twice; told again with the next refusal
            self._flooded.update(flooded)


async def _tell_scope(db: Connection) -> None:
    with scope.under(Scope(reach=Reach.HOOKS)):
        await tell_scope(db)


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
