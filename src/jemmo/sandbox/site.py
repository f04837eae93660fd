"""The HTTP side of every provider: one catch-all handler and the transport faults."""

import asyncio
from collections.abc import AsyncIterator
from email.utils import formatdate

from aiohttp import web

from jemmo.sandbox.account import Account
from jemmo.sandbox.control import PREFIX, Control
from jemmo.sandbox.http import Call, Reply
from jemmo.sandbox.record import RequestLog

HTML = b"<!DOCTYPE html><html><head><title>Sorry</title></head><body><h1>%s</h1></body></html>"
BROKEN = (
    (500, b""), (502, HTML % b"502 Bad Gateway"), (503, HTML % b"Down for maintenance"), (504, b"")
)  # fmt: skip
MEDIA_TYPE = "application/vnd.api+json"


class Site:
    """Serves one provider, its files and the control API from one address."""

    def __init__(self, provider: Account) -> None:
        self.provider = provider
        self.log = RequestLog()
        self._faults = provider.faults
        self._clock = provider.clock
        self._control = Control(provider, self.log)
        self._broken = 0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer any request."""
        path, _, query = request.raw_path.partition("?")
        base = f"http://{request.headers.get('Host', '')}"
        if path.startswith(PREFIX):
            return await self._handle_control(request, path, query, base)
        body = await request.read() if request.method == "POST" else b""
        call = Call(request.method, path, query, request.headers, base, body)
        if path.startswith(self.provider.file_prefix):
            return self._respond(call, request, self.provider.download(call))
        if not self._faults.on:
            return self._respond(call, request, self.provider.answer(call))
        return await self._handle_with_faults(call, request)

    def _respond(self, call: Call, request: web.BaseRequest, reply: Reply) -> web.Response:
        now = self._clock.now_ms()
        self.log.add(now, call.method, reply.template, request.raw_path, reply.status)
        headers = reply.headers
        headers.setdefault("Content-Type", MEDIA_TYPE)
        headers.setdefault("Date", formatdate(now / 1000, usegmt=True))
        return web.Response(status=reply.status, body=reply.body, headers=headers)

    async def _handle_with_faults(self, call: Call, request: web.BaseRequest) -> web.StreamResponse:
        faults = self._faults
        if "slow" in faults.on:
            await asyncio.sleep(faults.on["slow"] / 1000)
        if faults.strikes("stall"):
            self._log_request(call, request, 0)
            await asyncio.sleep(3600)
        if faults.strikes("flaky5xx"):
            status, body = BROKEN[self._broken % len(BROKEN)]
            self._broken += 1
            headers = {"Content-Type": "text/html"}
            return self._respond(call, request, Reply(status, body, headers, call.path))
        if faults.strikes("html"):
            page = HTML % b"Please log in"
            return self._respond(
                call, request, Reply(200, page, {"Content-Type": "text/html"}, call.path)
            )
        reply = self.provider.answer(call)
        if changed := faults.event_to_await(call.path):
            await changed.wait()
        if reply.status == 200 and faults.strikes("cut_json"):
            reply.body = reply.body[: len(reply.body) // 2]
        if reply.status == 200 and faults.strikes("truncated"):
            return await self._truncate(call, request, reply)
        return self._respond(call, request, reply)

    def _log_request(self, call: Call, request: web.BaseRequest, status: int) -> None:
        self.log.add(self._clock.now_ms(), call.method, call.path, request.raw_path, status)

    async def _truncate(
        self, call: Call, request: web.BaseRequest, reply: Reply
    ) -> web.StreamResponse:
        self.log.add(self._clock.now_ms(), call.method, reply.template, request.raw_path, 200)
        headers = {"Content-Type": MEDIA_TYPE, **reply.headers}
        headers["Content-Length"] = str(len(reply.body))
        answer = web.StreamResponse(headers=headers)
        await answer.prepare(request)
        await answer.write(reply.body[: len(reply.body) // 2])
        if request.transport is not None:
            request.transport.close()
        return answer

    async def _handle_control(
        self, request: web.BaseRequest, path: str, query: str, base: str
    ) -> web.StreamResponse:
        stream = self._control.stream(request.method, path, base)
        if stream is not None:
            return await self._stream(request, stream)
        reply = await self._control.answer(request.method, path, query, await request.read())
        return web.Response(status=reply.status, body=reply.body, headers=reply.headers)

    async def _stream(
        self, request: web.BaseRequest, lines: AsyncIterator[bytes]
    ) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        try:
            first = await anext(lines, b"")
        except KeyError as error:
            return web.Response(status=404, text=f"no type {error}")
        await answer.prepare(request)
        await answer.write(first)
        async for line in lines:
            await answer.write(line)
        await answer.write_eof()
        return answer
