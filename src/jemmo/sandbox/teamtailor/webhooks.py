"""Company webhooks: signed, sent once, never retried."""

import base64
import hashlib
import hmac
import json
from typing import Any

from jemmo.sandbox.delivery import post
from jemmo.sandbox.teamtailor.switches import Switches
from jemmo.sandbox.teamtailor.world import World

NAMES = {"candidates": "candidate", "jobs": "job", "job-applications": "job_application"}
WATCHED = {
    "candidates": (
        "email first-name last-name phone pitch linkedin-url picture referring-site "
        "referring-url internal restricted-at custom-fields locations"
    ),
    "jobs": (
        "title body pitch status internal employment-type employment-level remote-status "
        "language-code currency min-salary max-salary salary-time-unit start-date end-date "
        "resume-requirement additional-files-requirement recruiter-email user department role "
        "tags custom-fields locations departments team-memberships"
    ),
    "job-applications": "stage rejected-at cover-letter job-title promotion-id",
}


def sign_v1(key: str, record: str) -> str:
    """Sign the id alone: base64 of the hex text (deprecated, replayable)."""
    return base64.b64encode(_hex(key, record.encode()).encode()).decode()


def sign_v2(key: str, body: bytes, second: int) -> str:
    """Sign second and body: base64 of `t=...,v2=...`."""
    digits = _hex(key, f"{second}.".encode() + body)
    return base64.b64encode(f"t={second},v2={digits}".encode()).decode()


def _hex(key: str, text: bytes) -> str:
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()


class Webhooks:
    """Sends one POST per event, if there is an address."""

    def __init__(self, world: World, switches: Switches, url: str | None, key: str) -> None:
        self._world = world
        self._switches = switches
        self.url = url
        self._key = key

    def attributes_before_deletion(
        self, order: dict[str, Any]
    ) -> dict[tuple[str, int], dict[str, Any]]:
        """Return the attributes of a record about to be deleted, if its webhook contains them."""
        kind = str(order.get("type"))
        if self._switches.webhook_destroy != "full" or order["op"] != "delete":
            return {}
        table = self._world.tables[kind]
        record = int(order["id"])
        return {(kind, record): self._attributes(kind, record)} if table.exists(record) else {}

    async def send(
        self, action: str, kind: str, record: int, changed: set[str],
        kept: dict[tuple[str, int], dict[str, Any]],
    ) -> dict[str, Any] | None:  # fmt: skip
        """Send one event; return the receiver's response, None if there was nothing to send."""
        if self.url is None or kind not in NAMES:
            return None
        if action == "update" and not changed & set(WATCHED[kind].split()):
            return None
        name = f"{NAMES[kind]}.{action}"
        gone = action == "destroy"
        attributes = kept.get((kind, record), {}) if gone else self._attributes(kind, record)
        body, signature = self._body(name, kind, record, attributes)
        delivery = await post(self.url, body, {"TT-Signature": signature})
        return {"event": name, "id": str(record), **delivery}

    def _attributes(self, kind: str, record: int) -> dict[str, Any]:
        table = self._world.tables[kind]
        values = zip(table.attributes, table.values(record), strict=True)
        known: dict[str, Any] = {name: json.loads(value) for name, value in values}
        if kind != "job-applications":
            return known
        snake = {name.replace("-", "_"): value for name, value in known.items()}
        for name in ("job", "stage"):
            ids = self._world.related(kind, record, name)
            snake[f"{name}_id"] = ids[0] if ids else None
        return snake | {"id": record, "last_moved_at": snake.pop("changed_stage_at", None)}

    def _body(
        self, name: str, kind: str, record: int, attributes: dict[str, Any]
    ) -> tuple[bytes, str]:
        second = self._world.clock.now_ms() // 1000
        data = {"id": str(record), "type": kind, "attributes": attributes}
        content: dict[str, Any] = {"payload": {"event_name": name, "data": data}}
        if self._switches.webhook_shape == "flat":
            flat = {key.replace("-", "_"): value for key, value in attributes.items()}
            content = {"event_name": name, "id": record, **flat}
        if self._switches.webhook_version == "v1":
            signature = sign_v1(self._key, str(record))
            return json.dumps(content | {"signature": signature}).encode(), signature
        if self._switches.webhook_signed == "payload" and "payload" in content:
            signature = sign_v2(self._key, json.dumps(content["payload"]).encode(), second)
            return json.dumps(content | {"signature": signature}).encode(), signature
        body = json.dumps(content).encode()  # a body cannot hold its own signature
        return body, sign_v2(self._key, body, second)
