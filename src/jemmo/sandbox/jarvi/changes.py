"""Changes made through the control API: applied, added to the journal, announced by trigger."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jemmo.sandbox import changes
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


class Changes(changes.Changes[str]):
    """Edits, deletions and creations.

    A deletion is soft, as in Jarvi, unless `hard` is requested.
    """

    _world: World
    _webhooks: Triggers

    def __init__(
        self, world: World, switches: Switches, triggers: Triggers, journal: Path | None
    ) -> None:
        self._switches = switches
        super().__init__(world, triggers, journal)

    async def carry_out(self, order: dict[str, Any]) -> dict[str, Any]:
        record = self.apply(order)
        sent = await self._webhooks.send(self._kind(order), order, record)
        return {"id": record, "webhooks": [sent] if sent else []}

    def _apply(self, order: dict[str, Any]) -> str:
        """Apply one order: op, type, id, attributes, at, quiet, hard; return the record's id."""
        kind = self._kind(order)
        if kind == "applications":
            record = self._application(order)
        elif kind == "resumes":
            record = self._resume(order)
        else:
            record = self._row(kind, order)
        order["id"] = record
        self._world.changed()
        return record

    def _kind(self, order: dict[str, Any]) -> str:
        kind = str(order.get("type", "applications"))
        kind = KINDS.get(kind, kind)
        if kind not in {*DEFAULTS, "applications", "resumes"}:
            raise KeyError(f"no type {kind}")
        return kind

    def _moment(self, value: Any) -> str:
        if value is None:
            return self._world.now_text()
        return text(value * 1000 if isinstance(value, int) else parse(str(value)))

    # Profiles, projects, companies ----------------------------------------------------------

    def _row(self, kind: str, order: dict[str, Any]) -> str:
        attributes = dict(order.get("attributes") or {})
        if order["op"] == "create":
            return self._create(kind, order, attributes)
        record = str(order["id"])
        row = self._world.find(kind, record)
        if order["op"] == "merge":
            self._merge_into(kind, row, str(order["into"]), order)
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
        record = order.get("id")
        row = number(kind, str(record)) if record else self._world.next_number(kind)
        times = {"createdAt": order["at"], "updatedAt": order["at"], "deletedAt": None}
        self._world.born[kind].append(row)
        self._world.patch(kind, row, DEFAULTS[kind] | times | attributes)
        return uuid(kind, row)

    def _merge_into(self, kind: str, row: int, survivor: str, order: dict[str, Any]) -> None:
        """Move a profile's records to another profile, which keeps its own application in a shared project."""
        into = self._world.find(kind, survivor)
        if kind != "profiles" or into == row:
            raise ValueError("a profile is merged into another one")
        lists = ("emailAddresses", "phoneNumbers")
        lost, kept = self._world.row(kind, row), self._world.row(kind, into)
        both = {
            name: kept[name] + [contact for contact in lost[name] if contact not in kept[name]]
            for name in lists
        }
        self._world.patch(kind, into, {**both, "updatedAt": order["at"]})
        belongings = self._world.belongings
        own, files = belongings.applications(into), belongings.resumes(into)
        held = {application["projectId"] for application in own}
        moved = [
            application
            for application in belongings.applications(row)
            if application["projectId"] not in held
        ]
        free = _unused_ids("applications", into, [application["id"] for application in own])
        belongings.change_applications(
            into,
            [
                *own,
                *(application | {"id": next(free), "profileId": survivor} for application in moved),
            ],
        )
        free = _unused_ids("files", into, [resume["fileId"] for resume in files])
        for resume in belongings.resumes(row):
            name = next(free)
            files = [*files, resume | {"fileId": name, "file": resume["file"] | {"id": name}}]
        belongings.change_resumes(into, files)
        belongings.change_applications(row, [])
        belongings.change_resumes(row, [])

    # Applications and resumes ---------------------------------------------------------------

    def _application(self, order: dict[str, Any]) -> str:
        if order["op"] == "create":
            return self._create_application(order)
        record = str(order["id"])
        row, applications = self._find_application(record)
        application = next(
            application for application in applications if application["id"] == record
        )
        rest = [other for other in applications if other["id"] != record]
        if order["op"] != "delete":
            rest.append(application | self._new_values(order) | {"updatedAt": order["at"]})
        self._world.belongings.change_applications(row, rest)
        self._touch(row, order)
        return record

    def _new_values(self, order: dict[str, Any]) -> dict[str, Any]:
        if order["op"] == "move":
            return {"statusId": str(order["stage"])}
        if order["op"] == "reject":
            return {"statusId": STAGES[-1]}
        return dict(order.get("attributes") or {})

    def _find_application(self, record: str) -> tuple[int, list[dict[str, Any]]]:
        row = number("applications", record) // 8
        applications = self._world.belongings.applications(row) if row >= 0 else []
        if not any(application["id"] == record for application in applications):
            raise KeyError(f"applications {record}")
        return row, applications

    def _create_application(self, order: dict[str, Any]) -> str:
        links = order.get("relationships") or order.get("attributes") or {}
        profile = links.get("profile") or links.get("candidate") or links.get("profileId")
        project = links.get("project") or links.get("job") or links.get("projectId")
        row = self._world.find("profiles", str(profile))
        self._world.find("projects", str(project))
        applications = self._world.belongings.applications(row)
        free = _unused_ids("applications", row, [application["id"] for application in applications])
        made = {
            "id": next(free), "profileId": str(profile), "projectId": str(project),
            "statusId": STAGES[0], "createdAt": order["at"], "updatedAt": order["at"],
            "deletedAt": None,
        }  # fmt: skip
        self._world.belongings.change_applications(row, [*applications, made])
        self._touch(row, order)
        return str(made["id"])

    def _resume(self, order: dict[str, Any]) -> str:
        row = self._world.find("profiles", str((order.get("relationships") or order)["profile"]))
        return self._add_file(row, order)

    def _add_file(self, row: int, order: dict[str, Any]) -> str:
        resumes = self._world.belongings.resumes(row)
        file_id = next(_unused_ids("files", row, [resume["fileId"] for resume in resumes]))
        entry = {"id": file_id, "name": "CV.pdf", "size": 1000, "mimeType": "application/pdf"}
        made = {
            "fileId": file_id, "createdAt": order["at"], "updatedAt": order["at"], "file": entry,
        }  # fmt: skip
        self._world.belongings.change_resumes(row, [*resumes, made])
        self._touch(row, order)
        return file_id

    def _touch(self, row: int, order: dict[str, Any]) -> None:
        """Update a profile's date with its applications and resumes, if the switch is on, since it is undocumented."""
        if self._switches.touch_on_links:
            self._world.patch("profiles", row, {"updatedAt": order["at"]})


def _unused_ids(kind: str, row: int, used: Iterable[str]) -> Iterator[str]:
    """Return unused ids of a profile's applications or resumes; the profile can be computed from them."""
    taken = {number(kind, record) for record in used}
    numbers = range(row * PER_PROFILE, (row + 1) * PER_PROFILE)
    return (uuid(kind, record_number) for record_number in numbers if record_number not in taken)
