"""A worker process: takes tasks from the queue until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import suppress
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.db import DatabaseError
from procrastinate.contrib.django import app
from procrastinate.exceptions import ProcrastinateException

from jemmo.domain.errors import TransientError
from jemmo.services import queue
from jemmo.services.hints import Lane
from jemmo.store.postgres import connect
from jemmo.tasks import slices
from jemmo.vault import default_vault

HEARTBEAT = float(os.environ.get("JEMMO_HEARTBEAT_SECONDS", "5"))
DEAD_AFTER = 4 * HEARTBEAT
LAST_WORDS = 25.0  # seconds in which a sync finishes its page; a service manager usually waits for 30 or more
LOOK_EVERY = 1.0  # seconds between two looks at what waits, while all hands are busy
DATABASE_AWAY = 2.0  # seconds before a worker that lost its database begins anew

CLOCK = "schedule"
"""The queue of short tasks that must not wait behind syncs; it has hands of its own."""

log = logging.getLogger(__name__)

_WAITING = """
    SELECT j.priority FROM procrastinate_jobs j
    WHERE j.status = 'todo' AND j.queue_name = ANY(%s)
        AND (j.scheduled_at IS NULL OR j.scheduled_at <= now())
        AND NOT EXISTS (SELECT FROM procrastinate_jobs o
            WHERE o.lock = j.lock AND o.status = 'doing')
    ORDER BY j.priority DESC LIMIT 1"""


async def work(concurrency: int) -> None:
    """Run tasks, ``concurrency`` at a time. SIGTERM or Ctrl-C ends each sync after its page; others go on with it.

    A database that is away is waited for.
    """
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    url = os.environ["DATABASE_URL"]
    sides = [
        asyncio.create_task(Lane(url, default_vault()).run()),
        asyncio.create_task(_make_room(url, concurrency)),
        asyncio.create_task(_rescue()),
    ]
    stopped = asyncio.create_task(stopping.wait())
    try:
        while not stopping.is_set():
            await _serve(concurrency, stopped)
            if not stopping.is_set():
                log.warning("the worker lost its database and begins anew")
                await asyncio.wait({stopped}, timeout=DATABASE_AWAY)
    finally:
        for side in (*sides, stopped):
            side.cancel()
        await asyncio.wait({*sides, stopped})


async def _serve(concurrency: int, stopped: asyncio.Task[Any]) -> None:
    """Work until told to stop or until the database is away."""
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    with suppress(psycopg.Error, ProcrastinateException, TransientError):
        with app.replace_connector(connector) as running:
            async with running.open_async():
                hands = [
                    asyncio.create_task(_take(running, work_queues(), concurrency)),
                    asyncio.create_task(_take(running, [CLOCK], 2)),
                ]
                await asyncio.wait({*hands, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if stopped.done():
                    slices.stop()
                for hand in hands:
                    hand.cancel()
                ended = await asyncio.gather(*hands, return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, Exception):
                raise outcome


def work_queues() -> list[str]:
    """Every queue a task of ours is in, but for that of the clock."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    return sorted({task.queue for task in app.tasks.values()} - {CLOCK, "builtin"})


async def _take(running: Any, queues: list[str], concurrency: int) -> None:
    await running.run_worker_async(
        queues=queues,
        concurrency=concurrency,
        delete_jobs="always",
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=DEAD_AFTER,
        shutdown_graceful_timeout=LAST_WORDS,
    )


async def _rescue() -> None:
    """What another worker had in hand when it died is queued again."""
    while True:
        with suppress(DatabaseError):
            await sync_to_async(queue.rescue)(DEAD_AFTER)
        await asyncio.sleep(HEARTBEAT)


async def _make_room(url: str, concurrency: int) -> None:
    """While all hands are busy with slices, let the least urgent one end when more urgent work waits.

    Only what is seen waiting twice counts: another worker may take it.
    """
    before: int | None = None
    while True:
        await asyncio.sleep(LOOK_EVERY)
        if slices.running() < concurrency:
            before = None
            continue
        with suppress(psycopg.Error, TransientError):
            async with connect(url) as db:
                answer = await db.execute(_WAITING, [work_queues()])
                row = await answer.fetchone()
            waiting = row[0] if row else None
            if waiting is not None and before is not None:
                slices.give_way(min(waiting, before))
            before = waiting
