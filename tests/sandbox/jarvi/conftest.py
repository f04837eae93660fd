"""A client that talks to a Jarvi sandbox as a connector would."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from jemmo.sandbox import SandboxServer, run_sandbox

BASE = "/v1/public-api/rest/v2/"
MONDAY_NOON = 1_767_614_400_000  # 2026-01-05T12:00:00Z


class Client:
    """Sends requests with the private key."""

    def __init__(self, server: SandboxServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session

    async def ask(self, name: str, *, key: str = "test-key", **query: Any) -> tuple[int, Any, Any]:
        """Return status, headers and body. Lists and objects in the query are sent as JSON."""
        pairs = {k: v if isinstance(v, str) else json.dumps(v) for k, v in query.items()}
        url = f"{self.server.base_url}{BASE}{name}?{urlencode(pairs)}"
        async with self.session.get(url, headers={"X-API-KEY": key}) as answer:
            return answer.status, answer.headers, await answer.json()

    async def get(self, name: str, **query: Any) -> Any:
        """Return the body; the status must be 200."""
        status, _, body = await self.ask(name, **query)
        assert status == 200, body
        return body

    async def walk(self, name: str, **query: Any) -> list[Any]:
        """Read a list to its end, advancing by the number of rows received."""
        found: list[Any] = []
        while True:
            page = await self.get(name, offset=len(found), **query)
            rows = page.get("data", page.get(name))
            found += rows
            if not rows or len(found) >= page["total"]:
                return found

    async def control(self, name: str, **content: Any) -> Any:
        url = f"{self.server.base_url}/__sandbox__/{name}"
        async with self.session.post(url, json=content) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            return body

    async def truth(self, kind: str) -> dict[str, Any]:
        async with self.session.get(f"{self.server.base_url}/__sandbox__/truth/{kind}") as answer:
            lines = (await answer.text()).splitlines()
        return {one["id"]: one["attributes"] for one in map(json.loads, lines)}


@pytest.fixture
async def account() -> AsyncIterator[Any]:
    """A function that opens Jarvi sandboxes; they close with the test."""
    async with AsyncExitStack() as stack:

        async def start(**options: Any) -> Client:
            options = {"talents": 300, "seed": 3, "frozen_at": MONDAY_NOON, **options}
            options["switches"] = {"rate_limit": False, **options.get("switches", {})}
            server = await stack.enter_async_context(run_sandbox("jarvi", **options))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            return Client(server, session)

        yield start
