"""`python -m benchmarks.pages [--talents N] [--only WORD]`: the CPU time of each page.

A recruiter of a company with 20,000 talents requests each page from a real server, one request at a time. Measures the
CPU time of the web process and of Postgres, which hardly depends on what else the machine is doing.
"""

from __future__ import annotations

import argparse
import asyncio
import math
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import aiohttp
from rich.console import Console
from rich.table import Table

from benchmarks.cost import postmaster, spent
from benchmarks.home import new_home
from benchmarks.lists import filled
from benchmarks.webhooks import part, until_up

PORT = 8134
WARM, ROUNDS, ASKED = (
    10,
    5,
    30,
)  # the fastest round counts, since other programs may slow down the others
PAGES = {
    "jobs": "/jobs/",
    "talents": "/talents/",
    "talents by search": "/talents/?q=an",
    "one job": "/jobs/{job}/",
    "one talent": "/talents/{talent}/",
    "notifications": "/notifications/",
    "ATS settings": "/settings/organization/ats/",
    "part: bell": "/notifications/bell/",
    "part: sync icon": "/sync/jobs/",
    "part: sync status": "/status/",
    "live events": "/events/?since={now}",
    "sign-in": "/accounts/login/",
    "style sheet": "/static/web/tokens.css",
}
HEADERS = {"part": {"HX-Request": "true"}, "sign-in": {"Cookie": ""}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--talents", type=int, default=20_000)
    parser.add_argument("--only", default="", help="only pages whose name contains this")
    given = parser.parse_args()
    with new_home() as owner:
        from jemmo import bootstrap  # noqa: PLC0415 - JEMMO_HOME must be set first
        from jemmo.store.db import scope  # noqa: PLC0415

        bootstrap.start(operator=False)
        with scope.acting_in(scope.EVERYTHING):
            client, places = filled(given.talents, owner)
            _synced()
        cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
        with part("web", "--port", str(PORT)) as web:
            Console().print(asyncio.run(_measured(web, cookie, places, given.only)))


def _synced() -> None:
    """Make each connection look as if it had just been synced."""
    from django.utils import timezone  # noqa: PLC0415 - Django is set up now

    from jemmo.domain.streams import Stream  # noqa: PLC0415
    from jemmo.store.models import Connection, StreamCheckpoint, SyncRun  # noqa: PLC0415

    now = timezone.now()
    for connection in Connection.objects.all():
        report = {"streams": {"talents": {"fetched": 3, "updated": 3}}}
        for _ in range(20):
            SyncRun.objects.create(
                connection=connection,
                mode="incremental",
                status="succeeded",
                finished_at=now,
                report=report,
            )
        for stream in Stream:
            StreamCheckpoint.objects.create(connection=connection, stream=stream, synced_at=now)


async def _measured(web: int, cookie: str, places: dict[str, Any], only: str) -> Table:
    table = Table("page", "web ms", "Postgres ms", title="Processor time a request")
    base, postgres = f"http://127.0.0.1:{PORT}", postmaster()
    async with aiohttp.ClientSession(base, headers={"Cookie": cookie}) as session:
        await until_up(session, base)
        open_page = await session.get(
            "/events/"
        )  # so that the server has started to listen for events
        for name, given in PAGES.items():
            if only not in name:
                continue
            path = given.format_map({**places, "now": quote(datetime.now(UTC).isoformat())})
            headers = HEADERS.get(name.partition(":")[0], {})
            await _ask(session, path, headers, WARM)
            least = [math.inf, math.inf]
            for _ in range(ROUNDS):
                before = spent(web), spent(postgres)
                await _ask(session, path, headers, ASKED)
                after = spent(web), spent(postgres)
                used = [end - start for start, end in zip(before, after, strict=True)]
                least = [min(pair) for pair in zip(least, used, strict=True)]
            table.add_row(name, *(f"{each / ASKED / 1000:.1f}" for each in least))
        open_page.close()
    return table


async def _ask(
    session: aiohttp.ClientSession, path: str, headers: dict[str, str], times: int
) -> None:
    """Request the page ``times`` times; of a stream, read only the beginning."""
    for _ in range(times):
        async with session.get(path, headers=headers, allow_redirects=False) as answer:
            assert answer.status == 200, (path, answer.status)
            if answer.content_type == "text/event-stream":
                await answer.content.readline()
                answer.close()
            else:
                await answer.read()


if __name__ == "__main__":
    main()
