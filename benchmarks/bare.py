"""The minimal work as a baseline for a sync: fetch talents and applications, decode, COPY a few columns.

It does no mapping, upserts, checkpoints or encryption. It makes the same requests as a sync, reads both lists
concurrently like a sync, and runs against the same sandbox in the same run.
"""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Sequence

import aiohttp
import msgspec
import psycopg
from yarl import URL

from benchmarks.company import KEY

HEADERS = {"Authorization": f"Token token={KEY}", "X-Api-Version": "20240404"}
LISTS = ("/v1/candidates", "/v1/job-applications")


class Resource(msgspec.Struct):
    id: str
    attributes: dict[str, msgspec.Raw]


class Links(msgspec.Struct):
    next: str | None = None


class Document(msgspec.Struct):
    data: list[Resource]
    links: Links


def addresses(company: str) -> list[str]:
    """Return the first address of each list, from the log of a sandbox that has just served a short sync."""
    with urllib.request.urlopen(f"{company}/__sandbox__/requests?last=1000") as answer:  # noqa: S310 - our own program
        asked = [one["target"] for one in json.load(answer)["last"]]
    return [
        next(one for one in asked if one.startswith(f"{path}?") and "page%5Bsize%5D=30" in one)
        for path in LISTS
    ]


def rate(address: str, lists: Sequence[str], database_url: str) -> float:
    """Return the number of records per second."""
    began = time.perf_counter()
    records = asyncio.run(_read([f"{address}{path}" for path in lists], database_url))
    return records / (time.perf_counter() - began)


async def _read(lists: Sequence[str], database_url: str) -> int:
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        return sum(await asyncio.gather(*(_walk(session, one, database_url) for one in lists)))


async def _walk(session: aiohttp.ClientSession, address: str, database_url: str) -> int:
    decode = msgspec.json.Decoder(Document).decode
    url: str | None = address
    count = 0
    async with await psycopg.AsyncConnection.connect(database_url) as db:
        await db.execute("CREATE TEMP TABLE bare (id text, created text, updated text)")
        while url:
            async with session.get(URL(url, encoded=True)) as answer:
                page = decode(await answer.read())
            async with db.cursor() as cursor, cursor.copy("COPY bare FROM STDIN") as copy:
                for one in page.data:
                    own = one.attributes
                    times = (own["created-at"], own["updated-at"])
                    await copy.write_row((one.id, *(bytes(when).decode() for when in times)))
            count += len(page.data)
            url = page.links.next
    return count
