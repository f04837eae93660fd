"""Changes made through the control API: applied, added to the journal, announced by webhook."""

import json
from collections.abc import Iterable
from typing import Any

from jemmo.sandbox import changes
from jemmo.sandbox.clock import parse_ms
from jemmo.sandbox.table import Table
from jemmo.sandbox.teamtailor.webhooks import Webhooks
from jemmo.sandbox.teamtailor.world import World

CASCADE = {
    "candidates": ("job-applications", "uploads", "custom-field-values", "notes"),
    "jobs": ("stages", "custom-field-values"),
    "stages": ("job-applications",),
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "candidates": {"connected": False, "internal": False, "referred": False, "sourced": False,
                   "unsubscribed": False, "tags": []},
    "jobs": {"status": "open", "human-status": "published", "internal": False, "pinned": False,
             "tags": [], "title": "New job", "body": "", "remote-status": "none",
             "employment-type": "none", "employment-level": "none", "language-code": "en"},
    "job-applications": {"row-order": 0, "sourced": False},
}  # fmt: skip
NEW_STAGES = (("Inbox", "Inbox"), ("Interview", "In process"), ("Hired", "Hired"))
Event = tuple[str, str, int, set[str]]


class Changes(changes.Changes[tuple[int, list[Event]]]):
    """Edits, deletions and creations of any type."""

    _world: World
    _webhooks: Webhooks

    async def carry_out(self, order: dict[str, Any]) -> dict[str, Any]:
        bodies = self._webhooks.attributes_before_deletion(order)
        record, events = self.apply(order)
        sent = [await self._webhooks.send(*event, bodies) for event in events]
        return {"id": str(record), "webhooks": [answer for answer in sent if answer]}

    def _apply(self, order: dict[str, Any]) -> tuple[int, list[Event]]:
        """Apply one order: op, type, id, attributes, relationships, at."""
        table = self._world.tables[self._kind(order)]
        if order["op"] == "create":
            order.setdefault("id", table.next_id())
        record = int(order["id"])
        if order["op"] != "create" and not table.exists(record):
            raise KeyError(f"{table.type} {record}")
        apply_operation = getattr(self, f"_{order['op']}", None)
        if apply_operation is None:
            raise ValueError(f"unknown operation {order['op']}")
        events: list[Event] = apply_operation(table, record, order)
        self._world.changed()
        return record, events

    def _moment(self, value: Any) -> int:
        return self._world.clock.moment(value, self._world.local.zone)

    def _kind(self, order: dict[str, Any]) -> str:
        kind = str(order.get("type", "job-applications"))
        return {"candidate": "candidates", "job": "jobs", "application": "job-applications",
                "job-application": "job-applications"}.get(kind, kind)  # fmt: skip

    def _links(self, table: Table, relationships: dict[str, Any]) -> dict[str, tuple[int, ...]]:
        links: dict[str, tuple[int, ...]] = {}
        for name, ids in relationships.items():
            table.relations[name]  # an unknown name is an error
            many = ids if isinstance(ids, list) else [ids]
            links[name] = tuple(int(n) for n in many if n is not None)
        return links

    def _edit(self, table: Table, record: int, order: dict[str, Any]) -> list[Event]:
        attributes, overlay = order.get("attributes") or {}, table.overlay
        unknown = attributes.keys() - set(table.attributes)
        if unknown:
            raise ValueError(f"{table.type} has no {', '.join(sorted(unknown))}")
        links = self._links(table, order.get("relationships") or {})
        quiet = order.get("quiet") and record not in overlay.updated
        at = table.updated_ms(record) if order.get("quiet") else order["at"]
        if "updated-at" in attributes and not quiet:
            at = parse_ms(attributes["updated-at"], self._world.local.zone)
        overlay.attributes.setdefault(record, {}).update(attributes)
        if links:
            overlay.links.setdefault(record, {}).update(links)
        if order.get("file") is not None:
            overlay.files.setdefault(record, []).append(str(order["file"]))
        overlay.updated[record] = at
        return [("update", table.type, record, set(attributes) | set(links))]

    def _create(self, table: Table, record: int, order: dict[str, Any]) -> list[Event]:
        attributes = DEFAULTS.get(table.type, {}) | (order.get("attributes") or {})
        links = self._links(table, order.get("relationships") or {})
        overlay = table.overlay
        table.claim(record)
        overlay.born[record] = overlay.updated[record] = order["at"]
        overlay.attributes[record] = attributes
        overlay.links[record] = links
        if order.get("file") is not None:
            overlay.files[record] = [str(order["file"])]
        if table.type == "jobs":
            self._add_stages(record, order["at"])
        if table.type == "job-applications":
            self._place_in_inbox(table, record, order["at"])
        return [("create", table.type, record, set())]

    def _add_stages(self, job: int, at: int) -> None:
        stages = self._world.tables["stages"]
        for number, (name, kind) in enumerate(NEW_STAGES):
            record = stages.next_id()
            stages.overlay.born[record] = stages.overlay.updated[record] = at
            stages.overlay.attributes[record] = {
                "name": name, "stage-type": kind, "legacy-stage-type-name": kind,
                "row-order": number * 1000, "active-job-applications-count": 0,
                "rejected-job-applications-count": 0,
            }  # fmt: skip
            stages.overlay.links[record] = {"job": (job,), "stage-type": (51 + number * 2,)}

    def _place_in_inbox(self, table: Table, record: int, at: int) -> None:
        # An application without a stage starts in the inbox of its job.
        links = table.overlay.links[record]
        if not links.get("candidate") or not links.get("job"):
            raise ValueError("an application needs relationships candidate and job")
        if "stage" not in links:
            self._world.changed()
            links["stage"] = self._world.related("jobs", links["job"][0], "stages")[:1]
        moment = json.loads(self._world.local.text(at))
        table.overlay.attributes[record].setdefault("changed-stage-at", moment)

    def _move(self, table: Table, record: int, order: dict[str, Any]) -> list[Event]:
        moment = json.loads(self._world.local.text(order["at"]))
        changes = {"attributes": {"changed-stage-at": moment, **(order.get("attributes") or {})},
                   "relationships": {"stage": order["stage"]}}  # fmt: skip
        return self._edit(table, record, order | changes)

    def _reject(self, table: Table, record: int, order: dict[str, Any]) -> list[Event]:
        moment = json.loads(self._world.local.text(order["at"]))
        changes = {"attributes": {"rejected-at": moment},
                   "relationships": {"reject-reason": order.get("reason", 9001)}}  # fmt: skip
        return self._edit(table, record, order | changes)

    def _delete(self, table: Table, record: int, order: dict[str, Any]) -> list[Event]:
        events: list[Event] = [("destroy", table.type, record, set())]
        if order.get("alone"):
            table.overlay.dangling.add(record)
        for kind in () if order.get("alone") else CASCADE.get(table.type, ()):
            for child in self._children(table.type, record, kind):
                other = self._world.tables[kind]
                if other.exists(child):
                    events += self._delete(other, child, order)
        table.overlay.delete(record, table.base.row_of(record))
        return events

    def _merge(self, table: Table, record: int, order: dict[str, Any]) -> list[Event]:
        """Move the applications to ``into``, dates unchanged, and delete the record."""
        into = int(order["into"])
        if table.type != "candidates" or into == record or not table.exists(into):
            raise ValueError("a candidate is merged into another one")
        applications = self._world.tables["job-applications"]
        for child in list(self._children("candidates", record, "job-applications")):
            moved = {"relationships": {"candidate": into}, "quiet": True, "at": order["at"]}
            self._edit(applications, child, moved)
        self._world.changed()
        table.overlay.merged[record] = into
        return self._delete(table, record, order)

    def _children(self, kind: str, record: int, target: str) -> Iterable[int]:
        # Before the first change the world may answer from the base alone; count this as one.
        self._world.revision = max(1, self._world.revision)
        if target == "notes":  # these only link to their candidate
            notes = self._world.tables[target].ids()
            return [n for n in notes if self._world.related(target, n, "candidate") == (record,)]
        return self._world.related(kind, record, target)
