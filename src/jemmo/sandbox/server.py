"""Runs a sandbox in this process, for tests and for the command line."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from jemmo.sandbox.clock import Clock
from jemmo.sandbox.company import Company
from jemmo.sandbox.faults import Faults
from jemmo.sandbox.flatchr.start import flatchr
from jemmo.sandbox.greenhouse.app import Greenhouse
from jemmo.sandbox.http import Provider
from jemmo.sandbox.jarvi.start import jarvi
from jemmo.sandbox.options import Options
from jemmo.sandbox.site import Site
from jemmo.sandbox.teamtailor.start import teamtailor
from jemmo.sandbox.template.app import Template

Start = Callable[[Options], tuple[Provider, Faults, Clock]]


def start_company(company: type[Company]) -> Start:
    """Return a function that starts a company of plain records."""

    def start(options: Options) -> tuple[Provider, Faults, Clock]:
        made = company(options)  # type: ignore[call-arg] # a vendor brings its own switches
        return made, made.faults, made.clock

    return start


PROVIDERS: dict[str, Start] = {
    "flatchr": flatchr,
    "greenhouse": start_company(Greenhouse),
    "jarvi": jarvi,
    "teamtailor": teamtailor,
    "template": start_company(Template),
}
HOST = "127.0.0.1"
# Event-loop turns from an accepted connection to its handler, with some to spare
TURNS_TO_ACCEPT = 5


@dataclass(slots=True)
class SandboxServer:
    """A running sandbox; change it directly or through its control API."""

    provider: Provider
    faults: Faults
    clock: Clock
    site: Site
    options: Options
    base_url: str
    _runner: web.ServerRunner
    _socket: socket.socket

    @property
    def world(self) -> Any:
        """The simulated company."""
        return self.provider.world

    @property
    def key(self) -> str:
        """The admin key."""
        return self.options.key

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
    company, faults, clock = PROVIDERS[provider](options)
    site = Site(company, faults, clock)
    server = web.Server(site.handle, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    listener = socket.create_server((HOST, port))
    await web.SockSite(runner, listener).start()
    base_url = f"http://{HOST}:{listener.getsockname()[1]}"
    return SandboxServer(company, faults, clock, site, options, base_url, runner, listener)


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
