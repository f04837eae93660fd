"""A configurable receiver of our webhooks, on a real socket of this machine."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

CHUNK = b"x" * 65536
HUGE = 200_000_000  # bytes


@dataclass
class Receiver:
    """Responds with the statuses in ``answers``, then with ``status``.

    With ``hangs`` it never responds; with ``floods`` it sends too much.
    """

    url: str = ""
    host: str = ""
    status: int = 200
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    text: str = "ok"
    hangs: bool = False
    floods: bool = False
    sent: int = 0
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    heard: threading.Event = field(default_factory=threading.Event)
    on_request: Callable[[], None] | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((headers, await request.read()))
        self.heard.set()
        if self.on_request:
            self.on_request()
        if self.hangs:
            await self.over.wait()
        if self.floods:
            return await self._flood(request)
        status = self.answers.pop(0) if self.answers else self.status
        return web.Response(status=status, text=self.text, headers=self.headers)

    async def _flood(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(HUGE)})
        await response.prepare(request)
        try:
            while self.sent < HUGE:
                await response.write(CHUNK)
                self.sent += len(CHUNK)
        except ConnectionError:
            pass
        return response

    def bodies(self, event: str | None = None) -> list[dict[str, Any]]:
        parsed = [json.loads(body) for _, body in self.requests]
        return [body for body in parsed if event in (None, body["type"])]

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.requests]


@contextmanager
def receiving(count: int = 1) -> Iterator[list[Receiver]]:
    """Run ``count`` receivers in one thread, each on its own port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    receivers = [Receiver() for _ in range(count)]

    async def start(receiver: Receiver) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/hook", receiver.take)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        receiver.host = f"127.0.0.1:{runner.addresses[0][1]}"
        receiver.url = f"http://{receiver.host}/hook"
        return runner

    runners = [asyncio.run_coroutine_threadsafe(start(one), loop).result() for one in receivers]
    try:
        yield receivers
    finally:
        for receiver, runner in zip(receivers, runners, strict=True):
            loop.call_soon_threadsafe(receiver.over.set)
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
