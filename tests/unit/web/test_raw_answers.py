"""Responses made without Django have the same headers as all others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

import pytest

from jemmo.web.frame.headers import HEADERS
from jemmo.web.frame.limits import Send, answer
from jemmo.web.frame.serving import alive


@pytest.mark.parametrize(
    "respond", [alive, partial(answer, status=413), partial(answer, status=200)]
)
async def test_responses_without_django_have_all_headers(
    respond: Callable[[Send], Awaitable[None]],
) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await respond(send)
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert {name.lower(): value for name, value in HEADERS.items()}.items() <= found.items()
