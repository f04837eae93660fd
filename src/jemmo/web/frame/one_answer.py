"""One response for simultaneous requests for the same page: for expensive pages that anyone may request.

The application gets only one request at a time, and its response is reused briefly. So a flood neither keeps it busy
nor delays the request that matters: a load balancer asking whether this process is ready.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, MutableMapping
from typing import Any

from jemmo.web.frame.limits import App, Receive, Scope, Send, answer

FRESH = 1.0  # seconds after its request for which a response is reused
PATIENCE = 10.0  # seconds that a request waits for it

Message = MutableMapping[str, Any]


class SharedProbe:
    """Requests ``path`` from the application anonymously: headers, query and body are not passed on."""

    def __init__(
        self, pages: App, path: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pages, self._path, self._clock = pages, path, clock
        self._asked: asyncio.Task[list[Message]] | None = None
        self._asked_at = 0.0

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
            await answer(send, 405)
            return
        try:
            async with asyncio.timeout(PATIENCE):
                messages = await asyncio.shield(self._answer(scope))
        except TimeoutError:
            await answer(send, 503, retry_after="10")
            return
        for message in messages:
            await send(message)

    def _answer(self, scope: Scope) -> asyncio.Task[list[Message]]:
        """Return the running response, or a recent one. Failed ones are not reused."""
        asked, is_old = self._asked, self._clock() - self._asked_at >= FRESH
        if asked is None or (asked.done() and (is_old or _failed(asked))):
            self._asked = asked = asyncio.create_task(self._ask(scope))
            self._asked_at = self._clock()
        return asked

    async def _ask(self, scope: Scope) -> list[Message]:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        nobody = {**scope, "method": "GET", "query_string": b"", "headers": [], "path": self._path}
        await self._pages(nobody, _nothing_more(), keep)
        return messages


def _failed(asked: asyncio.Task[list[Message]]) -> bool:
    return asked.cancelled() or asked.exception() is not None


def _nothing_more() -> Receive:
    """Return an empty body, then wait forever: a client that leaves must not end the shared request."""
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop()

    return receive
