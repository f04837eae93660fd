"""Changes made through the control API: applied, written to the journal, told by trigger."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jemmo.sandbox.jarvi.belongings import PER_PROFILE, STAGES
from jemmo.sandbox.jarvi.ids import number, uuid
from jemmo.sandbox.jarvi.moments import parse, text
from jemmo.sandbox.jarvi.profiles import COUNTERS
from jemmo.sandbox.jarvi.projects import OPEN
from jemmo.sandbox.jarvi.switches import Switches
from jemmo.sandbox.jarvi.webhooks import Triggers
from jemmo.sandbox.jarvi.world import World

KINDS = {
    "talent": "profiles", "talents": "profiles", "candidate": "profiles", "candidates": "profiles",
    "profile": "profiles", "job": "projects", "jobs": "projects", "project": "projects",
    "application": "applications", "company": "companies", "resume": "resumes",
}  # fmt: skip
DEFAULTS: dict[str, dict[str, Any]] = {
    "profiles": {
        "firstName": None, "lastName": None, "isTalent": True, "isContact": False, "headline": None,
        "emailAddresses": [], "phoneNumbers": [], "locations": [], "positions": [],
        "lastPosition": None, "associations": [], "fieldsValues": [], "source": "MANUAL",
        "statusId": None,
        **dict.fromkeys(COUNTERS, 0),
    },
    "projects": {
        "name": "Nouvelle mission", "isMadeForRecruitment": True, "isMadeForSales": False,
        "statusId": OPEN, "user": None, "assignees": [], "files": [], "company": None,
        "fieldsValues": [], "externalId": None, "referenceId": None, "isPublished": False,
    },
    "companies": {"name": "Nouveau client"},
}  # fmt: skip


class Changes:
    """Edits, deletions and creations.

    A deletion is soft, as in Jarvi, unless `hard` is asked for.
    """

    def __init__(
        self, world: World, switches: Switches, triggers: Triggers, journal: Path | None
    ) -> None:
        self._world = world
        self._switches = switches
        self._triggers = triggers
        self._journal = journal
        if journal is not None and journal.exists():
            for line in journal.read_text().splitlines():
                self.apply(json.loads(line), log=False)

    def announce_to(self, url: str | None) -> None:
        """Send webhooks there from now on, or none."""
        self._triggers.url = url

    async def carry_out(self, order: dict[str, Any]) -> dict[str, Any]:
        """Apply one order and send the trigger it causes. KeyError or ValueError if impossible."""
        record = self.apply(order)
        sent = await self._triggers.send(self._kind(order), order, record)
        return {"id": record, "webhooks": [sent] if sent else []}

    def apply(self, order: dict[str, Any], *, log: bool = True) -> str:
        """Apply one order: op, type, id, attributes, at, quiet, hard; return the record's id."""
        order = dict(order)
        order["at"] = self._at(order.get("at"))
        kind = self._kind(order)
        if kind == "applications":
            record = self._application(order)
        elif kind == "resumes":
            record = self._resume(order)
        else:
            record = self._row(kind, order)
        self._world.changed()
        if log and self._journal is not None:
            with self._journal.open("a") as journal:
                journal.write(json.dumps(order | {"id": record}) + "\n")
        return record

    def _kind(self, order: dict[str, Any]) -> str:
        kind = str(order.get("type", "applications"))
        kind = KINDS.get(kind, kind)
        if kind not in {*DEFAULTS, "applications", "resumes"}:
            raise KeyError(f"no type {kind}")
        return kind

    def _at(self, given: Any) -> str:
        if given is None:
            return self._world.now_text()
        return text(given * 1000 if isinstance(given, int) else parse(str(given)))

    # Profiles, projects, companies ----------------------------------------------------------

    def _row(self, kind: str, order: dict[str, Any]) -> str:
        attributes = dict(order.get("attributes") or {})
        if order["op"] == "create":
            return self._create(kind, order, attributes)
        record = str(order["id"])
        row = self._world.find(kind, record)
        if order["op"] == "merge":
            self._give_to(kind, row, str(order["into"]), order)
        goes = order.get("hard") if order["op"] == "delete" else self._switches.merged == "gone"
        if order["op"] in {"delete", "merge"} and goes:
            self._world.removed[kind].add(row)
            return record
        if order["op"] in {"delete", "merge"}:
            attributes = {"deletedAt": order["at"]}
        elif order["op"] != "edit":
            raise ValueError(f"{order['op']} is for applications")
        known = self._world.row(kind, row).keys() | {"isPublished"}
        if unknown := attributes.keys() - known:
            raise ValueError(f"{kind} have no {', '.join(sorted(unknown))}")
        if not order.get("quiet"):
            attributes.setdefault("updatedAt", order["at"])
        self._world.patch(kind, row, attributes)
        if order.get("file") is not None:
            self._add_file(row, order)
        return record

    def _create(self, kind: str, order: dict[str, Any], attributes: dict[str, Any]) -> str:
        given = order.get("id")
        row = number(kind, str(given)) if given else self._world.next_number(kind)
        times = {"createdAt": order["at"], "updatedAt": order["at"], "deletedAt": None}
        self._world.born[kind].append(row)
        self._world.patch(kind, row, DEFAULTS[kind] | times | attributes)
        return uuid(kind, row)

    def _give_to(self, kind: str, row: int, survivor: str, order: dict[str, Any]) -> None:
        """Give another profile what belongs to this one; in a project both are in, the other stays as it is."""
        into = self._world.find(kind, survivor)
        if kind != "profiles" or into == row:
            raise ValueError("a profile is merged into another one")
        lists = ("emailAddresses", "phoneNumbers")
        lost, kept = self._world.row(kind, row), self._world.row(kind, into)
        both = {
            name: kept[name] + [one for one in lost[name] if one not in kept[name]]
            for name in lists
        }
        self._world.patch(kind, into, {**both, "updatedAt": order["at"]})
        belongings = self._world.belongings
        own, files = belongings.applications(into), belongings.resumes(into)
        held = {one["projectId"] for one in own}
        moved = [one for one in belongings.applications(row) if one["projectId"] not in held]
        free = _free("applications", into, [one["id"] for one in own])
        belongings.change_applications(
            into, [*own, *(one | {"id": next(free), "profileId": survivor} for one in moved)]
        )
        free = _free("files", into, [one["fileId"] for one in files])
        for one in belongings.resumes(row):
            name = next(free)
            files = [*files, one | {"fileId": name, "file": one["file"] | {"id": name}}]
        belongings.change_resumes(into, files)
        belongings.change_applications(row, [])
        belongings.change_resumes(row, [])

    # What belongs to a profile --------------------------------------------------------------

    def _application(self, order: dict[str, Any]) -> str:
        if order["op"] == "create":
            return self._apply_for(order)
        record = str(order["id"])
        row, found = self._owned(record)
        one = next(one for one in found if one["id"] == record)
        rest = [other for other in found if other["id"] != record]
        if order["op"] != "delete":
            rest.append(one | self._new_values(order) | {"updatedAt": order["at"]})
        self._world.belongings.change_applications(row, rest)
        self._touch(row, order)
        return record

    def _new_values(self, order: dict[str, Any]) -> dict[str, Any]:
        if order["op"] == "move":
            return {"statusId": str(order["stage"])}
        if order["op"] == "reject":
            return {"statusId": STAGES[-1]}
        return dict(order.get("attributes") or {})

    def _owned(self, record: str) -> tuple[int, list[dict[str, Any]]]:
        row = number("applications", record) // 8
        found = self._world.belongings.applications(row) if row >= 0 else []
        if not any(one["id"] == record for one in found):
            raise KeyError(f"applications {record}")
        return row, found

    def _apply_for(self, order: dict[str, Any]) -> str:
        links = order.get("relationships") or order.get("attributes") or {}
        profile = links.get("profile") or links.get("candidate") or links.get("profileId")
        project = links.get("project") or links.get("job") or links.get("projectId")
        row = self._world.find("profiles", str(profile))
        self._world.find("projects", str(project))
        found = self._world.belongings.applications(row)
        free = _free("applications", row, [one["id"] for one in found])
        made = {
            "id": next(free), "profileId": str(profile), "projectId": str(project),
            "statusId": STAGES[0], "createdAt": order["at"], "updatedAt": order["at"],
            "deletedAt": None,
        }  # fmt: skip
        self._world.belongings.change_applications(row, [*found, made])
        self._touch(row, order)
        return str(made["id"])

    def _resume(self, order: dict[str, Any]) -> str:
        row = self._world.find("profiles", str((order.get("relationships") or order)["profile"]))
        return self._add_file(row, order)

    def _add_file(self, row: int, order: dict[str, Any]) -> str:
        found = self._world.belongings.resumes(row)
        file_id = next(_free("files", row, [one["fileId"] for one in found]))
        entry = {"id": file_id, "name": "CV.pdf", "size": 1000, "mimeType": "application/pdf"}
        made = {
            "fileId": file_id, "createdAt": order["at"], "updatedAt": order["at"], "file": entry,
        }  # fmt: skip
        self._world.belongings.change_resumes(row, [*found, made])
        self._touch(row, order)
        return file_id

    def _touch(self, row: int, order: dict[str, Any]) -> None:
        """Whether a profile counts as changed when what belongs to it changes, nobody knows."""
        if self._switches.touch_on_links:
            self._world.patch("profiles", row, {"updatedAt": order["at"]})


def _free(kind: str, row: int, used: Iterable[str]) -> Iterator[str]:
    """Ids of what belongs to a profile that none of it has; they tell which profile that is."""
    taken = {number(kind, one) for one in used}
    numbers = range(row * PER_PROFILE, (row + 1) * PER_PROFILE)
    return (uuid(kind, one) for one in numbers if one not in taken)
