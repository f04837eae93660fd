"""How rows look from outside: the shapes that the documentation leaves open."""

from __future__ import annotations

from typing import Any

from jemmo.sandbox.jarvi.belongings import STAGE_NAMES
from jemmo.sandbox.jarvi.ids import number, uuid
from jemmo.sandbox.jarvi.profiles import STATUS_NAMES as PROFILE_STATUSES
from jemmo.sandbox.jarvi.projects import STATUS_NAMES as PROJECT_STATUSES
from jemmo.sandbox.jarvi.switches import Switches
from jemmo.sandbox.jarvi.world import World

NAMES = {**STAGE_NAMES, **PROFILE_STATUSES, **PROJECT_STATUSES}
SALARY = ("joboffer_salary_per_year_min", "joboffer_salary_per_year_max")


class Shapes:
    """Shows rows as the switches say."""

    def __init__(self, world: World, switches: Switches) -> None:
        self._world = world
        self._switches = switches
        self._by_project: tuple[int, dict[str, list[dict[str, Any]]]] = (-1, {})

    def profile(self, row: int) -> dict[str, Any]:
        """Return a profile as shown."""
        switches, belongings = self._switches, self._world.belongings
        found = self._world.row("profiles", row)
        if switches.emails == "texts":
            found["emailAddresses"] = [
                _plain(one, "email") for one in found.get("emailAddresses") or ()
            ]
        found["phoneNumbers"] = [self._phone(one) for one in found.get("phoneNumbers") or ()]
        if switches.applications == "profile":
            found["projectsProfiles"] = [
                self._named({k: v for k, v in one.items() if k != "profileId"})
                | {"project": {"id": one["projectId"]}}
                for one in belongings.applications(row)
            ]
        if switches.resumes != "absent":
            found[switches.resumes] = belongings.resumes(row)
        return self._statused(found)

    def project(self, row: int) -> dict[str, Any]:
        """Return a project as shown."""
        found = self._world.row("projects", row)
        found.pop("isPublished", None)
        found["fieldsValues"] = self._fields(found.get("fieldsValues") or [])
        if self._switches.applications == "project":
            found["projectsProfiles"] = [
                self._named({k: v for k, v in one.items() if k != "projectId"})
                for one in self._applications_of(found["id"])
            ]
        return self._statused(found)

    def offer(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return an offer as shown."""
        return row | {"fieldsValues": self._fields(row["fieldsValues"])}

    def applicants(self) -> list[dict[str, Any]]:
        """Return every application, as a list of its own would show them."""
        return [self._named(one) for one in self.applications()]

    def applications(self) -> list[dict[str, Any]]:
        """Return every application of the profiles that are there."""
        belongings = self._world.belongings
        return [
            one for row in self._world.numbers("profiles") for one in belongings.applications(row)
        ]

    def _applications_of(self, project: str) -> list[dict[str, Any]]:
        if self._by_project[0] != self._world.revision:
            found: dict[str, list[dict[str, Any]]] = {}
            for one in self.applications():
                found.setdefault(one["projectId"], []).append(one)
            self._by_project = self._world.revision, found
        return self._by_project[1].get(project, [])

    def _named(self, application: dict[str, Any]) -> dict[str, Any]:
        return self._statused(application)

    def _statused(self, row: dict[str, Any]) -> dict[str, Any]:
        if self._switches.status_names:
            status = row.get("statusId")
            row = row | {"status": {"id": status, "name": NAMES.get(str(status))}}
        return row

    def _phone(self, one: Any) -> Any:
        if self._switches.phones == "text":
            return _plain(one, "number")
        if self._switches.phones == "national" and isinstance(one, dict):
            return one | {"canonicalNumber": None}
        return one

    def _fields(self, values: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [self._field(one) for one in values]

    def _field(self, one: dict[str, Any]) -> dict[str, Any]:
        switches, purpose = self._switches, one["field"]["purpose"]
        if purpose in SALARY and switches.salary_unit != "mixed" and one["value"]:
            amount = float(one["value"])
            if switches.salary_unit == "eur" and amount < 1000:
                one = one | {"value": f"{amount * 1000:.0f}"}
            if switches.salary_unit == "keur" and amount >= 1000:
                one = one | {"value": f"{amount / 1000:g}"}
        if switches.purposes == "absent":
            one = one | {"field": one["field"] | {"purpose": None}}
        if switches.field_names == "absent":
            one = one | {"field": one["field"] | {"name": None}}
        return one


def _plain(one: Any, name: str) -> Any:
    return one.get(name) if isinstance(one, dict) else one


def project_row(application: dict[str, Any]) -> int:
    """Return the number of an application's project."""
    return number("projects", application["projectId"])


def profile_id(row: int) -> str:
    """Return the id of a profile."""
    return uuid("profiles", row)
