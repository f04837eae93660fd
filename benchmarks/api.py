"""`python -m benchmarks.api [--talents N] [--changes N]`: the API's throughput and latency.

A real server and its Postgres share the machine with the clients, which request pages of 100 talents one at a time and
four at a time, single talents eight at a time, and the feed after ``--changes`` talents were changed at once. The lag
is the time from a commit until a waiting client receives the change, while 1,000 other talents per second are inserted.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import psycopg

from benchmarks.home import new_home
from benchmarks.lists import filled
from benchmarks.webhooks import p95, part, until_up

PORT = 8135
PAGE_ROUNDS = 200
SECONDS = 5.0
PAGES_AT_ONCE, RECORDS_AT_ONCE = 4, 8
LAG_ROUNDS = 100
ARRIVALS_A_SECOND = 1000
LARGEST = 1000  # changes per response of the feed
CHANGE = "UPDATE talent SET headline = headline || '.' WHERE id = %s"
CHANGE_MANY = """
    UPDATE talent SET headline = headline || '.' WHERE id IN (SELECT id FROM talent
        WHERE remote_deleted_at IS NULL AND excluded_reason IS NULL AND NOT is_private LIMIT %s)"""
ARRIVALS = """
    INSERT INTO talent (id, org_id, connection_id, remote_id, content_hash, first_name, last_name)
    SELECT gen_random_uuid(), org_id, connection_id, 'new' || n || '-' || %s, '', 'First', 'Last'
    FROM (SELECT org_id, connection_id FROM talent LIMIT 1) one, generate_series(1, 500) n"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--talents", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=50_000)
    given = parser.parse_args()
    os.environ["JEMMO_API_REQUESTS"] = "1000000"
    with new_home() as owner:
        from jemmo import bootstrap  # noqa: PLC0415 - JEMMO_HOME must be set first
        from jemmo.store.db import scope  # noqa: PLC0415

        bootstrap.start(operator=False)
        with scope.acting_in(scope.EVERYTHING):
            _, places = filled(given.talents, owner)
            secret = _token()
        with part("web", "--port", str(PORT)):
            figures = asyncio.run(_measured(secret, owner, places["talent"], given.changes))
    print(json.dumps({"talents": given.talents, **figures}, indent=2))


def _token() -> str:
    from django.utils import timezone  # noqa: PLC0415 - Django is set up now

    from jemmo.services.accounts import accounts, tokens  # noqa: PLC0415

    org = accounts.ensure_organisation("acme")
    return tokens.create(org, ["records"], name="benchmark", now=timezone.now()).secret


async def _measured(secret: str, owner: str, talent: Any, changes: int) -> dict[str, Any]:
    base, headers = f"http://127.0.0.1:{PORT}", {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession(base, headers=headers) as session:
        await until_up(session, base)
        return {
            **await _pages(session),
            "pages_of_100_a_second": await _rate(_page_after_page(session), PAGES_AT_ONCE),
            "records_a_second": await _rate(
                lambda: _get(session, f"/api/v1/talents/{talent}"), RECORDS_AT_ONCE
            ),
            **await _feed(session, owner, changes),
            **await _lag(session, owner, talent),
        }


async def _get(session: aiohttp.ClientSession, path: str, **query: str) -> Any:
    async with session.get(path, params=query) as answer:
        assert answer.status == 200, (path, answer.status, await answer.text())
        return await answer.json()


def _page_after_page(session: aiohttp.ClientSession) -> Callable[[], Awaitable[Any]]:
    """Return a function that requests the next page of 100 talents, and after the last page the first one again."""
    cursor = ""

    async def ask() -> None:
        nonlocal cursor
        more = {"cursor": cursor} if cursor else {}
        page = await _get(session, "/api/v1/talents", limit="100", **more)
        cursor = page["next_cursor"] or ""

    return ask


async def _pages(session: aiohttp.ClientSession) -> dict[str, Any]:
    ask, times = _page_after_page(session), []
    for _ in range(PAGE_ROUNDS):
        began = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - began) * 1000)
    return {
        "page_median_ms": round(statistics.median(times), 1),
        "page_p95_ms": round(p95(sorted(times)), 1),
    }


async def _rate(ask: Callable[[], Awaitable[Any]], at_once: int) -> float:
    """Return the number of responses per second with ``at_once`` concurrent requests."""
    ends, count = time.monotonic() + SECONDS, itertools.count()

    async def ask_on() -> None:
        while time.monotonic() < ends:
            await ask()
            next(count)

    began = time.monotonic()
    await asyncio.gather(*(ask_on() for _ in range(at_once)))
    return round(next(count) / (time.monotonic() - began), 1)


async def _feed(session: aiohttp.ClientSession, owner: str, changes: int) -> dict[str, Any]:
    began = time.monotonic()
    start = (await _get(session, "/api/v1/changes", limit="1"))["next_after"]
    begun = time.monotonic() - began
    async with await _database(owner) as db:
        await db.execute(CHANGE_MANY, [changes])
    began, after, known = time.monotonic(), start, 0
    while True:
        page = await _get(session, "/api/v1/changes", after=str(after), limit=str(LARGEST))
        after, known = page["next_after"], known + len(page["data"])
        if not page["data"]:
            break
    took = time.monotonic() - began
    return {
        "feed_begins_s": round(begun, 2),
        "changes": known,
        "changes_a_second": round(known / took),
    }


async def _lag(session: aiohttp.ClientSession, owner: str, talent: Any) -> dict[str, Any]:
    arriving = asyncio.create_task(_arrive(owner))
    lags, after = [], (await _get(session, "/api/v1/changes", limit="1"))["next_after"]
    async with await _database(owner) as db:
        for _ in range(LAG_ROUNDS):
            await db.execute(CHANGE, [talent])
            began = time.perf_counter()
            heard = False
            while not heard:
                page = await _get(
                    session, "/api/v1/changes", after=str(after), limit=str(LARGEST), wait="5"
                )
                after = page["next_after"]
                heard = any(change["id"] == str(talent) for change in page["data"])
            lags.append((time.perf_counter() - began) * 1000)
    arriving.cancel()
    await asyncio.gather(arriving, return_exceptions=True)
    return {"lag_median_ms": round(statistics.median(lags)), "lag_p95_ms": round(p95(sorted(lags)))}


async def _arrive(owner: str) -> None:
    """Insert talents continuously, like a first sync over a network."""
    async with await _database(owner) as db:
        for number in itertools.count():
            await db.execute(ARRIVALS, [number])
            await asyncio.sleep(500 / ARRIVALS_A_SECOND)


async def _database(owner: str) -> psycopg.AsyncConnection[Any]:
    from jemmo.store.db import schema  # noqa: PLC0415 - Django is set up now

    db = await psycopg.AsyncConnection.connect(owner, autocommit=True)
    await schema.set_search_path_async(db)
    return db


if __name__ == "__main__":
    main()
