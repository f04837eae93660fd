"""Sends outgoing webhooks. Runs in every worker next to its syncs, with its own threads and connections.

A message is marked as sent only after it was sent. After a crash in between, it is sent again with the same id.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import psycopg
from django.db import DatabaseError
from msgspec import Struct

from jemmo.domain import numbers
from jemmo.domain.outgoing import Event
from jemmo.domain.stored_values import report_of
from jemmo.rest_client.outward import post_webhook
from jemmo.rest_client.routes import host
from jemmo.services.base.contexts import endpoint_context
from jemmo.services.base.scopes import run_for_outgoing
from jemmo.services.outgoing import outcomes, records, signing
from jemmo.services.outgoing.endpoints import allowed_hosts
from jemmo.store.feed import triggers
from jemmo.store.models import OutgoingEndpoint, OutgoingMessage, SyncRun
from jemmo.store.notifications import live_events
from jemmo.store.outgoing import events, queue
from jemmo.store.outgoing.queue import Claim
from jemmo.tracing import span
from jemmo.vault import Vault

CONCURRENCY = 20  # endpoints that one worker sends to at the same time
POLL_SECONDS = 2.0  # for retries, and in case a notification is missed
MAX_PER_TURN = 20  # messages per turn; then other endpoints get their turn
TURN_SECONDS = 30.0  # after which a turn ends too, in case a receiver is slow

log = logging.getLogger(__name__)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Outgoing(Struct, frozen=True, kw_only=True):
    """A message and everything needed to send it."""

    message: OutgoingMessage
    url: str
    secrets: list[str]


class OutgoingWorker:
    """Sends to every endpoint with due messages, until it is canceled."""

    def __init__(
        self, database_url: str, vault: Vault, *, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        self._url = database_url
        self._vault = vault
        self._clock = clock
        self._bell = asyncio.Event()

    async def run(self) -> None:
        """Run forever. While the database is unreachable, wait."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._dispatch(group))

    async def drain(self) -> int:
        """Send everything that is due now. Return the number of turns (for tests)."""
        turns = 0
        while held := await self._claim():
            await self._turn(held)
            turns += 1
        return turns

    # --- waiting ---

    async def _listen(self) -> None:
        while True:
            with suppress(psycopg.Error, OSError):
                async with live_events.listen(self._url, events.CHANNEL, triggers.CHANNEL) as db:
                    self._bell.set()
                    async for _ in db.notifies():
                        self._bell.set()
            await asyncio.sleep(POLL_SECONDS)

    async def _dispatch(self, group: asyncio.TaskGroup) -> None:
        """Start a turn for each endpoint with due messages, within the concurrency limit."""
        room = asyncio.Semaphore(CONCURRENCY)

        async def take(held: Claim) -> None:
            try:
                await self._turn(held)
            except Exception as error:  # noqa: BLE001 - one endpoint must not stop a worker and its syncs
                log.error(  # noqa: TRY400 - a traceback may show values
                    "sending webhooks failed",
                    extra={"endpoint": str(held.endpoint), "reason": type(error).__name__},
                )
                with suppress(DatabaseError):
                    await run_for_outgoing(held.org, queue.put_off, held, self._clock())
            finally:
                room.release()
                self._bell.set()  # this endpoint may have more messages, and its organization other endpoints

        while True:
            await room.acquire()
            self._bell.clear()
            held = None
            with suppress(DatabaseError):
                held = await self._claim()
            if held:
                group.create_task(take(held))
                continue
            room.release()
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._bell.wait()

    # --- sending ---

    async def _claim(self) -> Claim | None:
        return await run_for_outgoing(None, queue.claim, self._clock())

    async def _turn(self, held: Claim) -> None:
        """Send to one endpoint, one message after another."""
        try:
            ends = time.monotonic() + TURN_SECONDS
            for _ in range(MAX_PER_TURN):
                outgoing = await run_for_outgoing(held.org, self._next, held)
                if outgoing is None:
                    break
                await self._send(held.org, outgoing)
                if time.monotonic() > ends:
                    break
        finally:
            await run_for_outgoing(held.org, queue.release, held)

    def _next(self, held: Claim) -> Outgoing | None:
        """Return the message to send next, if any. Record changes become a message only at this point."""
        now = self._clock()
        if not queue.renew(held, now):
            return None
        endpoint = OutgoingEndpoint.objects.get(pk=held.endpoint)
        message = queue.due(endpoint.pk, now) or self._of_records(endpoint)
        if message is None:
            return None
        if not message.attempts:
            complete(message)
        return Outgoing(message=message, url=endpoint.url, secrets=self._secrets(endpoint, now))

    def _of_records(self, endpoint: OutgoingEndpoint) -> OutgoingMessage | None:
        before = OutgoingMessage.objects.filter(endpoint=endpoint, state="waiting", in_order=True)
        if Event.RECORDS not in endpoint.events or before.exists():
            return None
        return records.next_message(endpoint)

    def _secrets(self, endpoint: OutgoingEndpoint, now: datetime) -> list[str]:
        sealed = [endpoint.sealed_secret]
        if (
            endpoint.sealed_old_secret
            and endpoint.old_secret_until
            and endpoint.old_secret_until > now
        ):
            sealed.append(endpoint.sealed_old_secret)
        context = endpoint_context(endpoint.pk)
        return [self._vault.open(bytes(value), context).decode() for value in sealed]

    async def _send(self, org_id: UUID, outgoing: Outgoing) -> None:
        message, body = outgoing.message, signing.body_of(outgoing.message)
        identifier = signing.message_id(message)
        headers = signing.headers_of(identifier, body, outgoing.secrets, datetime.now(UTC))
        with span(
            "outgoing webhook",
            "client",
            method="POST",
            host=host(outgoing.url),
            event=message.event,
        ) as delivery:
            answer = await post_webhook(outgoing.url, body, headers, allowed=allowed_hosts())
            delivery.note(status=answer.status, error=answer.error or None)
        await run_for_outgoing(org_id, outcomes.note_outcome, message, answer, self._clock())


def complete(message: OutgoingMessage) -> None:
    """Add a run's counts before the message is first sent, because the trigger doesn't add them."""
    run_id = message.data.get("run_id")
    rejects = message.data.get("issue") == "rejected_records"
    name = "rejected" if rejects else "changed"
    if (message.event != Event.SYNC and not rejects) or name in message.data:
        return
    if run := SyncRun.objects.filter(pk=run_id).first():
        lines = report_of(run.report).get("streams", {})
        counts = _rejected(lines) if rejects else numbers.changed_by_stream(lines)
        message.data = {**message.data, name: counts}
        message.save(update_fields=["data"])


def _rejected(lines: numbers.Lines) -> dict[str, int]:
    return {name: line["rejected"] for name, line in lines.items() if line.get("rejected")}
