"""A worker process: takes tasks from the queue until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, NoReturn

import psycopg
from django.db import DatabaseError, connection
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ProcrastinateException
from procrastinate.worker import Worker

from jemmo import tracing
from jemmo.domain.errors import ConfigError, TransientError
from jemmo.environment import seconds
from jemmo.services.base.scopes import run_on_clock
from jemmo.services.outgoing.delivery import OutgoingWorker
from jemmo.services.webhooks.refetch import RefetchWorker
from jemmo.store.db import budget, schema, task_queue, versions
from jemmo.store.db.shared import SharedConnection, sharing
from jemmo.store.sync.queue_schema import Connector
from jemmo.tasks import slices
from jemmo.vault import default_vault

HEARTBEAT = seconds("JEMMO_HEARTBEAT_SECONDS", 5.0, least=0.1)
DEAD_AFTER = 4 * HEARTBEAT
# Seconds in which a sync finishes its page; service managers usually wait for 30 or more
PAGE_SECONDS = 25.0
TASKS_SECONDS = (
    4 * PAGE_SECONDS
)  # until all tasks must have ended and their outcomes have been stored
PREEMPT_CHECK_SECONDS = 1.0  # seconds between two checks for waiting tasks, while syncs run
VERSION_EVERY = 6 * HEARTBEAT  # between two checks of whether a newer Jemmo has changed the tables
DATABASE_AWAY = 2.0  # seconds before a worker that lost its database restarts

CLOCK, NOTIFICATIONS = "schedule", "notifications"
"""Queues that must not wait behind syncs, so they have their own workers."""

log = logging.getLogger(__name__)


async def work(concurrency: int) -> None:
    """Run tasks, ``concurrency`` at a time. SIGTERM or Ctrl-C ends each sync after its page; others continue it.

    While the database is unreachable, wait. If a part breaks, the whole worker ends with its error and must be
    restarted: without that part, webhooks or the tasks of dead workers would wait forever.
    """
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    url = os.environ["DATABASE_URL"]
    sides: list[asyncio.Task[Any]] = [
        asyncio.create_task(RefetchWorker(url, default_vault()).run()),
        asyncio.create_task(OutgoingWorker(url, default_vault()).run()),
        asyncio.create_task(_make_room(url, concurrency)),
        asyncio.create_task(_rescue()),
        asyncio.create_task(_stop_for_newer_tables(stopping)),
    ]
    stopped = asyncio.create_task(stopping.wait())
    for side in sides:
        side.add_done_callback(lambda _: stopping.set())  # none ends by itself
    try:
        while not stopping.is_set():
            await _serve(concurrency, stopped)
            if not stopping.is_set():
                log.warning("the worker lost its database connection and is restarting")
                await asyncio.wait({stopped}, timeout=DATABASE_AWAY)
    finally:
        for side in (*sides, stopped):
            side.cancel()
        ended = await asyncio.gather(*sides, stopped, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome


async def _serve(concurrency: int, stopped: asyncio.Task[Any]) -> None:
    """Work until stopped or until the database is unreachable."""
    size = budget.Worker().queue
    connector = Connector(
        kwargs={**connector_params(), "application_name": "jemmo queue"},
        configure=schema.set_search_path_async,
        min_size=size,
        max_size=size,
    )
    with suppress(psycopg.Error, ProcrastinateException, TransientError):
        with app.replace_connector(connector) as running:
            async with running.open_async():
                hands = [
                    asyncio.create_task(_take(running, work_queues(), concurrency)),
                    asyncio.create_task(_take(running, [CLOCK], 2)),
                    asyncio.create_task(_take(running, [NOTIFICATIONS], 1)),
                ]
                await asyncio.wait({*hands, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if stopped.done():
                    slices.stop()
                for hand in hands:
                    hand.cancel()
                _, hanging = await asyncio.wait(hands, timeout=TASKS_SECONDS)
                if hanging:
                    _give_up()
                ended = await asyncio.gather(*hands, return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, Exception):
                raise outcome


def _give_up() -> NoReturn:
    """End at once and rely on a restart: a task that does not end would keep this worker from taking others."""
    log.critical("a task didn't end, so the worker stopped")
    os._exit(1)


def work_queues() -> list[str]:
    """The queues with our tasks, except those with their own workers."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    return sorted({task.queue for task in app.tasks.values()} - {CLOCK, NOTIFICATIONS, "builtin"})


async def _take(running: Any, queues: list[str], concurrency: int) -> None:
    await running.run_worker_async(
        queues=queues,
        concurrency=concurrency,
        delete_jobs="always",
        worker_middleware=[_traced],
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT,
        stalled_worker_timeout=DEAD_AFTER,
        shutdown_graceful_timeout=PAGE_SECONDS,
    )


async def _traced(run: Callable[[], Awaitable[Any]], context: JobContext, _: Worker) -> Any:
    """Run a task in a span. Its arguments are not part of it."""
    job = context.job
    with tracing.span(job.task_name, "consumer", task=job.task_name, queue=job.queue):
        return await run()


async def _rescue() -> None:
    """Requeue what another worker was running when it died."""
    while True:
        with suppress(DatabaseError):
            await run_on_clock(task_queue.rescue, DEAD_AFTER)
        await asyncio.sleep(HEARTBEAT)


async def _stop_for_newer_tables(stopping: asyncio.Event) -> None:
    """Stop when a newer Jemmo has changed the tables, because this one's writes could damage them."""
    while True:
        try:
            await run_on_clock(versions.refuse_newer_tables, connection)
        except ConfigError as error:
            log.error("%s %s", error.message, error.next_step)  # noqa: TRY400 - a traceback would not help
            stopping.set()
            return
        except DatabaseError:
            pass
        await asyncio.sleep(VERSION_EVERY)


async def _make_room(url: str, concurrency: int) -> None:
    """Let the least urgent slices end when more urgent work waits.

    Only work seen in two checks counts, because a free slot here or in another worker takes new work at once.
    """
    before: list[int] = []
    async with sharing(url) as shared:
        while True:
            await asyncio.sleep(PREEMPT_CHECK_SECONDS)
            if not slices.running():
                before = []
                continue
            with suppress(psycopg.Error, TransientError):
                waiting = await most_urgent(shared, concurrency)
                slices.preempt(seen_twice(before, waiting))
                before = waiting


def seen_twice(before: list[int], now: list[int]) -> list[int]:
    """The priorities of work that has waited since the previous check. Both lists are sorted."""
    return [min(pair) for pair in zip(before, now, strict=False)]


async def most_urgent(shared: SharedConnection, most: int) -> list[int]:
    """The priorities of the most urgent waiting tasks, highest first."""
    async with shared.transaction() as db:
        return await task_queue.most_urgent(db, work_queues(), most)
