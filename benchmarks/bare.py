"""The least that could be done: fetch talents and applications, decode, COPY a few columns.

No mapping, no upsert, no checkpoint. What a sync is compared with, against the same pages in the same run.
"""

from __future__ import annotations

import asyncio
import time

import aiohttp
import msgspec
import psycopg
from psycopg.rows import TupleRow
from yarl import URL

from benchmarks.company import KEY

HEADERS = {"Authorization": f"Token token={KEY}", "X-Api-Version": "20240404"}
_THIN = "fields%5Bcandidates%5D=internal&fields%5Bjobs%5D=internal&fields%5Bstages%5D=name"
LISTS = (
    "/v1/candidates?include=uploads,custom-field-values,custom-field-values.custom-field",
    f"/v1/job-applications?include=candidate,job,stage,reject-reason&{_THIN}",
)


class Resource(msgspec.Struct):
    id: str
    attributes: dict[str, msgspec.Raw]


class Links(msgspec.Struct):
    next: str | None = None


class Document(msgspec.Struct):
    data: list[Resource]
    links: Links


def rate(address: str, database_url: str) -> float:
    """Records a second."""
    began = time.perf_counter()
    records = asyncio.run(_read(address, database_url))
    return records / (time.perf_counter() - began)


async def _read(address: str, database_url: str) -> int:
    async with (
        aiohttp.ClientSession(headers=HEADERS) as session,
        await psycopg.AsyncConnection.connect(database_url) as db,
    ):
        await db.execute("CREATE TEMP TABLE bare (id text, created text, updated text)")
        return sum([await _walk(session, db, f"{address}{path}") for path in LISTS])


async def _walk(
    session: aiohttp.ClientSession, db: psycopg.AsyncConnection[TupleRow], address: str
) -> int:
    decode = msgspec.json.Decoder(Document).decode
    url: str | None = f"{address}&page%5Bsize%5D=30"
    count = 0
    while url:
        async with session.get(URL(url, encoded=True)) as answer:
            page = decode(await answer.read())
        async with db.cursor() as cursor, cursor.copy("COPY bare FROM STDIN") as copy:
            for one in page.data:
                own = one.attributes
                await copy.write_row(
                    (one.id, bytes(own["created-at"]).decode(), bytes(own["updated-at"]).decode())
                )
        count += len(page.data)
        url = page.links.next
    return count
