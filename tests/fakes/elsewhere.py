"""A server other than the ATS: it gives every request the same response and records the requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Elsewhere:
    url: str = ""
    asked: list[str] = field(default_factory=list)


@asynccontextmanager
async def elsewhere(
    status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> AsyncIterator[Elsewhere]:
    found = Elsewhere()

    async def answer(request: web.BaseRequest) -> web.Response:
        found.asked.append(request.raw_path)
        return web.Response(status=status, body=body, headers=dict(headers or {}))

    runner = web.ServerRunner(web.Server(answer, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield found
    finally:
        await runner.cleanup()
