"""API keys: plain ones from the options, and one like Flatchr's own, a JWT that expires after a year."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs

from jemmo.sandbox.clock import Clock
from jemmo.sandbox.flatchr.ids import encode
from jemmo.sandbox.flatchr.refusal import Refusal
from jemmo.sandbox.flatchr.switches import Switches
from jemmo.sandbox.http import Call

YEAR_S = 365 * 86_400


def make_jwt(issued_s: int, *, lives_s: int = YEAR_S, secret: str = "sandbox") -> str:  # noqa: S107 - signs a toy
    """Return a key like Flatchr's own."""
    head = _part({"alg": "HS256", "typ": "JWT"})
    body = _part({"id": encode("user", 7), "iat": issued_s, "exp": issued_s + lives_s})
    sign = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{_text(sign)}"


def expiry_s(key: str) -> int | None:
    """Return when a JWT expires, None for any other key."""
    parts = key.split(".")
    if len(parts) != 3:
        return None
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        return int(payload["exp"])
    except (ValueError, KeyError, TypeError):
        return None


class Gate:
    """Checks the key of each request."""

    def __init__(self, clock: Clock, switches: Switches, keys: set[str]) -> None:
        self._clock = clock
        self._switches = switches
        self.keys = keys

    def check(self, call: Call) -> str:
        """Return the key from the header or the query, or refuse."""
        bearer = call.headers.get("Authorization", "").removeprefix("Bearer ")
        key = bearer or parse_qs(call.query).get("token", [""])[0]
        if key not in self.keys:
            raise Refusal(401, "Unauthorized")
        expires = expiry_s(key)
        if expires is not None and expires * 1000 <= self._clock.now_ms():
            self.refuse_expired()
        return key

    def refuse_expired(self) -> None:
        """Refuse an expired key."""
        raise Refusal(int(self._switches.expired_status), "Token expired")


def _part(content: dict[str, Any]) -> str:
    return _text(json.dumps(content, separators=(",", ":")).encode())


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
