"""A client that talks to a Flatchr sandbox as a connector would."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from jemmo.sandbox import SandboxServer, run_sandbox

NOON = 1_767_614_400_000  # 2026-01-05T12:00:00Z


class Client:
    """Sends requests with the key."""

    def __init__(self, server: SandboxServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session
        self.company = server.provider.facts()["options"]["company_id"]

    async def ask(
        self, path: str, body: Any = None, *, key: str | None = "test-key", method: str = ""
    ) -> tuple[int, Any, Any]:
        """Return status, headers and body (parsed if it is JSON); a body makes it a POST."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        method = method or ("GET" if body is None else "POST")
        url = f"{self.server.base_url}/{path.replace('COMPANY', f'company/{self.company}')}"
        async with self.session.request(
            method, url, json=body, headers=headers, allow_redirects=False
        ) as answer:
            found = await answer.read()
            if "json" in answer.content_type and found:
                return answer.status, answer.headers, json.loads(found)
            return answer.status, answer.headers, found

    async def get(self, path: str) -> Any:
        status, _, body = await self.ask(path)
        assert status == 200, body
        return body

    async def search(self, **criteria: Any) -> Any:
        status, _, body = await self.ask("COMPANY/search/applicants", criteria)
        assert status == 200, body
        return body

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
    """A function that opens Flatchr sandboxes; they close with the test."""
    async with AsyncExitStack() as stack:

        async def start(**options: Any) -> Client:
            options = {"talents": 120, "seed": 3, "frozen_at": NOON, **options}
            options["switches"] = {"rate_limit": False, **options.get("switches", {})}
            server = await stack.enter_async_context(run_sandbox("flatchr", **options))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            return Client(server, session)

        yield start
