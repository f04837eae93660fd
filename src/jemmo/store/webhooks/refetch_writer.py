"""Writes refetched records, and the outcome of the requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from jemmo.domain.errors import LeaseLost
from jemmo.domain.outcomes import Counts, PageOutcome
from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import PendingRefetch, RefetchRequest
from jemmo.store.db import events
from jemmo.store.db.postgres import Connection, explained
from jemmo.store.db.run_context import Hashers, Policy, RunContext, Seal
from jemmo.store.sync import sweeps
from jemmo.store.sync.batches import batch_of
from jemmo.store.sync.record_writer import RecordWriter
from jemmo.store.sync.tables import TABLES

CHANNEL = "jemmo_hints"
CLAIM = timedelta(seconds=60)
# Pause of a connection whose ATS delayed a refetch, so that others are served.
REFETCH_COOLDOWN = timedelta(minutes=2)
REFETCH_BATCH_SIZE = 100  # requests per connection and refetch
ORPHANS = 50  # most applications refetched because their talent or job is gone


class DueRefetch(PendingRefetch, frozen=True, kw_only=True):
    """A due refetch request, as stored. ``confirms``: the ATS's last answer was that the record is gone."""

    id: int
    heard_at: datetime
    confirms: bool = False


class RefetchOutcome(Struct, frozen=True, kw_only=True):
    """A settled refetch request.

    gone   the ATS no longer has the record, so it is deleted
    waits  the ATS no longer has the record, but the brake keeps it
    """

    due: DueRefetch
    gone: bool = False
    waits: bool = False


_LISTEN = f"LISTEN {CHANNEL}"


async def listen(db: Connection) -> None:
    """Receive a notification for each refetch request from now on."""
    await db.execute(_LISTEN)


_CLAIM = """
    UPDATE webhook_address SET claim = %(token)s, served_at = clock_timestamp(),
        claimed_until = clock_timestamp() + %(claim)s
    WHERE connection_id = (
        SELECT a.connection_id FROM webhook_address a
        JOIN connection c ON c.id = a.connection_id AND c.state = 'active'
        WHERE (a.claimed_until IS NULL OR a.claimed_until < clock_timestamp())
            AND a.connection_id = coalesce(%(only)s, a.connection_id)
            AND a.connection_id IN (
                SELECT connection_id FROM webhook_hint WHERE due_at <= clock_timestamp())
        ORDER BY a.served_at NULLS FIRST LIMIT 1 FOR UPDATE OF a SKIP LOCKED)
    RETURNING connection_id"""
"""Claims the connection that has waited longest. Only one process at a time refetches for a connection."""

_HOLD = """
    UPDATE webhook_address SET claimed_until = clock_timestamp() + %(claim)s
    WHERE connection_id = %(connection)s AND claim = %(token)s
        AND claimed_until > clock_timestamp()"""

_SETTLE = """
    UPDATE webhook_hint h SET applied_at = clock_timestamp(), gone = x.gone, attempts = 0,
        trouble = CASE WHEN x.waits THEN 'deletion_waits' ELSE '' END,
        due_at = CASE WHEN h.version = x.version THEN NULL ELSE clock_timestamp() END
    FROM unnest(%(ids)s::bigint[], %(versions)s::bigint[], %(gone)s::bool[], %(waits)s::bool[])
        AS x (id, version, gone, waits)
    WHERE h.id = x.id"""
"""A request repeated since the refetch began stays due, since that refetch may have been too early."""

_FORGET = (
    "DELETE FROM webhook_hint WHERE connection_id = %s AND stream = %s AND remote_id = ANY(%s)"
)
"""For erased people, not even the webhook's record id is kept."""

_REMEMBER = """
    INSERT INTO webhook_hint AS h (connection_id, stream, remote_id, heard_at, due_at, applied_at)
    SELECT %(connection)s, %(stream)s, id, to_timestamp(0), NULL, clock_timestamp()
    FROM (SELECT unnest(%(ids)s::text[]) AS id ORDER BY 1) AS x
    ON CONFLICT (connection_id, stream, remote_id) DO UPDATE SET applied_at = excluded.applied_at,
        gone = false"""

_QUEUE_DEPENDENTS = """
    INSERT INTO webhook_hint AS h (connection_id, stream, remote_id)
    SELECT a.connection_id, 'applications', a.remote_id FROM application a
    WHERE a.connection_id = %(connection)s AND a.remote_deleted_at IS NULL AND a.{column} IN (
        SELECT id FROM {table} WHERE connection_id = %(connection)s AND remote_id = ANY(%(ids)s))
    ORDER BY a.remote_id LIMIT {most}
    ON CONFLICT (connection_id, stream, remote_id) DO UPDATE SET version = h.version + 1,
        heard_at = clock_timestamp(), due_at = coalesce(h.due_at, clock_timestamp())"""
"""Requests refetches of applications whose talent or job is gone, because they may have moved to another one. More than
these few are left to a reconcile."""

_COUNT = """
    INSERT INTO webhook_count AS w (connection_id, day, what, count)
    SELECT %(connection)s, (clock_timestamp() AT TIME ZONE 'UTC')::date, what, number
    FROM unnest(%(whats)s::text[], %(numbers)s::bigint[]) AS x (what, number)
    ORDER BY what
    ON CONFLICT (connection_id, day, what) DO UPDATE SET count = w.count + excluded.count"""


class RefetchBatch(Struct, kw_only=True):
    """The outcome of a refetch: pages by stream, deleted records, and the requests that it settles."""

    outcomes: dict[Stream, list[PageOutcome]]
    settled: list[RefetchOutcome]

    @property
    def gone(self) -> dict[Stream, list[str]]:
        by_stream: dict[Stream, list[str]] = {}
        for outcome in self.settled:
            if outcome.gone:
                by_stream.setdefault(outcome.due.request.stream, []).append(
                    outcome.due.request.remote_id
                )
        return by_stream


class RefetchWriter:
    """The store of one refetch. Under its own claim, it may write while a run holds the lease."""

    def __init__(
        self,
        db: Connection,
        context: RunContext,
        seal: Seal,
        hashers: Hashers = Hashers(),  # noqa: B008 - immutable
    ) -> None:
        self.db = db
        self.context = context
        self._records = RecordWriter(db, context, seal, hashers)

    async def commit_refetched(self, batch: RefetchBatch) -> Counts:
        """Write records, deletions, and the settled requests in one transaction. Raises ``LeaseLost``."""
        total = Counts()
        with explained():
            async with self._records.alone():
                news: dict[str, int] = {}
                for stream in Stream:
                    counts = await self._write_refetched(batch, stream)
                    total.add(counts)
                    if changed := counts.created + counts.updated + counts.deleted:
                        news[stream] = changed
                if news:
                    await events.publish_event(
                        self.db,
                        self.context.connection_id,
                        "records_changed",
                        streams=news,
                        final=True,
                    )
                await self._settle(batch)
        return total

    async def _write_refetched(self, batch: RefetchBatch, stream: Stream) -> Counts:
        counts = Counts()
        if outcomes := batch.outcomes.get(stream):
            counts.add(await self._write_stream(stream, outcomes))
        if gone := batch.gone.get(stream):
            names = self._records.names(Policy.REFETCH)
            counts.deleted += await sweeps.write_tombstones(self.db, names, stream, gone)
            await self._look_after(stream, gone)
        return counts

    async def _look_after(self, stream: Stream, gone: list[str]) -> None:
        for link in TABLES[Stream.APPLICATIONS].links:
            if link.target is stream:
                names = {"column": link.column, "table": TABLES[stream].name, "most": ORPHANS}
                await self.db.execute(
                    _QUEUE_DEPENDENTS.format(**names).encode(),
                    {"connection": self.context.connection_id, "ids": gone},
                )

    async def _write_stream(self, stream: Stream, outcomes: Sequence[PageOutcome]) -> Counts:
        batch = batch_of([self._records.make_ready(outcome) for outcome in outcomes])
        written = await self._records.write(batch, Policy.REFETCH)
        connection_id = self.context.connection_id
        if written.erased:
            await self.db.execute(_FORGET, [connection_id, stream, written.erased])
        await self.db.execute(
            _REMEMBER,
            {"connection": connection_id, "stream": stream, "ids": sorted(written.accepted)},
        )
        return written.counts

    async def _settle(self, batch: RefetchBatch) -> None:
        settled = sorted(batch.settled, key=lambda outcome: outcome.due.id)
        await self.db.execute(
            _SETTLE,
            {
                "ids": [outcome.due.id for outcome in settled],
                "versions": [outcome.due.version for outcome in settled],
                "gone": [outcome.gone for outcome in settled],
                "waits": [outcome.waits for outcome in settled],
            },
        )
        held = await self.db.execute(
            _HOLD,
            {
                "claim": CLAIM,
                "connection": self.context.connection_id,
                "token": self.context.token,
            },
        )
        if held.rowcount != 1:
            raise LeaseLost


async def claim(db: Connection, token: UUID, only: UUID | None = None) -> UUID | None:
    """Claim a connection with due requests, or ``only`` that one; ``None`` if there is none."""
    with explained():
        answer = await db.execute(_CLAIM, {"token": token, "claim": CLAIM, "only": only})
        row = await answer.fetchone()
    return row[0] if row else None


async def release(
    db: Connection, connection_id: UUID, token: UUID, rest: timedelta | None = None
) -> None:
    """Release a connection. It can't be claimed again until its ``rest`` is over."""
    with explained():
        await db.execute(
            "UPDATE webhook_address SET claim = NULL, claimed_until = clock_timestamp() + %s "
            "WHERE connection_id = %s AND claim = %s",
            [rest, connection_id, token],
        )


async def due(db: Connection, connection_id: UUID) -> list[DueRefetch]:
    """Due refetch requests, the longest waiting first.

    Requests for streams unknown to this version are dropped.
    """
    with explained():
        await db.execute(
            "UPDATE webhook_hint SET due_at = NULL, trouble = 'unknown_stream' "
            "WHERE connection_id = %s AND due_at <= clock_timestamp() AND stream <> ALL(%s)",
            [connection_id, [str(stream) for stream in Stream]],
        )
        answer = await db.execute(
            "SELECT id, stream, remote_id, destroyed, version, attempts, heard_at, file, "
            "attempts > 0 AND trouble = '' "
            "FROM webhook_hint WHERE connection_id = %s AND due_at <= clock_timestamp() "
            "ORDER BY due_at LIMIT %s",
            [connection_id, REFETCH_BATCH_SIZE],
        )
        rows = await answer.fetchall()
    return [
        DueRefetch(
            id=row[0],
            request=RefetchRequest(
                stream=Stream(row[1]), remote_id=row[2], destroyed=row[3], file=row[7]
            ),
            version=row[4],
            attempts=row[5],
            heard_at=row[6],
            confirms=row[8],
        )
        for row in rows
    ]


async def defer_refetches(
    db: Connection,
    connection_id: UUID,
    ids: Sequence[int],
    at: datetime | timedelta,
    trouble: str = "",
) -> None:
    """Retry these refetches later, because of the ``trouble``, or to confirm that their records are gone.

    A request that a webhook has repeated in the meantime keeps its due time.
    """
    moment = "clock_timestamp() + %s" if isinstance(at, timedelta) else "%s"
    with explained():
        await db.execute(
            f"UPDATE webhook_hint SET due_at = {moment}, attempts = attempts + 1, trouble = %s "
            "WHERE connection_id = %s AND id = ANY(%s)".encode(),
            [at, trouble, connection_id, sorted(ids)],
        )


async def discard_refetches(
    db: Connection, connection_id: UUID, ids: Sequence[int], trouble: str = ""
) -> None:
    """Give up these requests. The next sync will find what changed."""
    with explained():
        await db.execute(
            "UPDATE webhook_hint SET due_at = NULL, attempts = 0, trouble = %s "
            "WHERE connection_id = %s AND id = ANY(%s)",
            [trouble, connection_id, sorted(ids)],
        )


async def count(db: Connection, connection_id: UUID | None, counts: dict[str, int]) -> None:
    """Add to the day's counts."""
    some = {what: number for what, number in sorted(counts.items()) if number}
    if some:
        with explained():
            await db.execute(
                _COUNT,
                {
                    "connection": connection_id,
                    "whats": list(some),
                    "numbers": list(some.values()),
                },
            )
