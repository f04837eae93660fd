"""Receives webhooks: checks, stores and answers them. ``services.webhooks.refetch`` fetches the records they name."""

from __future__ import annotations

import asyncio
import hashlib
import select
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from jemmo.connectors.base import Webhooks
from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import RecordRejected, TransientError
from jemmo.domain.mentions import names_in
from jemmo.domain.validation import MAX_ID
from jemmo.domain.webhooks import (
    MAX_BODY,
    MAX_KEPT,
    REFUSED_PROOFS,
    ROW,
    Bucket,
    Outcome,
    ParsedWebhook,
    Proof,
    coalesce,
    storable,
)
from jemmo.services.base.batches import Batches
from jemmo.services.base.contexts import body_context, signing_context
from jemmo.services.base.lookups import lookup_key_by, mention_hasher
from jemmo.services.webhooks.arrivals import TOGETHER, Arrivals, ConnectionGone
from jemmo.services.webhooks.endpoints import digest_of
from jemmo.store.db import budget, scope
from jemmo.store.db.postgres import Connection, prepare
from jemmo.store.db.scope import Reach, Scope
from jemmo.store.webhooks import ingest, refetch_writer
from jemmo.store.webhooks.ingest import Addressee, Arrival
from jemmo.vault import Vault

T = TypeVar("T")
ADDRESSES = 20_000  # watched for floods at a time
TALLY_EVERY = 1.0  # seconds
KNOWN_SECONDS = 1.0
"""After this time, a connection is looked up again, because it may have changed while the body arrived."""
SMALL_BODY = 4096  # bytes; searching a small body for names is faster than starting a thread


class Known(NamedTuple):
    """The connection of an address, as it was at a given time of the monotonic clock."""

    digest: bytes
    addressee: Addressee | None
    at: float

    @property
    def org_id(self) -> UUID | None:
        return self.addressee.org_id if self.addressee else None


class WebhookIngest:
    """Receives the webhooks of all connections. One per web process."""

    def __init__(
        self, database_url: str, vault: Vault, *, flood: Callable[[], Bucket] = Bucket
    ) -> None:
        self._vault = vault
        self._new_bucket = flood
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            database_url,
            min_size=1,
            max_size=budget.web().webhooks,
            open=False,
            timeout=budget.WEBHOOK_WAIT,
            kwargs={"autocommit": True, "application_name": "jemmo hooks"},
            configure=_prepare,
            check=_check,
        )
        self._opening = asyncio.Lock()
        self._lookups = Batches(self._look_up, most=TOGETHER)
        self._arrivals = Arrivals(self._database)
        self._buckets: OrderedDict[bytes, Bucket] = OrderedDict()
        self._tally: Counter[tuple[UUID | None, Outcome]] = Counter()
        self._flooded: Counter[bytes] = Counter()
        self._refused: dict[UUID, tuple[Outcome, float]] = {}
        self._key: bytes | None = None
        self._turns: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()
        self._telling: asyncio.Task[None] | None = None

    async def precheck(self, secret: str) -> Outcome | Known:
        """Return the address's connection, or why a delivery is refused whatever its body contains.

        Refused deliveries are only counted. Raises ``TransientError`` when the database is unreachable.
        """
        digest = digest_of(secret)
        if not self._bucket(digest).take(time.monotonic()):
            return self._reject_flood(digest)
        known = await self._known(digest)
        outcome = _address_failure(known.addressee)
        if outcome is None:
            return known
        self._count(known.addressee.connection_id if known.addressee else None, outcome)
        return outcome

    async def _known(self, digest: bytes) -> Known:
        at = time.monotonic()
        return Known(digest, await self._within_time(self._lookups.ask(digest)), at)

    async def ingest(self, known: Known, headers: Mapping[str, str], body: bytes | None) -> Outcome:
        """Check and store one delivery to a ``known`` address. ``body`` is ``None`` if it was too long.

        Refused deliveries are only counted. Raises ``TransientError``, and stores nothing, when the database is
        unreachable.
        """
        if time.monotonic() - known.at > KNOWN_SECONDS:
            known = await self._known(known.digest)
        addressee = known.addressee
        if self._key is None:
            async with self._database() as db:
                self._key = await lookup_key_by(db, self._vault)
        outcome, heard = self._validate_delivery(addressee, headers, body)
        if addressee is not None and body is not None and outcome.is_taken:
            return await self._store_delivery(addressee, outcome, heard, body, self._key)
        connection_id = addressee.connection_id if addressee else None
        if connection_id is not None and outcome.is_unusable:
            self._refused[connection_id] = (outcome, time.monotonic())
        self._count(connection_id, outcome)
        return outcome

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[Connection]:
        try:
            async with self._opening:
                if self._pool.closed:
                    await self._pool.open()
            async with self._pool.connection() as db:
                yield db
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise TransientError("database_unavailable") from error

    async def _within_time(self, answer: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(budget.WEBHOOK_WAIT):
                return await answer
        except TimeoutError as error:
            raise TransientError("database_unavailable") from error

    async def close(self) -> None:
        if self._telling is not None:
            await self._telling
        await self._lookups.close()
        await self._arrivals.close()
        await self._pool.close()

    # --- checking ---

    def _validate_delivery(
        self, addressee: Addressee | None, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[Outcome, ParsedWebhook]:
        nothing = ParsedWebhook(event="", known=False)
        if addressee is None:
            return Outcome.UNKNOWN_ADDRESS, nothing
        if refused := _address_failure(addressee):
            return refused, nothing
        connector = connector_for(addressee.provider)
        rules = connector.webhooks
        assert rules is not None
        if body is None or len(body) > MAX_BODY:
            return Outcome.TOO_LARGE, nothing
        options = connector.with_defaults(addressee.options)
        if refused := self._signature_failure(addressee, rules, headers, body, options):
            return refused, nothing
        try:
            heard = rules.read(body, options)
        except RecordRejected:
            return (Outcome.UNREADABLE if _is_json(body) else Outcome.NOT_JSON), nothing
        if any(len(request.remote_id) > MAX_ID for request in heard.requests):
            return Outcome.UNREADABLE, nothing
        if not heard.known:
            return Outcome.UNKNOWN_EVENT, heard
        return (Outcome.PAUSED if addressee.state == "paused" else Outcome.ACCEPTED), heard

    def _signature_failure(
        self,
        addressee: Addressee,
        rules: Webhooks,
        headers: Mapping[str, str],
        body: bytes,
        options: Mapping[str, str],
    ) -> Outcome | None:
        """Return why a signature fails; ``None`` if it is valid, or if the ATS doesn't sign."""
        if rules.verify is None:
            return None
        if addressee.sealed_signing_key is None:
            return Outcome.KEY_MISSING
        context = signing_context(addressee.connection_id)
        key = self._vault.open(addressee.sealed_signing_key, context).decode()
        proof = rules.verify(key, headers, body, datetime.now(UTC), options)
        return None if proof is Proof.GOOD else REFUSED_PROOFS[proof]

    # --- storing ---

    async def _store_delivery(
        self, addressee: Addressee, outcome: Outcome, heard: ParsedWebhook, body: bytes, key: bytes
    ) -> Outcome:
        connector = connector_for(addressee.provider)
        assert connector.webhooks is not None
        options = connector.with_defaults(addressee.options)
        if outcome.is_kept and addressee.kept + len(body) + ROW > MAX_KEPT:
            outcome = Outcome.NOT_KEPT
        once = hashlib.sha256(body).digest() if connector.webhooks.once(options) else None
        arrival = Arrival(
            outcome=outcome,
            event=storable(heard.event)[:100],
            sealed_body=self._vault.seal(body, body_context(addressee.connection_id))
            if outcome.is_kept
            else None,
            once=once,
            named=await self._mention_hashes(addressee, heard, body, key)
            if outcome.is_kept
            else None,
            requests=coalesce(
                request
                for request in heard.requests
                if storable(request.remote_id) == request.remote_id
            ),
        )
        try:
            is_new = await self._within_time(self._arrivals.store(addressee.connection_id, arrival))
        except ConnectionGone:
            return Outcome.UNKNOWN_ADDRESS
        return outcome if is_new else Outcome.DUPLICATE

    async def _look_up(self, digests: list[bytes]) -> list[Addressee | None]:
        async with self._database() as db:
            return await ingest.addressees(db, digests)

    def _turn(self, connection_id: UUID) -> asyncio.Lock:
        return self._turns.setdefault(connection_id, asyncio.Lock())

    async def _mention_hashes(
        self, addressee: Addressee, heard: ParsedWebhook, body: bytes, key: bytes
    ) -> list[int] | None:
        """Return a delivery's search hashes. A connection hashes one body at a time, so it can't block all threads."""
        if len(body) <= SMALL_BODY:
            names = names_in(body, heard.requests)
        else:
            async with self._turn(addressee.connection_id):
                names = await asyncio.to_thread(names_in, body, heard.requests)
        if names is None:
            return None
        return mention_hasher(key, addressee.org_id, addressee.connection_id)(names)

    # --- floods and counts ---

    def _bucket(self, digest: bytes) -> Bucket:
        bucket = self._buckets.get(digest)
        if bucket is None:
            bucket = self._buckets[digest] = self._new_bucket()
            if len(self._buckets) > ADDRESSES:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(digest)
        return bucket

    def _reject_flood(self, digest: bytes) -> Outcome:
        """Count a flood by address, without using the database. Its connection is looked up later."""
        self._flooded[digest] += 1
        self._schedule_flush()
        return Outcome.FLOOD

    def _count(self, connection_id: UUID | None, outcome: Outcome) -> None:
        """Count a refusal. An attack causes many, so they are written together once a second."""
        self._tally[connection_id, outcome] += 1
        self._schedule_flush()

    def _schedule_flush(self) -> None:
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._flush_counts())

    async def _flush_counts(self) -> None:
        await asyncio.sleep(TALLY_EVERY)
        tally, self._tally = self._tally, Counter()
        flooded, self._flooded = self._flooded, Counter()
        try:
            async with self._pool.connection() as db:
                await self._save_refusals(db)
                addressees = await ingest.addressees(db, list(flooded))
                for addressee, number in zip(addressees, flooded.values(), strict=True):
                    tally[addressee.connection_id if addressee else None, Outcome.FLOOD] += number
                flooded.clear()
                for (connection_id, outcome), number in tally.items():
                    await refetch_writer.count(db, connection_id, {outcome: number})
        except (psycopg.Error, PoolTimeout, TransientError):
            self._tally.update(tally)  # written with the next refusal; a few may be counted twice
            self._flooded.update(flooded)

    async def _save_refusals(self, db: Connection) -> None:
        for connection_id, refusal in list(self._refused.items()):
            outcome, at = refusal
            with suppress(psycopg.errors.LockNotAvailable):  # saved with the next refusal
                await ingest.note_refusal(db, connection_id, outcome, time.monotonic() - at)
                if self._refused[connection_id] == refusal:  # no later one meanwhile
                    del self._refused[connection_id]


def _address_failure(addressee: Addressee | None) -> Outcome | None:
    """Return why deliveries to an address are refused; ``None`` if they are accepted."""
    if addressee is None:
        return Outcome.UNKNOWN_ADDRESS
    has_rules = connector_for(addressee.provider).webhooks is not None
    if not has_rules or addressee.state not in {"active", "refused", "paused"}:
        return Outcome.DISCONNECTED
    return None


async def _check(db: Connection) -> None:
    """Check an idle connection. The server is asked only if it has sent something, such as its shutdown."""
    if not hasattr(select, "poll"):  # Windows
        await AsyncConnectionPool.check_connection(db)
        return
    incoming = select.poll()
    incoming.register(db.fileno(), select.POLLIN)
    if incoming.poll(0):
        await AsyncConnectionPool.check_connection(db)


async def _prepare(db: Connection) -> None:
    with scope.acting_in(Scope(reach=Reach.HOOKS)):
        await prepare(db)


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
