"""No request may be larger than what any page asks for: the rest is not even read.

Django would first take the whole body, to the disk if need be. Here it is counted as it comes, and cut off.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

LARGEST = 1024 * 1024
TOO_LARGE = "jemmo.too_large"
"""Set in the scope of a request whose body was cut off: what is left of it must not be looked at."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def limited(pages: App) -> App:
    """The application, to which no body above ``LARGEST`` bytes comes through."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await pages(scope, receive, send)
            return
        size = 0
        scope[TOO_LARGE] = _announced(scope) > LARGEST

        async def counted() -> MutableMapping[str, Any]:
            nonlocal size
            if scope[TOO_LARGE] and size == 0:
                size = 1
                return {"type": "http.request", "body": b"", "more_body": False}
            message = await receive()
            size += len(message.get("body", b""))
            if size > LARGEST and message["type"] == "http.request":
                scope[TOO_LARGE] = True
                return {"type": "http.request", "body": b"", "more_body": False}
            return message

        await pages(scope, counted, send)

    return application


def _announced(scope: Scope) -> int:
    given = dict(scope["headers"]).get(b"content-length", b"0")
    return int(given) if given.isdigit() and len(given) < 20 else LARGEST + 1
