"""Sources that read a Jarvi sandbox over HTTP, on the sandbox's clock if time matters."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from jemmo.connectors.jarvi.connector import JARVI
from jemmo.connectors.jarvi.source import JarviSource
from jemmo.connectors.jarvi.time_budget import Clock
from jemmo.domain.ports import QuotaLedger
from jemmo.domain.streams import Start, Stream
from jemmo.sandbox import SandboxServer, run_sandbox

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(text: str) -> int:
    """Return a time in milliseconds, for ``frozen_at``."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def clock_of(server: SandboxServer) -> Clock:
    """Return a clock that shows the sandbox's time; waiting moves it forward."""

    async def sleep(seconds: float) -> None:
        server.clock.advance(seconds + 0.001)

    return Clock(lambda: EPOCH + timedelta(milliseconds=server.clock.now_ms()), sleep)


def source_of(
    server: SandboxServer,
    clock: Clock | None = None,
    ledger: QuotaLedger | None = None,
    key: str | None = None,
    **options: str,
) -> JarviSource:
    config = JARVI.configure(key or server.key, server.base_url, options)
    if ledger is not None:
        config = replace(config, ledger=ledger)
    return JarviSource(config, clock)


async def read(source: JarviSource, stream: Stream, start: Start | None = None) -> dict[str, Any]:
    """Every raw record of a stream, by id."""
    return {
        str(one.remote_id): one.body
        async for page in source.pages(stream, start or Start())
        for one in page.raw
    }


Opener = Callable[..., Awaitable[SandboxServer]]


@pytest.fixture
async def jarvi() -> AsyncIterator[Opener]:
    """A function that opens Jarvi sandboxes; they close with the test."""
    async with AsyncExitStack() as stack:

        async def start(**options: Any) -> SandboxServer:
            options = {"talents": 150, "seed": 3, **options}
            options["switches"] = {"rate_limit": False, **options.get("switches", {})}
            return await stack.enter_async_context(run_sandbox("jarvi", **options))

        yield start


def talents_of(server: SandboxServer) -> set[str]:
    """Return the ids of the talents that were not deleted."""
    rows = server.provider._rows("profiles")  # type: ignore[attr-defined]
    return {row["id"] for row in rows if row["isTalent"] and row["deletedAt"] is None}
