"""Renders rows as the API shows them, in the shapes that the documentation leaves open."""

from __future__ import annotations

from typing import Any

from jemmo.sandbox.jarvi.belongings import STAGE_NAMES
from jemmo.sandbox.jarvi.profiles import STATUS_NAMES as PROFILE_STATUSES
from jemmo.sandbox.jarvi.projects import STATUS_NAMES as PROJECT_STATUSES
from jemmo.sandbox.jarvi.switches import Switches
from jemmo.sandbox.jarvi.world import World

NAMES = {**STAGE_NAMES, **PROFILE_STATUSES, **PROJECT_STATUSES}
SALARY = ("joboffer_salary_per_year_min", "joboffer_salary_per_year_max")


class Shapes:
    """Renders rows according to the switches."""

    def __init__(self, world: World, switches: Switches) -> None:
        self._world = world
        self._switches = switches
        self._by_project: tuple[int, dict[str, list[dict[str, Any]]]] = (-1, {})

    def profile(self, row: int) -> dict[str, Any]:
        """Render a profile."""
        switches, belongings = self._switches, self._world.belongings
        profile = self._world.row("profiles", row)
        if switches.emails == "texts":
            profile["emailAddresses"] = [
                _plain(email, "email") for email in profile.get("emailAddresses") or ()
            ]
        profile["phoneNumbers"] = [
            self._phone(phone) for phone in profile.get("phoneNumbers") or ()
        ]
        if switches.applications == "profile":
            profile["projectsProfiles"] = [
                self._with_status({k: v for k, v in application.items() if k != "profileId"})
                | {"project": {"id": application["projectId"]}}
                for application in belongings.applications(row)
            ]
        if switches.resumes != "absent":
            profile[switches.resumes] = belongings.resumes(row)
        return self._with_status(profile)

    def project(self, row: int) -> dict[str, Any]:
        """Render a project."""
        project = self._world.row("projects", row)
        project.pop("isPublished", None)
        project["fieldsValues"] = self._fields(project.get("fieldsValues") or [])
        if self._switches.applications == "project":
            project["projectsProfiles"] = [
                self._with_status({k: v for k, v in application.items() if k != "projectId"})
                for application in self._applications_of(project["id"])
            ]
        return self._with_status(project)

    def offer(self, row: dict[str, Any]) -> dict[str, Any]:
        """Render an offer."""
        return row | {"fieldsValues": self._fields(row["fieldsValues"])}

    def applicants(self) -> list[dict[str, Any]]:
        """Render every application, as a separate list would."""
        return [self._with_status(application) for application in self.applications()]

    def applications(self) -> list[dict[str, Any]]:
        """Return every application of the present profiles."""
        belongings = self._world.belongings
        return [
            application
            for row in self._world.numbers("profiles")
            for application in belongings.applications(row)
        ]

    def _applications_of(self, project: str) -> list[dict[str, Any]]:
        if self._by_project[0] != self._world.revision:
            by_project: dict[str, list[dict[str, Any]]] = {}
            for application in self.applications():
                by_project.setdefault(application["projectId"], []).append(application)
            self._by_project = self._world.revision, by_project
        return self._by_project[1].get(project, [])

    def _with_status(self, row: dict[str, Any]) -> dict[str, Any]:
        if self._switches.status_names:
            status = row.get("statusId")
            row = row | {"status": {"id": status, "name": NAMES.get(str(status))}}
        return row

    def _phone(self, phone: Any) -> Any:
        if self._switches.phones == "text":
            return _plain(phone, "number")
        if self._switches.phones == "national" and isinstance(phone, dict):
            return phone | {"canonicalNumber": None}
        return phone

    def _fields(self, values: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [self._field(value) for value in values]

    def _field(self, value: dict[str, Any]) -> dict[str, Any]:
        switches, purpose = self._switches, value["field"]["purpose"]
        if purpose in SALARY and switches.salary_unit != "mixed" and value["value"]:
            amount = float(value["value"])
            if switches.salary_unit == "eur" and amount < 1000:
                value = value | {"value": f"{amount * 1000:.0f}"}
            if switches.salary_unit == "keur" and amount >= 1000:
                value = value | {"value": f"{amount / 1000:g}"}
        if switches.purposes == "absent":
            value = value | {"field": value["field"] | {"purpose": None}}
        if switches.field_names == "absent":
            value = value | {"field": value["field"] | {"name": None}}
        return value


def _plain(contact: Any, name: str) -> Any:
    return contact.get(name) if isinstance(contact, dict) else contact
