"""Access control: a private key reads everything, a public key only published offers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from jemmo.sandbox.http import Call
from jemmo.sandbox.jarvi.refusal import Refusal
from jemmo.sandbox.jarvi.switches import Switches

DAY_MS = 86_400_000


@dataclass(slots=True)
class Gate:
    """Checks the key of each request."""

    switches: Switches
    keys: dict[str, str]
    _asked: Counter[tuple[str, int]] = field(default_factory=Counter)

    def scope(self, call: Call) -> str:
        """Return the scope of the key, or refuse."""
        scope = self.keys.get(call.headers.get("X-API-KEY", ""))
        if scope is None:
            raise refused()
        return scope

    def check(self, call: Call, kind: str, scope: str, now_ms: int) -> None:
        """Refuse a public key outside of offers or above its daily limit."""
        if scope != "public":
            return
        if kind != "offers":
            raise Refusal(int(self.switches.public_refusal), "This key may not read this")
        day = (call.headers["X-API-KEY"], now_ms // DAY_MS)
        self._asked[day] += 1
        if self._asked[day] > self.switches.offers_per_day:
            left = str((DAY_MS - now_ms % DAY_MS) // 1000)
            raise Refusal(429, "Daily limit exceeded", Retry_After=left)


def refused() -> Refusal:
    """Return the answer to a wrong key."""
    return Refusal(401, "Invalid API key")
