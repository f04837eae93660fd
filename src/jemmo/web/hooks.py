"""Where webhooks come in: a small ASGI application beside Django, since it needs no session, page or language.

It answers with a status alone. Whoever does not know an address learns nothing: every path is refused alike.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from jemmo.domain.errors import TransientError
from jemmo.domain.webhooks import MAX_BODY, Bucket, Outcome
from jemmo.services.intake import Intake
from jemmo.vault import default_vault

PREFIX = "/hooks/"
UNAVAILABLE, WRONG_METHOD = 503, 405
MAX_SECRET = 200

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Hooks:
    """The application for ``/hooks/<secret>/``. Its intake is made by the first webhook, in the loop that serves."""

    def __init__(self, *, flood: Callable[[], Bucket] = Bucket) -> None:
        self._flood = flood
        self._intake: Intake | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await _answer(send, WRONG_METHOD)
            return
        body, whole = await _read(scope, receive)
        if not whole:
            return  # the sender has gone
        secret = str(scope["path"]).removeprefix(PREFIX).removesuffix("/")[:MAX_SECRET]
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        try:
            outcome = await self._taken_by().receive(secret, headers, body)
        except TransientError:
            await _answer(send, UNAVAILABLE, retry_after="10")
            return
        retry_after = "60" if outcome is Outcome.FLOOD else None
        await _answer(send, outcome.status, retry_after=retry_after)

    def _taken_by(self) -> Intake:
        if self._intake is None:
            self._intake = Intake(os.environ["DATABASE_URL"], default_vault(), flood=self._flood)
        return self._intake


async def _read(scope: Scope, receive: Receive) -> tuple[bytes | None, bool]:
    """The body, ``None`` if it is too long; and whether the sender stayed to the end.

    What is too long is read no further than the cap, so that it costs no memory.
    """
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if not length.isdigit() or int(length[:20]) > MAX_BODY:
        return None, True
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None, False
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            return None, True
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts), True


async def _answer(send: Send, status: int, *, retry_after: str | None = None) -> None:
    headers = [(b"content-length", b"0"), (b"cache-control", b"no-store")]
    if retry_after is not None:
        headers.append((b"retry-after", retry_after.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
