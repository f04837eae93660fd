"""The control API under /__sandbox__/: for tests, without key and without rate limit."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qsl

from jemmo.sandbox.account import Account
from jemmo.sandbox.http import Reply
from jemmo.sandbox.record import RequestLog

PREFIX = "/__sandbox__/"
ORDERS = frozenset(("edit", "delete", "create", "move", "reject", "merge"))


class Control:
    """Reads the request log, sets faults and switches, moves the clock, changes the data."""

    def __init__(self, provider: Account, log: RequestLog) -> None:
        self._provider = provider
        self._faults = provider.faults
        self._clock = provider.clock
        self._log = log
        self._reads: dict[str, Callable[[dict[str, str]], Any]] = {
            "": lambda _: self._provider.facts() | {"now_ms": self._clock.now_ms()},
            "requests": lambda query: self._log.report(int(query.get("last", 100))),
            "faults": lambda _: self._faults.on,
            "switches": lambda _: self._provider.switch({}),
        }

    def stream(self, method: str, path: str, base: str) -> AsyncIterator[bytes] | None:
        """Return all records of a type if that is requested, otherwise None."""
        name = path.removeprefix(PREFIX)
        if method != "GET" or not name.startswith("truth/"):
            return None
        return self._provider.truth(name.removeprefix("truth/"), base)

    async def answer(self, method: str, path: str, query: str, body: bytes) -> Reply:
        """Respond to a control request with JSON; to an impossible one with 400 and the reason."""
        name = path.removeprefix(PREFIX)
        try:
            if method == "GET":
                content = self._reads[name](dict(parse_qsl(query)))
            else:
                content = await self._act(name, json.loads(body or b"{}"))
        except (KeyError, ValueError, TypeError) as error:
            return _json(400, {"error": f"{type(error).__name__}: {error}"})
        return _json(200, content)

    async def _act(self, name: str, order: dict[str, Any]) -> Any:
        if name in ORDERS:
            return await self._provider.change({**order, "op": name})
        if name == "reset-requests":
            self._log.reset()
            return {}
        if name == "faults":
            names = order.get("faults", "")
            self._faults.set(",".join(names) if isinstance(names, list) else names)
            return self._faults.on
        if name == "switches":
            return self._provider.switch(order)
        if name == "webhooks":
            self._provider.announce_to(order.get("url"))
            return {"url": order.get("url")}
        if name == "advance":
            self._clock.advance(float(order["seconds"]))
            return {"now_ms": self._clock.now_ms()}
        raise KeyError(name)


def _json(status: int, content: Any) -> Reply:
    return Reply(status, json.dumps(content).encode(), {"Content-Type": "application/json"})
