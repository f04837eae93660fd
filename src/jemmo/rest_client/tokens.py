"""Access tokens for a client id and secret (OAuth 2.0, client credentials; RFC 6749, 4.4)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from jemmo.domain.errors import PermanentError
from jemmo.domain.validation import parse_time
from jemmo.rest_client.client import RestClient

SPARE = 60.0  # seconds before its expiry at which a token is no longer used
LIFE = 3600.0  # seconds, if the API doesn't say


class ClientCredentials:
    """Signs requests with a token, and requests a new one if there is none, or the last one expired or was refused.

    A ``Sign`` for ``RestClient``. ``client`` sends requests to the token endpoint, and ``form`` has additional form
    fields.
    """

    def __init__(self, client: RestClient, path: str, form: Mapping[str, str]) -> None:
        self.client = client
        self._path = path
        self._form = {"grant_type": "client_credentials", **form}
        self._signed: dict[str, str] = {}
        self._ends = 0.0
        self._asking = asyncio.Lock()

    async def __call__(self, refused: Mapping[str, str] | None) -> Mapping[str, str]:
        async with self._asking:  # one token for all waiting requests
            stale = refused is not None and refused == self._signed
            if stale or time.monotonic() >= self._ends:
                await self._renew()
            return self._signed

    async def _renew(self) -> None:
        answer = await self.client.submit(self._path, self._form, msgspec.json.decode)
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise PermanentError("no_token")
        self._signed = {"Authorization": f"Bearer {token}"}
        self._ends = time.monotonic() + max(0.0, _life(answer) - SPARE)


def _life(answer: dict[str, Any]) -> float:
    """Return a token's lifetime in seconds from ``expires_in``, which some APIs send as a timestamp."""
    seconds = answer.get("expires_in")
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        return float(seconds)
    ends = parse_time(answer.get("expires_at"))
    return LIFE if ends is None else ends.timestamp() - time.time()
