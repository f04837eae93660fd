"""A client that talks to a sandbox as a connector would."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from jemmo.sandbox import SandboxServer, run_sandbox

VERSION = "20240904"
NOON = 1_767_268_800_000  # 2026-01-01T12:00:00Z


class Client:
    """Sends requests with the key and version a connector would send."""

    def __init__(self, server: SandboxServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session

    async def ask(
        self, path: str, *, method: str = "GET", **headers: str | None
    ) -> tuple[int, Any, Any]:
        """Return status, headers and body (parsed if it is JSON)."""
        sent = {"Authorization": f"Token token={self.server.key}", "X-Api-Version": VERSION}
        sent |= {name.replace("_", "-"): value for name, value in headers.items() if value}
        for name, value in headers.items():
            if value is None:
                sent.pop(name.replace("_", "-"))
        url = path if path.startswith("http") else self.server.base_url + path
        async with self.session.request(method, url, headers=sent) as answer:
            body = await answer.read()
            if "json" in answer.content_type and body:
                return answer.status, answer.headers, await answer.json(content_type=None)
            return answer.status, answer.headers, body

    async def get(self, path: str) -> Any:
        """Return the body; the status must be 200."""
        status, _, body = await self.ask(path)
        assert status == 200, (path, body)
        return body

    async def walk(self, path: str) -> list[Any]:
        """Follow links.next to the end and return all records."""
        found: list[Any] = []
        url: str | None = path
        while url is not None:
            page = await self.get(url)
            found += page["data"]
            url = page["links"].get("next")
        return found

    async def control(self, name: str, **content: Any) -> Any:
        """Post one order to the control API."""
        url = f"{self.server.base_url}/__sandbox__/{name}"
        async with self.session.post(url, json=content) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            return body


Opener = Callable[..., Any]


@pytest.fixture
async def sandbox() -> AsyncIterator[Opener]:
    """A function that opens sandboxes of any kind; they close with the test."""
    async with AsyncExitStack() as stack:

        async def start(**options: Any) -> Client:
            options = {"talents": 100, "seed": 3, "frozen_at": NOON, **options}
            options["switches"] = {"rate_limit": False, **options.get("switches", {})}
            server = await stack.enter_async_context(run_sandbox(**options))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            return Client(server, session)

        yield start
