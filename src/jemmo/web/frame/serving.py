"""The ASGI application of the pages: Django in a fixed number of threads.

Django's own handler gives every request a thread and passes it back and forth between thread and event loop. Here, a
request waits for its turn (``jemmo.services.base.turns``), is processed in one go, and returns its database connection
before the first byte of the response is sent. So slow clients and hour-long event streams hold neither thread nor
connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from io import BytesIO
from typing import IO, Any, cast

from django.conf import settings
from django.core import signals
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import set_script_prefix

from jemmo.services.base import turns
from jemmo.services.base.turns import Busy, FairThreadPool
from jemmo.store.db import budget
from jemmo.web.frame import errors
from jemmo.web.frame.headers import RAW
from jemmo.web.frame.health import may_measure
from jemmo.web.frame.limits import Crowded, InFlight, Receive, Scope, Send, SlowReader
from jemmo.web.frame.middleware import secured
from jemmo.web.frame.peers import holder, sender
from jemmo.web.frame.spooled import Spooled, is_download
from jemmo.web.frame.utf8 import Utf8Request

ANSWERS = InFlight(each=256 * 1024 * 1024, all_of_them=512 * 1024 * 1024)
"""Bytes of large responses being sent, per visitor, per organization, and in total. A file has at most 200 MB."""
LARGE = 1024 * 1024  # bytes; smaller responses are sent even while others take up all of that
SENDING_SECONDS = 900.0  # for a whole response, however steadily its client reads
ALIVE, READY, METRICS = "/healthz", "/readyz", "/metrics"


async def alive(send: Send) -> None:
    """Respond to ``/healthz`` without a thread, a database or anything else that could be busy."""
    headers = [*RAW, (b"content-type", b"text/plain"), (b"content-length", b"3")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok\n"})


class Pages(ASGIHandler):
    """Django's handler, with queued requests. ``limited`` must wrap it, to keep bodies small and in one message."""

    request_class = Utf8Request

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT002 - Django's signature
        """Load a middleware chain that runs entirely in one thread."""
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        body = BytesIO((await receive())["body"])  # in one message: see ``limits.limited``
        answering = asyncio.create_task(self._answer(scope, body, send))
        leaving = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not answering.done():
                answering.cancel()
        await asyncio.gather(answering, leaving, return_exceptions=True)
        if not answering.cancelled():
            answering.result()

    async def _answer(self, scope: Scope, body: IO[bytes], send: Any) -> None:
        request, response = self.create_request(scope, body)
        if request is not None:
            try:
                response = await _line(scope).run(
                    partial(self._respond, scope, request), holder(scope)
                )
            except Busy:
                response = secured(errors.unavailable(request))
        assert response is not None
        with ANSWERS.of(*_holders(scope, request)) as take:
            size = len(response.content) if isinstance(response, HttpResponse) else 0
            if request is not None and size >= LARGE:
                try:
                    take(size)
                except Crowded:  # clients request many files at a time, and read them slowly
                    response = secured(errors.unavailable(request))
            await self._send(response, send)

    async def _send(self, response: HttpResponseBase, send: Any) -> None:
        """Send a response in limited time, unless it is a live stream."""
        is_limited = isinstance(response, HttpResponse | Spooled)
        try:
            async with asyncio.timeout(SENDING_SECONDS if is_limited else None):
                await self.send_response(response, send)
        except TimeoutError:
            raise SlowReader from None
        finally:
            if isinstance(response, Spooled):
                response.file.close()

    def _respond(self, scope: Scope, request: ASGIRequest) -> HttpResponseBase:
        """Build the whole response in a thread, and return the database connection."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            parts = cast("Iterator[bytes]", response.streaming_content)
            if isinstance(response, Spooled):
                response.streaming_content = _later(parts)
            else:
                response.streaming_content = _parts(list(parts))
        response.close()
        return response


def _holders(scope: Scope, request: ASGIRequest | None) -> list[str]:
    """Whose memory a response takes: the visitor's and, once the view knows it, the organization's."""
    membership, token = getattr(request, "membership", None), getattr(request, "token", None)
    caller = membership or token
    return [f"visitor {sender(scope)}", *([f"organization {caller.org_id}"] if caller else [])]


def _line(scope: Scope) -> FairThreadPool:
    path = scope["path"]
    if path == READY or (path == METRICS and may_measure(_authorization(scope))):
        return turns.probes()
    if path.startswith(settings.STATIC_URL):
        return turns.assets()
    return turns.downloads() if budget.web().downloads and is_download(path) else turns.pages()


def _authorization(scope: Scope) -> str:
    return str(dict(scope["headers"]).get(b"authorization", b"").decode("latin-1"))


async def _later(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A file's content, read while it is sent, in threads other than those of the pages."""
    while (part := await asyncio.to_thread(next, parts, None)) is not None:
        yield part


async def _parts(parts: list[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
