"""Programs that use the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from django.test import Client

from jemmo.store.db import scope

Asks = Callable[..., Any]


def send(
    path: str,
    secret: str,
    method: str = "GET",
    body: Any = None,
    content: Any = b"",
    **headers: Any,
) -> Any:
    """The response of a request, made as the server does it: nothing is seen but what the request's scope shows."""
    content = content if body is None else msgspec.json.encode(body)
    with scope.acting_in(scope.NOBODY):
        return Client().generic(
            method,
            f"/api/v1/{path}",
            content,
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}", **headers},
        )


def ask(path: str, secret: str, status: int = 200, **headers: str) -> Any:
    """What a list or record answers, which must be with this status."""
    response = send(path, secret, **headers)
    assert response.status_code == status, response.content
    return response.json() if response.content else response
