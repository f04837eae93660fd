"""Long responses, which hold neither a thread nor a database connection while they wait."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db import DatabaseError, connections
from django.http import StreamingHttpResponse
from django.utils import timezone

from jemmo.api import records
from jemmo.api.cursors import Place
from jemmo.api.problems import Problem
from jemmo.services.accounts import tokens
from jemmo.services.base import turns
from jemmo.services.base.turns import Busy
from jemmo.services.notifications import live
from jemmo.store.db import scope
from jemmo.store.feed.reading import Range
from jemmo.store.models import ApiToken
from jemmo.store.records.export import KINDS

T = TypeVar("T")
MOST_STREAMS = 4  # per token at the same time, in a process
HEARTBEAT = 15.0  # seconds; proxies close silent connections, and a token may have been revoked
CHUNK = 500  # records read at once
RETRIES = 30  # per chunk, a second apart, while the database is busy

Page = dict[str, Any]
Read = Callable[[ApiToken, int], Page]
"""Reads the page after a number."""

_streams: Counter[UUID] = Counter()


class Ended(Exception):
    """The token was revoked or has expired."""


def later(token: ApiToken, empty: Page, wait: float, read: Read) -> StreamingHttpResponse:
    """The page once there are changes, or an empty one when the time is over."""
    return _streamed(token, _waited(token, empty, wait, read), "application/json")


def events(token: ApiToken, page: Page, read: Read) -> StreamingHttpResponse:
    """Changes as server-sent events, until the client leaves or the token ends."""
    response = _streamed(token, _events(token, page, read), "text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return response


def lines(
    token: ApiToken, name: str, seq: int, ids: Range, parts: Collection[str]
) -> StreamingHttpResponse:
    """Records as JSON lines. Only the last line of a complete response has ``seq``."""
    return _streamed(token, _lines(token, name, seq, ids, parts), "application/jsonl")


def _streamed(
    token: ApiToken, content: AsyncIterator[bytes], content_type: str
) -> StreamingHttpResponse:
    if _streams[token.pk] >= MOST_STREAMS:
        raise Problem(429, "too_many_streams", most=MOST_STREAMS, headers={"Retry-After": "5"})
    return StreamingHttpResponse(_counted(token, content), content_type=content_type)


async def _counted(token: ApiToken, content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    with opened(token):
        async for part in content:
            yield part


@contextmanager
def opened(token: ApiToken) -> Iterator[None]:
    """Count a stream while it is open."""
    _streams[token.pk] += 1
    try:
        yield
    finally:
        _streams[token.pk] -= 1
        if not _streams[token.pk]:
            del _streams[token.pk]


async def _waited(token: ApiToken, empty: Page, wait: float, read: Read) -> AsyncIterator[bytes]:
    page = empty
    async with live.hub().feed(token.org_id) as changed:
        loop = asyncio.get_running_loop()
        until = loop.time() + wait
        while not page["data"]:
            page = await _answered(token, _from(read, page), page)
            left = until - loop.time()
            if page["data"] or left <= 0 or live.hub().closed:
                break
            await _woken(changed, left)
    yield msgspec.json.encode(page)


async def _events(token: ApiToken, page: Page, read: Read) -> AsyncIterator[bytes]:
    async with live.hub().feed(token.org_id) as changed:
        yield b"retry: 2000\n\n"
        while True:
            for change in page["data"]:
                text = msgspec.json.encode(change).decode()
                yield f"id: {change['seq']}\nevent: change\ndata: {text}\n\n".encode()
            if not page["data"]:
                yield f"id: {page['next_after']}\n: alive\n\n".encode()
                if live.hub().closed:
                    return
                await _woken(changed, HEARTBEAT)
            try:
                page = await _turn(token, _from(read, page))
            except Ended:
                return
            except Problem as problem:
                text = msgspec.json.encode(problem.document).decode()
                yield f"event: problem\ndata: {text}\n\n".encode()
                return
            except (Busy, DatabaseError):
                page = {**page, "data": []}


async def _answered(token: ApiToken, work: Callable[[ApiToken], Page], otherwise: Page) -> Page:
    """A page, or ``otherwise`` if the token or the database fails, so that the caller can retry."""
    try:
        return await _turn(token, work)
    except (Ended, Problem, Busy, DatabaseError):
        return otherwise


async def _lines(
    token: ApiToken, name: str, seq: int, ids: Range, parts: Collection[str]
) -> AsyncIterator[bytes]:
    place: Place | None = None
    tries = 0
    while True:
        try:
            work = partial(_chunk, name=name, place=place, ids=ids, parts=parts)
            rows, place = await _turn(token, work)
        except Ended:
            return
        except (Busy, DatabaseError):
            tries += 1
            if tries > RETRIES:
                return
            await asyncio.sleep(1)
            continue
        yield b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
        if place is None:
            break
    yield msgspec.json.encode({"seq": seq}) + b"\n"


def _chunk(
    token: ApiToken, *, name: str, place: Place | None, ids: Range, parts: Collection[str]
) -> tuple[list[dict[str, Any]], Place | None]:
    kind = KINDS[name]
    shown = kind.shown(token.org)
    if ids.first:
        shown = shown.filter(id__gte=ids.first)
    if ids.end:
        shown = shown.filter(id__lt=ids.end)
    batch = records.following(token.org, shown, place, CHUNK)
    last = batch[-1] if len(batch) == CHUNK else None
    rows = records.rows_of(token, kind, batch, parts)
    return rows, last and Place(last.connection_id, last.remote_id)


def _from(read: Read, page: Page) -> Callable[[ApiToken], Page]:
    """Reads the page after this one."""
    return lambda token: read(token, page["next_after"])


async def _woken(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        pass
    changed.clear()


async def _turn(token: ApiToken, work: Callable[[ApiToken], T]) -> T:
    """Do work with the token's current rights, in a page thread. Raises ``Ended``."""
    return await turns.pages().run(partial(_as_token, token, work), f"token {token.pk}")


def _as_token(token: ApiToken, work: Callable[[ApiToken], T]) -> T:
    try:
        with scope.acting_in(scope.SIGN_IN):
            current = tokens.still_live(token, timezone.now())
        if current is None or current.scopes != token.scopes:
            raise Ended
        with scope.acting_in(tokens.scope_of(current)):
            return work(current)
    finally:
        connections.close_all()
