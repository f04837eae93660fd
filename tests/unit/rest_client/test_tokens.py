"""Tokens obtained with a client id and secret, over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from jemmo.connectors.refusals import refusals
from jemmo.domain.errors import ConfigError, PermanentError
from jemmo.rest_client import RestClient
from jemmo.rest_client.tokens import ClientCredentials

REFUSE = refusals("Acme", key_help="Ask Acme.", status_page="https://status.example.com")


@dataclass
class Api:
    """Issues numbered tokens and accepts only the newest."""

    grant: dict[str, Any] = field(default_factory=lambda: {"expires_in": 3600})
    good: bool = True
    tokens: int = 0
    forms: list[str] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        if request.path == "/token":
            self.forms.append((await request.read()).decode())
            if not self.good:
                return web.Response(status=401)
            self.tokens += 1
            body = {"access_token": f"token-{self.tokens}", **self.grant}
            return web.Response(body=json.dumps(body).encode())
        sent = request.headers.get("Authorization")
        if not self.good or sent != f"Bearer token-{self.tokens}":
            return web.Response(status=401)
        return web.Response(body=b"[1]")


@pytest.fixture
async def api() -> AsyncIterator[tuple[Api, RestClient, ClientCredentials]]:
    found = Api()
    runner = web.ServerRunner(web.Server(found.answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    tokens = RestClient(base, headers={"Authorization": "Basic x"}, refuse=REFUSE, pacer=None)
    sign = ClientCredentials(tokens, "token", {"sub": "7"})
    client = RestClient(base, headers={}, refuse=REFUSE, pacer=None, sign=sign)
    yield found, client, sign
    await client.close()
    await tokens.close()
    await runner.cleanup()


async def read(client: RestClient) -> Any:
    return await client.get("things", json.loads)


async def test_many_requests_share_one_token(api: Any) -> None:
    found, client, _ = api
    assert await asyncio.gather(*(read(client) for _ in range(6))) == [[1]] * 6
    assert found.tokens == 1
    assert found.forms == ["grant_type=client_credentials&sub=7"]


async def test_a_token_that_is_refused_is_replaced_once_for_all(api: Any) -> None:
    found, client, _ = api
    await read(client)
    found.tokens += 1  # the current token is no longer valid
    assert await asyncio.gather(*(read(client) for _ in range(6))) == [[1]] * 6
    assert found.tokens == 3


@pytest.mark.parametrize("grant", [{"expires_in": 30}, {"expires_at": "2020-01-01T00:00:00Z"}])
async def test_an_expiring_token_is_not_reused(api: Any, grant: dict[str, Any]) -> None:
    found, client, _ = api
    found.grant = grant
    await read(client)
    await read(client)
    assert found.tokens == 2


async def test_a_refused_secret_leads_to_the_next_step(api: Any) -> None:
    found, client, _ = api
    await read(client)
    found.good = False
    with pytest.raises(ConfigError) as told:
        await read(client)
    assert told.value.code == "key_refused"
    assert "Ask Acme." in told.value.next_step


async def test_a_response_without_a_token_is_reported(api: Any) -> None:
    found, client, _ = api
    found.grant = {"access_token": "two\nlines"}
    with pytest.raises(PermanentError) as told:
        await read(client)
    assert told.value.code == "no_token"
