"""Refetches the records that webhooks name. Runs in every worker alongside its syncs; see docs/webhooks.md."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg

from jemmo.connectors.base import RefetchAnswer, by_name
from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import (
    JemmoError,
    LeaseLost,
    Postponed,
    RateLimited,
    SliceOver,
    TransientError,
)
from jemmo.domain.history import limit_of
from jemmo.domain.outcomes import PageOutcome
from jemmo.domain.rules import applicable
from jemmo.domain.streams import Mode, Stream
from jemmo.pipeline.process import process
from jemmo.rest_client.retries import CutOff, giving_way
from jemmo.services.base.ats_sessions import Session, Sessions
from jemmo.services.base.hashers import read_hashers
from jemmo.store.connections import key_refusals
from jemmo.store.db import budget, scope
from jemmo.store.db.postgres import Connection, apply_scope, connect, explained
from jemmo.store.db.run_context import RunContext
from jemmo.store.db.shared import sharing
from jemmo.store.files import fetch_queue
from jemmo.store.sync import brake
from jemmo.store.sync.request_counts import counted
from jemmo.store.webhooks import refetch_writer
from jemmo.store.webhooks.refetch_writer import (
    DueRefetch,
    RefetchBatch,
    RefetchOutcome,
    RefetchWriter,
)
from jemmo.vault import Vault

log = logging.getLogger(__name__)

CONCURRENCY = budget.Worker().refetches  # connections handled by one worker at the same time
REFETCH_TIMEOUT = refetch_writer.CLAIM.total_seconds() - 10
"""The time limit for all requests of one refetch. Afterwards, the claim ends and nothing could be written."""
REFETCH_POLL_SECONDS = 2.0  # fallback in case a NOTIFY is missed
MAX_ATTEMPTS = 8
CONFIRM_DELAY = timedelta(seconds=5)


class RefetchTimeout(TransientError):
    """The ATS took so long that other connections had to be served first."""

    default_code = "timeout"


@contextmanager
def _refetch_deadline() -> Iterator[None]:
    """Limit the time of one refetch, so that a slow ATS doesn't block other connections."""
    cut_off = CutOff()
    timer = asyncio.get_running_loop().call_later(REFETCH_TIMEOUT, cut_off.set)
    try:
        with giving_way(cut_off):
            yield
    except SliceOver:
        raise RefetchTimeout from None
    finally:
        timer.cancel()


class RefetchWorker:
    """Refetches records as webhooks arrive, for all connections in turn, until it is canceled."""

    def __init__(self, database_url: str, vault: Vault) -> None:
        self._url = database_url
        self._vault = vault
        self.sessions = Sessions(database_url, vault)
        self._bell = asyncio.Event()

    async def run(self) -> None:
        """Run forever. While the database is unreachable, wait."""
        try:
            async with sharing(self._url), asyncio.TaskGroup() as group:
                group.create_task(self._listen())
                group.create_task(self.sessions.close_idle_ones())
                for _ in range(CONCURRENCY):
                    group.create_task(self._refetch_loop())
        finally:
            await self.close()

    async def drain(self) -> int:
        """Refetch everything that is due. Return the number of refetches (for tests and commands)."""
        count = 0
        async with self._connect() as db:
            while await self._refetch_next(db):
                count += 1
        return count

    async def refetch_connection(self, connection_id: UUID) -> bool:
        """Refetch what is due for this connection. ``False`` if nothing is due, or another process is doing it."""
        async with self._connect() as db:
            return await self._refetch_next(db, only=connection_id)

    async def close(self) -> None:
        await self.sessions.close()

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[Connection]:
        """Open a session that sees every organization's requests. A refetch narrows it to one."""
        with scope.acting_in(scope.EVERYTHING):
            async with connect(self._url) as db:
                yield db

    # --- waiting ---

    async def _listen(self) -> None:
        while True:
            with suppress(TransientError, psycopg.Error):
                async with self._connect() as db:
                    await refetch_writer.listen(db)
                    self._bell.set()
                    async for _ in db.notifies():
                        self._bell.set()
            await asyncio.sleep(REFETCH_POLL_SECONDS)

    async def _refetch_loop(self) -> None:
        while True:
            try:
                async with self._connect() as db:
                    while True:
                        while await self._refetch_next(db):
                            pass
                        await self._wait_for_work()
            except (TransientError, psycopg.Error):
                await asyncio.sleep(REFETCH_POLL_SECONDS)

    async def _wait_for_work(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(REFETCH_POLL_SECONDS * random.uniform(0.8, 1.2)):
                await self._bell.wait()
        self._bell.clear()

    # --- one refetch ---

    async def _refetch_next(self, db: Connection, *, only: UUID | None = None) -> bool:
        """Refetch for the connection that has waited longest. ``False`` if none is waiting."""
        token = uuid4()
        await apply_scope(db)
        connection_id = await refetch_writer.claim(db, token, only)
        if connection_id is None:
            return False
        due = await refetch_writer.due(db, connection_id)
        rest: timedelta | None = None
        try:
            if due:
                async with (
                    self.sessions.use(db, connection_id) as session,
                    counted(db, connection_id, session.source),
                ):
                    await self._refetch_due(db, session, token, due)
        except LeaseLost:
            log.warning("refetch lost its claim", extra={"connection": str(connection_id)})
        except JemmoError as error:
            rest = refetch_writer.REFETCH_COOLDOWN if isinstance(error, RefetchTimeout) else None
            await self._postpone_failed(db, connection_id, due, error)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one connection's problem must not stop the others
            log.error(  # noqa: TRY400 - the traceback may contain personal data
                "refetch failed: %s", type(error).__name__,
                extra={"connection": str(connection_id)},
            )  # fmt: skip
            await self._postpone_failed(db, connection_id, due, TransientError("internal"))
        finally:
            with suppress(TransientError):
                await refetch_writer.release(db, connection_id, token, rest)
        return True

    async def _refetch_due(
        self, db: Connection, session: Session, token: UUID, due: list[DueRefetch]
    ) -> None:
        row, source, connection_id = session.row, session.source, session.row.id
        webhooks_of = connector_for(row.provider).webhooks
        since = min(pending.heard_at for pending in due)
        refetch = webhooks_of.refetch if webhooks_of else by_name
        with _refetch_deadline():
            answer = await refetch(source, [pending.request for pending in due], since)
        rules = applicable(row.rules, [spec.name for spec in source.streams])
        outcomes: dict[Stream, list[PageOutcome]] = {}
        for page in answer.pages:
            for part in (page, *page.beside):
                outcomes.setdefault(part.stream, []).append(process(part, rules))
        settled, again, unseen = await self._classify_requests(db, connection_id, due, answer)
        context = RunContext(
            org_id=row.org_id,
            connection_id=connection_id,
            run_id=None,
            token=token,
            began=datetime.now(UTC),
            mode=Mode.INCREMENTAL,
            rules=rules,
            limit=limit_of(row.options),
        )
        hashers = await read_hashers(db, row, self._vault)
        writer = RefetchWriter(db, context, self._vault.seal, hashers)
        counts = await writer.commit_refetched(RefetchBatch(outcomes=outcomes, settled=settled))
        if again:
            await refetch_writer.defer_refetches(db, connection_id, again, CONFIRM_DELAY)
        await self._retry_or_drop(db, connection_id, unseen, "not_shown")
        changed = counts.created + counts.updated + counts.deleted
        if changed:
            with explained():
                await fetch_queue.wake(db, connection_id)
        await refetch_writer.count(
            db, connection_id, {"announced": changed, "looked_up": len(settled)}
        )

    async def _classify_requests(
        self, db: Connection, connection_id: UUID, due: list[DueRefetch], answer: RefetchAnswer
    ) -> tuple[list[RefetchOutcome], list[int], list[DueRefetch]]:
        """Return settled requests, those that need a second refetch, and those the ATS didn't answer.

        A record is deleted if its ATS says twice that it is gone, or once after announcing the deletion. Deletions
        beyond the brake's limit are left to a reconcile, which asks a person to decide.
        """
        gone, unseen = set(answer.gone), set(answer.unseen)
        settled: list[RefetchOutcome] = []
        again: list[int] = []
        later: list[DueRefetch] = []
        deletable: list[DueRefetch] = []
        for pending in due:
            key = (pending.request.stream, pending.request.remote_id)
            if key in unseen:
                later.append(pending)
            elif key not in gone:
                settled.append(RefetchOutcome(due=pending))
            elif not pending.request.destroyed and not pending.confirms:
                again.append(pending.id)
            else:
                deletable.append(pending)
        settled += await _apply_brake(db, connection_id, deletable)
        return settled, again, later

    # --- failures ---

    async def _postpone_failed(
        self, db: Connection, connection_id: UUID, due: list[DueRefetch], error: JemmoError
    ) -> None:
        """Retry later, and give up after some attempts, since a sync finds what changed."""
        log.info("refetch failed: %s", error.code, extra={"connection": str(connection_id)})
        with explained():
            await key_refusals.store_refusal_on(db, connection_id, error)
        if isinstance(error, Postponed):
            await refetch_writer.defer_refetches(
                db, connection_id, [pending.id for pending in due], error.resume_at, error.code
            )
        elif isinstance(error, RateLimited) and error.retry_after:
            wait = timedelta(seconds=min(error.retry_after, 600.0))
            await refetch_writer.defer_refetches(
                db, connection_id, [pending.id for pending in due], wait, error.code
            )
        else:
            await self._retry_or_drop(db, connection_id, due, error.code)

    async def _retry_or_drop(
        self, db: Connection, connection_id: UUID, due: list[DueRefetch], trouble: str
    ) -> None:
        exhausted = [pending.id for pending in due if pending.attempts >= MAX_ATTEMPTS]
        waits: dict[int, list[int]] = {}
        for pending in due:
            if pending.attempts < MAX_ATTEMPTS:
                waits.setdefault(pending.attempts, []).append(pending.id)
        for attempts, ids in waits.items():
            wait = timedelta(seconds=2.0**attempts * random.uniform(0.75, 1.25))
            await refetch_writer.defer_refetches(db, connection_id, ids, wait, trouble)
        if exhausted:
            await refetch_writer.discard_refetches(db, connection_id, exhausted, trouble)
            await refetch_writer.count(db, connection_id, Counter(given_up=len(exhausted)))


async def _apply_brake(
    db: Connection, connection_id: UUID, deletable: list[DueRefetch]
) -> list[RefetchOutcome]:
    """Delete as many records of each stream as the brake allows. A talent's applications count too."""
    streams = {pending.request.stream for pending in deletable}
    talents = [
        pending.request.remote_id
        for pending in deletable
        if pending.request.stream is Stream.TALENTS
    ]
    streams |= {Stream.APPLICATIONS} if talents else set()
    with explained():
        room = {kind: await brake.deletion_allowance(db, connection_id, kind) for kind in streams}
        dependents = await brake.applications_of(db, connection_id, talents) if talents else {}
    settled = []
    for pending in deletable:
        needs = Counter({pending.request.stream: 1})
        if pending.request.stream is Stream.TALENTS:
            needs[Stream.APPLICATIONS] += dependents.get(pending.request.remote_id, 0)
        fits = all(room[stream] >= number for stream, number in needs.items() if number)
        if fits:
            for stream, number in needs.items():
                room[stream] -= number
        settled.append(RefetchOutcome(due=pending, gone=fits, waits=not fits))
    return settled
