"""Triggers: an unsigned POST in one of several shapes, since the payload is not documented."""

from __future__ import annotations

from typing import Any

from jemmo.sandbox.delivery import post
from jemmo.sandbox.jarvi.switches import Switches


class Triggers:
    """Sends one POST per change of a profile or of its place in a project."""

    def __init__(self, switches: Switches, url: str | None) -> None:
        self._switches = switches
        self.url = url

    async def send(self, kind: str, order: dict[str, Any], record: str) -> dict[str, Any] | None:
        """Send one event; return the receiver's response, None if there was nothing to send."""
        if self.url is None or kind not in {"profiles", "applications"}:
            return None
        delivery = await post(self.url, self.body(kind, record))
        return {"event": str(order["op"]), "id": record, **delivery}

    def body(self, kind: str, record: str) -> dict[str, Any]:
        """Return an event's body."""
        name = "profile" if kind == "profiles" else "projectProfile"
        shapes: dict[str, dict[str, Any]] = {
            "flat": {f"{name}Id": record},
            "nested": {name: {"id": record}},
            "deep": {"trigger": {"name": "Relance"}, "event": {"data": [{name: {"id": record}}]}},
        }
        return shapes[self._switches.webhook_shape]
