"""The periodic work of a worker, whether or not anything has happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from uuid import uuid4

from procrastinate.contrib.django import app

from jemmo.cli.operations import working
from jemmo.services.base.scopes import run_for_all_orgs, run_for_outgoing, run_on_clock
from jemmo.services.operations import metrics
from jemmo.store.db import scope, task_queue
from jemmo.store.db.postgres import connect
from jemmo.store.db.shared import sharing
from jemmo.store.outgoing import queue as outgoing
from jemmo.store.webhooks import refetch_writer

Work = Callable[[str], Awaitable[object]]


def works() -> Mapping[str, Work]:
    """Return every periodic task, plus a worker's other loops; each takes the database URL."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    tasks = {
        one.task.name: _task(one.task.func) for one in app.periodic_registry.periodic_tasks.values()
    }
    return {
        **tasks,
        "rescue": lambda _: run_on_clock(task_queue.rescue, working.DEAD_AFTER),
        "what waits": _waiting,
        "webhooks that wait": _claim,
        "webhooks to send": lambda _: run_for_outgoing(None, outgoing.claim, datetime.now(UTC)),
        "metrics": lambda _: run_for_all_orgs(metrics.rendered),
    }


def _task(work: Callable[[int], Awaitable[object]]) -> Work:
    return lambda _: work(int(datetime.now().astimezone().timestamp()))


async def _waiting(url: str) -> None:
    async with sharing(url) as shared:
        await working.most_urgent(shared, 4)


async def _claim(url: str) -> None:
    with scope.acting_in(scope.EVERYTHING):
        async with connect(url) as db:
            token = uuid4()
            claimed = await refetch_writer.claim(db, token)
            if claimed:
                await refetch_writer.due(db, claimed)
                await refetch_writer.release(db, claimed, token)
