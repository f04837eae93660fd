"""`python -m benchmarks.load [--seconds N]`: visitors, webhooks and a first sync on one machine at the same time.

- 50 signed-in browsers open a page every 5 s ± 50%, with uncached scripts and styles, live events, and the requests
  that a page makes when an event arrives. 20 anonymous visitors do the same. Probes send a request every second.
- 200 connections receive 2,000 signed webhooks per minute in total, with default pacing.
- A first sync of 20,000 talents runs in the worker.

Browsers, ATS, Jemmo and Postgres share the machine. Prints the figures, and exits with status 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import resource
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import psycopg

from benchmarks.company import simulated
from benchmarks.cost import postmaster, spent
from benchmarks.home import new_home
from benchmarks.webhooks import SIGNING, p95, part, talents_of, until_up
from jemmo.sandbox.teamtailor.webhooks import sign_v2
from jemmo.store.db import budget

BROWSERS, VISITORS, CONNECTIONS, TALENTS = 50, 20, 200, 20_000
WEBHOOKS_A_MINUTE = 2000
PAGE_EVERY = 5.0  # seconds, plus or minus half of it
SOCKETS = 6  # per browser and server over HTTP/1.1
PATIENCE = 10.0  # seconds until a person gives up on a page
PATHS = ("/jobs/", "/talents/", "/talents/?q=an", "/notifications/", "/settings/organization/ats/")
STATIC = re.compile(r'(?:href|src)="(/static/[^"]+)"')
WATCHES = re.compile(r'hx-get="([^"]+)"[^>]*?hx-trigger="jemmo:(\w+)')
SINCE = re.compile(r'data-events="([^"]+)" data-since="([^"]+)"')
SESSIONS = (
    "SELECT application_name FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
WEB = {"jemmo web", "jemmo hooks", "jemmo events"}
TARGETS = {"completed": 0.9, "p95_ms": 500.0}


@dataclass
class Tally:
    """The counts of all clients together."""

    planned: int = 0
    pages: list[float] = field(default_factory=list)
    webhooks: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    events: int = 0
    web: int = 0
    worker: int = 0
    cpu: dict[str, float] = field(default_factory=dict)

    def note(self, kind: str, status: int) -> None:
        self.statuses[f"{kind} {status}"] += 1
        if status >= 500:
            self.failures[f"{kind} {status}"] += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--port", type=int, default=8133)
    given = parser.parse_args()
    os.environ["JEMMO_PROXIES"] = "1"  # so that each visitor has their own address
    with new_home():
        from jemmo import bootstrap  # noqa: PLC0415 - JEMMO_HOME must be set first

        url = bootstrap.start()
        with simulated(TALENTS, paced=True, keys=CONNECTIONS) as (address, sandbox):
            scene = prepare(address)
            figures = measure(url, address, sandbox, scene, given.seconds, given.port)
    print(json.dumps(figures, indent=2))
    sys.exit(bool(figures["missed"]))


@dataclass
class Scene:
    hooks: list[str]
    cookies: list[str]


def prepare(address: str) -> Scene:
    """Connect 200 organizations, of which only the first is due for a sync, and sign in 50 people there."""
    from django.conf import settings  # noqa: PLC0415 - once Django is set up
    from django.test import Client  # noqa: PLC0415

    from jemmo.services.accounts import accounts  # noqa: PLC0415
    from jemmo.services.connections import connections  # noqa: PLC0415
    from jemmo.services.webhooks import endpoints  # noqa: PLC0415
    from jemmo.store.models import Connection  # noqa: PLC0415
    from jemmo.vault import default_vault  # noqa: PLC0415

    vault, hooks, cookies = default_vault(), [], []
    for number in range(CONNECTIONS):
        org = accounts.ensure_organisation(f"org-{number}")
        made = connections.connect(
            org, "teamtailor", f"bench-key-{number}", vault=vault, base_url=address
        )
        connection = Connection.objects.get(id=made.id)
        hooks.append(endpoints.set_signing_key(connection, SIGNING, vault).path)
    first = accounts.ensure_organisation("org-0")
    Connection.objects.exclude(org=first).update(due_at="2100-01-01T00:00:00Z")
    for number in range(BROWSERS):
        person = accounts.add_member(
            first, f"person{number}@example.com", "recruiter", None, verified=True
        )
        client = Client()
        client.force_login(person)
        cookies.append(
            f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        )
    return Scene(hooks, cookies)


def measure(
    url: str, address: str, sandbox: int, scene: Scene, seconds: int, port: int
) -> dict[str, Any]:
    tally = Tally()
    with part("web", "--port", str(port)) as web, part("worker") as worker:
        processes = {"web": web, "worker": worker, "Postgres": postmaster(), "ATS": sandbox}
        asyncio.run(
            drive(url, address, f"http://127.0.0.1:{port}", scene, seconds, tally, processes)
        )
    return figures_of(tally)


async def drive(
    url: str,
    address: str,
    base: str,
    scene: Scene,
    seconds: int,
    tally: Tally,
    processes: dict[str, int],
) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        await until_up(session, base)
        talents = await talents_of(session, address)
        works = [watch(url, tally), probe(session, base, tally)]
        works += [announce(session, base, scene.hooks, talents, tally)]
        visitors = [*scene.cookies, *[None] * VISITORS]
        works += [Browser(base, tally, *visitor).run() for visitor in enumerate(visitors)]
        before = used(processes)
        running = [asyncio.create_task(work) for work in works]
        await asyncio.wait(running, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        after = used(processes)
        tally.cpu = {name: round(after[name] - before[name], 1) for name in after}
        for work in running:
            if work.done():
                work.result()
            work.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def used(processes: dict[str, int]) -> dict[str, float]:
    """Return the CPU time so far in seconds, by process."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    seconds = {name: spent(process) / 1e6 for name, process in processes.items()}
    return {**seconds, "this program": own.ru_utime + own.ru_stime}


class Browser:
    """A member's browser, or an anonymous visitor's without a cookie."""

    def __init__(self, base: str, tally: Tally, address: int, cookie: str | None = None) -> None:
        self.base, self.tally, self.cookie = base, tally, cookie
        self._headers = {"X-Forwarded-For": f"198.51.100.{address}"}
        if cookie:
            self._headers["Cookie"] = cookie
        self._known: set[str] = set()
        self._listening: asyncio.Task[None] | None = None

    async def run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None)
        connector = aiohttp.TCPConnector(limit=SOCKETS)
        async with aiohttp.ClientSession(
            self.base, headers=self._headers, timeout=timeout, connector=connector
        ) as self._session:
            await asyncio.sleep(random.uniform(0, PAGE_EVERY))
            while True:
                began = time.monotonic()
                try:
                    async with asyncio.timeout(PATIENCE):
                        await self._open(random.choice(PATHS) if self.cookie else "/")
                except TimeoutError:
                    self.tally.statuses["page given up"] += 1
                except aiohttp.ClientError:
                    self.tally.failures["page lost"] += 1
                pause = PAGE_EVERY * random.uniform(0.5, 1.5)
                await asyncio.sleep(max(0.0, began + pause - time.monotonic()))

    def _leave(self) -> None:
        """Close the page, which ends its event stream."""
        if self._listening:
            self._listening.cancel()

    async def _open(self, path: str) -> None:
        self._leave()
        self.tally.planned += 1
        began = time.monotonic()
        page = await self._get("page", path)
        self.tally.pages.append(time.monotonic() - began)
        fresh = set(STATIC.findall(page)) - self._known
        self._known |= fresh
        await asyncio.gather(*(self._get("asset", asset) for asset in fresh))
        if found := SINCE.search(page):
            watches = dict[str, list[str]]()
            for address, signal in WATCHES.findall(page):
                watches.setdefault(signal, []).append(address)
            self._listening = asyncio.create_task(self._listen(*found.groups(), watches))

    async def _listen(self, path: str, since: str, watches: dict[str, list[str]]) -> None:
        with contextlib.suppress(aiohttp.ClientConnectionError):
            await self._hear(path, since, watches)

    async def _hear(self, path: str, since: str, watches: dict[str, list[str]]) -> None:
        """Handle events like ``live.js``: at most one request per second for repeated ones."""
        last: dict[str, float] = {}
        headers = {"Accept": "text/event-stream"}
        async with self._session.get(path, params={"since": since}, headers=headers) as stream:
            self.tally.note("events", stream.status)
            async for line in stream.content:
                if not line.startswith(b"data: "):
                    continue
                self.tally.events += 1
                kind = json.loads(line[6:])["kind"]
                signal = "sync" if kind.startswith("sync_") else kind
                if time.monotonic() - last.get(signal, 0.0) >= 1.0:
                    last[signal] = time.monotonic()
                    for address in watches.get(signal, ()):
                        await self._get("part", address, {"HX-Request": "true"})

    async def _get(self, kind: str, path: str, headers: dict[str, str] | None = None) -> str:
        async with self._session.get(path, headers=headers) as answer:
            text = await answer.text() if kind != "asset" else str(await answer.read())
            self.tally.note(kind, answer.status)
            return text


async def probe(session: aiohttp.ClientSession, base: str, tally: Tally) -> None:
    """Probe once a second. ``/readyz`` correctly returns 503 until the worker has started, so that isn't counted."""
    ready = False
    while True:
        for path in ("/healthz", "/readyz"):
            async with session.get(base + path) as answer:
                ready = ready or (path == "/readyz" and answer.status == 200)
                if ready or path == "/healthz":
                    tally.note(path, answer.status)
        await asyncio.sleep(1)


async def announce(
    session: aiohttp.ClientSession, base: str, hooks: list[str], talents: list[str], tally: Tally
) -> None:
    """Send each connection's webhooks in turn, at an even pace, without waiting for responses."""
    began, number = time.monotonic(), 0
    async with asyncio.TaskGroup() as group:
        while True:
            due = began + number * 60 / WEBHOOKS_A_MINUTE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            url = base + hooks[number % len(hooks)]
            group.create_task(send(session, url, talents[number % len(talents)], tally))
            number += 1


async def send(session: aiohttp.ClientSession, url: str, talent: str, tally: Tally) -> None:
    told = {"payload": {"event_name": "candidate.update", "data": {"id": talent, "type": "x"}}}
    body = json.dumps(told).encode()
    headers = {"TT-Signature": sign_v2(SIGNING, body, int(time.time()))}
    began = time.monotonic()
    try:
        async with session.post(url, data=body, headers=headers) as answer:
            tally.webhooks.append(time.monotonic() - began)
            tally.note("webhook", answer.status)
    except aiohttp.ClientError:
        tally.failures["webhook lost"] += 1


async def watch(url: str, tally: Tally) -> None:
    """Record the maximum number of database connections of the web process and of the worker."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as db:
        while True:
            rows = await (await db.execute(SESSIONS)).fetchall()
            names = Counter(
                name for (name,) in rows if name.startswith("jemmo") and name != "jemmo command"
            )
            web = sum(number for name, number in names.items() if name in WEB)
            tally.web = max(tally.web, web)
            tally.worker = max(tally.worker, names.total() - web)
            await asyncio.sleep(0.2)


def figures_of(tally: Tally) -> dict[str, Any]:
    pages, hooks = sorted(tally.pages), sorted(tally.webhooks)
    figures: dict[str, Any] = {
        "pages_planned": tally.planned,
        "pages_completed": round(len(pages) / tally.planned, 3),
        "page_median_ms": round(statistics.median(pages) * 1000),
        "page_p95_ms": round(p95(pages) * 1000),
        "webhooks": len(hooks),
        "webhook_p95_ms": round(p95(hooks) * 1000),
        "events": tally.events,
        "connections_web": f"{tally.web} of {budget.web().total}",
        "connections_worker": f"{tally.worker} of {budget.Worker().total}",
        "cpu_seconds": tally.cpu,
        "web_cpu_ms_a_page": round(tally.cpu["web"] * 1000 / len(pages), 1),
        "statuses": dict(sorted(tally.statuses.items())),
        "failures": dict(tally.failures),
    }
    misses = {
        "5xx": bool(tally.failures),
        "pages completed": figures["pages_completed"] < TARGETS["completed"],
        "p95 of pages": figures["page_p95_ms"] >= TARGETS["p95_ms"],
        "connections": tally.web > budget.web().total or tally.worker > budget.Worker().total,
    }
    return {**figures, "missed": [name for name, missed in misses.items() if missed]}


if __name__ == "__main__":
    main()
