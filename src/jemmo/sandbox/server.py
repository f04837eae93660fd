"""Runs a sandbox in this process, for tests and for the command line."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from jemmo.sandbox.account import Account
from jemmo.sandbox.clock import Clock
from jemmo.sandbox.faults import Faults
from jemmo.sandbox.flatchr.app import Flatchr
from jemmo.sandbox.greenhouse.app import Greenhouse
from jemmo.sandbox.jarvi.app import Jarvi
from jemmo.sandbox.options import Options
from jemmo.sandbox.site import Site
from jemmo.sandbox.teamtailor.app import Teamtailor
from jemmo.sandbox.template.app import Template

Providers = dict[str, Callable[[Options], Account]]
PROVIDERS: Providers = {
    "flatchr": Flatchr,
    "greenhouse": Greenhouse,
    "jarvi": Jarvi,
    "teamtailor": Teamtailor,
    "template": Template,
}
HOST = "127.0.0.1"
# Event-loop turns from an accepted connection to its handler, with some to spare
TURNS_TO_ACCEPT = 5


@dataclass(slots=True)
class SandboxServer:
    """A running sandbox; change it directly or through its control API."""

    provider: Account
    site: Site
    base_url: str
    _runner: web.ServerRunner
    _socket: socket.socket

    @property
    def world(self) -> Any:
        """The simulated company."""
        return self.provider.world

    @property
    def faults(self) -> Faults:
        """The faults that are on."""
        return self.provider.faults

    @property
    def clock(self) -> Clock:
        """The simulated time."""
        return self.provider.clock

    @property
    def key(self) -> str:
        """The admin key."""
        return self.provider.options.key

    async def change(
        self,
        op: str,
        kind: str,
        record: int | str | None = None,
        **order: Any,
    ) -> str:
        """Edit, delete, create, move or reject a record; return its id."""
        order |= {"op": op, "type": kind}
        if record is not None:
            order["id"] = record
        return str((await self.provider.change(order))["id"])

    async def close(self) -> None:
        """Stop serving at once; pending requests are cut off.

        First stop accepting, and let connections that were just accepted reach a handler: Python 3.11 never closes
        one that was accepted in the last turns before its server is closed.
        """
        asyncio.get_running_loop().remove_reader(self._socket)
        for _ in range(TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
        await self._runner.cleanup()


async def start(provider: str, options: Options, *, port: int = 0) -> SandboxServer:
    """Serve a provider on the loopback address; port 0 takes any free one."""
    account = PROVIDERS[provider](options)
    site = Site(account)
    server = web.Server(site.handle, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    listener = socket.create_server((HOST, port))
    await web.SockSite(runner, listener).start()
    base_url = f"http://{HOST}:{listener.getsockname()[1]}"
    return SandboxServer(account, site, base_url, runner, listener)


@asynccontextmanager
async def run_sandbox(
    provider: str = "teamtailor",
    *,
    port: int = 0,
    **options: Any,
) -> AsyncIterator[SandboxServer]:
    """Serve a sandbox while the block runs; takes the fields of `Options` as keywords."""
    server = await start(provider, Options(**options), port=port)
    try:
        yield server
    finally:
        await server.close()
