"""What a worker and its watchers do again and again, whether anything happened or not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import uuid4

from procrastinate.contrib.django import app

from jemmo.cli import working
from jemmo.services import metrics, queue
from jemmo.services.scopes import everywhere, on_the_clock
from jemmo.store import hints, scope
from jemmo.store.postgres import connect
from jemmo.store.shared import sharing

Work = Callable[[str], Awaitable[object]]


def works() -> Mapping[str, Work]:
    """Every periodic task, and the loops of a worker that are none; each is given the database's URL."""
    app.perform_import_paths()  # type: ignore[no-untyped-call]
    tasks = {
        one.task.name: _task(one.task.func) for one in app.periodic_registry.periodic_tasks.values()
    }
    return {
        **tasks,
        "rescue": lambda _: on_the_clock(queue.rescue, working.DEAD_AFTER),
        "what waits": _waiting,
        "webhooks that wait": _claim,
        "metrics": lambda _: everywhere(metrics.rendered),
    }


def _task(work: Callable[[int], Awaitable[object]]) -> Work:
    return lambda _: work(int(datetime.now().astimezone().timestamp()))


async def _waiting(url: str) -> None:
    async with sharing(url) as shared:
        await working.most_urgent(shared, 4)


async def _claim(url: str) -> None:
    with scope.under(scope.EVERYTHING):
        async with connect(url) as db:
            token = uuid4()
            claimed = await hints.claim(db, token)
            if claimed:
                await hints.due(db, claimed)
                await hints.release(db, claimed, token)
