"""An OpenTelemetry collector that stores the spans it receives over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Collector:
    def __init__(self) -> None:
        self.url = ""
        self.bodies: list[bytes] = []
        self._arrived = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        async with self._arrived:
            self.bodies.append(await request.read())
            self._arrived.notify_all()
        return web.Response(content_type="application/x-protobuf")

    @property
    def spans(self) -> list[Any]:
        requests = (ExportTraceServiceRequest.FromString(body) for body in self.bodies)
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    async def named(self, name: str) -> Any:
        """Wait for the first span with this name and return it."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: any(span.name == name for span in self.spans))
        return next(span for span in self.spans if span.name == name)


def attributes(span: Any) -> dict[str, Any]:
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes
    }


@asynccontextmanager
async def collector() -> AsyncIterator[Collector]:
    running = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", running.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    running.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield running
    await runner.cleanup()
