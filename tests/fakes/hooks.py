"""A company whose ATS sends webhooks over real HTTP to a real web server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import uvicorn
from fakes.company import Company, company, in_thread

from jemmo.connectors.registry import connector_for
from jemmo.domain.webhooks import BURST, PER_SECOND, Bucket
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.sandbox.teamtailor.webhooks import sign_v2
from jemmo.services.webhooks import endpoints
from jemmo.services.webhooks.endpoints import WebhookStatus
from jemmo.services.webhooks.refetch import RefetchWorker
from jemmo.store.models import Connection
from jemmo.vault import default_vault
from jemmo.web.webhooks.ingest import Hooks

KEY = "webhook-key"


@asynccontextmanager
async def web_server(burst: float = BURST) -> AsyncIterator[str]:
    """Run a web server that receives webhooks; yield its URL."""
    config = uvicorn.Config(
        Hooks(flood=lambda: Bucket(burst, PER_SECOND if burst == BURST else 0.001)),
        port=0,
        log_level="error",
        log_config=None,  # the loggers of this process stay as they are
        lifespan="off",
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving


@dataclass
class Hooked:
    """A connected company, its sandbox, and the address of its webhooks."""

    company: Company
    sandbox: SandboxServer
    base: str
    url: str

    async def post(
        self, body: bytes | str, headers: Mapping[str, str] | None = None, url: str | None = None
    ) -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.post(url or self.url, data=body, headers=dict(headers or {})) as answer,
        ):
            await answer.read()
            return answer.status

    async def signed(self, body: str, *, second: int | None = None, key: str = KEY) -> int:
        second = second or int(datetime.now(UTC).timestamp())
        return await self.post(body, {"TT-Signature": sign_v2(key, body.encode(), second)})

    async def drain(self) -> int:
        """Refetch everything that is due."""
        lane = RefetchWorker(self.company.database_url, default_vault())
        try:
            return await lane.drain()
        finally:
            await lane.close()

    async def connection(self, work: Any) -> Any:
        return await in_thread(lambda: work(Connection.objects.get(id=self.company.id)))

    async def status(self) -> WebhookStatus:
        found: WebhookStatus = await self.connection(endpoints.status)
        return found

    async def counted(self, what: str, number: int = 1) -> None:
        """Wait until the count reaches this number; refusals are written once a second."""
        query = "SELECT coalesce(sum(count), 0) FROM webhook_count WHERE what = %s"
        while await self.company.value(query, what) < number:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def hooked(
    database_url: str,
    provider: str = "teamtailor",
    *,
    options: Mapping[str, str] | None = None,
    synced: bool = True,
    with_key: bool = True,
    burst: float = BURST,
    **sandbox: Any,
) -> AsyncIterator[Hooked]:
    """Connect a company and sync it once; from then on its ATS sends webhooks."""
    switches = {"rate_limit": False, **sandbox.pop("switches", {})}
    async with (
        web_server(burst) as base,
        run_sandbox(provider, **{"talents": 40, "seed": 5, **sandbox}, switches=switches) as server,
    ):
        found = await company(
            database_url, base_url=server.base_url, provider=provider, options=options
        )

        def make() -> str:
            vault, one = default_vault(), Connection.objects.get(id=found.id)
            rules = connector_for(provider).webhooks
            if with_key and rules is not None and rules.verify is not None:
                endpoints.set_signing_key(one, KEY, vault)
            return endpoints.address(one, vault).path

        url = base + await in_thread(make)
        server.provider.announce_to(url)
        if synced:
            await found.sync()
        yield Hooked(found, server, base, url)
