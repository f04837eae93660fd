"""Clients of the API."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec
from django.conf import settings
from django.test import Client
from django.test.client import ClientHandler

from jemmo.store.db import scope

Asks = Callable[..., Any]


def client() -> Client:
    """Return a client without cookies."""
    fresh = Client()
    fresh.handler = _handler(vars(settings)["_wrapped"])
    return fresh


@lru_cache(maxsize=1)
def _handler(settings_in_force: object) -> ClientHandler:
    """Return a handler, cached while the settings stay the same: a new one lists every static file, which is slow."""
    return ClientHandler(enforce_csrf_checks=False)


def send(
    path: str,
    secret: str,
    method: str = "GET",
    body: Any = None,
    content: Any = b"",
    **headers: Any,
) -> Any:
    """Make a request as the server would, in which the database shows only the request's scope; return the response."""
    content = content if body is None else msgspec.json.encode(body)
    with scope.acting_in(scope.NOBODY):
        return client().generic(
            method,
            f"/api/v1/{path}",
            content,
            content_type="application/json",
            headers={"Authorization": f"Bearer {secret}", **headers},
        )


def ask(path: str, secret: str, status: int = 200, **headers: str) -> Any:
    """Return the body of a list or record; the response must have this status."""
    response = send(path, secret, **headers)
    assert response.status_code == status, response.content
    return response.json() if response.content else response
