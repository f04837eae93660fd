"""The firm's present state: computed rows with changes applied, and the links between records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jemmo.sandbox.clock import Clock
from jemmo.sandbox.jarvi import projects
from jemmo.sandbox.jarvi.belongings import Belongings
from jemmo.sandbox.jarvi.frame import Frame
from jemmo.sandbox.jarvi.ids import number, uuid
from jemmo.sandbox.jarvi.moments import parse, text
from jemmo.sandbox.jarvi.profiles import Profiles
from jemmo.sandbox.jarvi.projects import Projects

KINDS = ("profiles", "projects", "companies")


class World:
    """All rows of one firm by kind and number. `revision` rises with every change."""

    def __init__(self, *, seed: int, talents: int, epoch_ms: int, clock: Clock) -> None:
        self.clock = clock
        self.frame = Frame(seed, talents, epoch_ms)
        self.profiles = Profiles(self.frame)
        self.projects = Projects(self.frame)
        self.revision = 0
        self.sizes = {
            "profiles": self.profiles.size,
            "projects": self.projects.size,
            "companies": self.frame.companies,
        }
        self.patches: dict[str, dict[int, dict[str, Any]]] = {kind: {} for kind in KINDS}
        self.born: dict[str, list[int]] = {kind: [] for kind in KINDS}
        self.removed: dict[str, set[int]] = {kind: set() for kind in KINDS}
        self.belongings = Belongings(self.frame, self.projects)
        self._listed: dict[str, tuple[int, list[int]]] = {}
        self._updated: list[int] = []

    def changed(self) -> None:
        """Count a change, which invalidates cached lists."""
        self.revision += 1

    def numbers(self, kind: str) -> list[int]:
        """Return the present rows, oldest first."""
        known = self._listed.get(kind)
        if known is None or known[0] != self.revision:
            gone = self.removed[kind]
            present = [n for n in range(self.sizes[kind]) if n not in gone]
            present += [n for n in self.born[kind] if n not in gone]
            known = self._listed[kind] = self.revision, present
        return known[1]

    def find(self, kind: str, record: str) -> int:
        """Return the number of a present row; KeyError if there is none."""
        row = number(kind, record)
        if row < 0 or row in self.removed[kind]:
            raise KeyError(f"{kind} {record}")
        if row >= self.sizes[kind] and row not in self.born[kind]:
            raise KeyError(f"{kind} {record}")
        return row

    def next_number(self, kind: str) -> int:
        """Return a number that was never used."""
        return max([self.sizes[kind], *(n + 1 for n in self.born[kind])])

    def row(self, kind: str, row: int) -> dict[str, Any]:
        """Return one row with its changes and its counters."""
        patch = self.patches[kind].get(row, {})
        if row >= self.sizes[kind]:
            values = {"id": uuid(kind, row), **patch}
        else:
            made: dict[str, Callable[[int], dict[str, Any]]] = {
                "profiles": self.profiles.row,
                "projects": self.projects.row,
                "companies": projects.company,
            }
            values = made[kind](row) | patch
        if kind == "profiles":
            values["countResumes"] = len(self.belongings.resumes(row))
            values["countApplicationsFromThisProfile"] = len(self.belongings.applications(row))
        return values

    def facet(self, kind: str, row: int, name: str) -> Any:
        """Return one value of a row, without computing the row if possible."""
        patch = self.patches[kind].get(row)
        if patch is not None and name in patch:
            return patch[name]
        if name == "id":
            return uuid(kind, row)
        if kind == "profiles" and row < self.sizes[kind] and name == "isTalent":
            return self.profiles.is_talent(row)
        return self.row(kind, row).get(name)

    def moment(self, kind: str, row: int, name: str) -> int | None:
        """Return `createdAt` or `updatedAt` in microseconds."""
        patch = self.patches[kind].get(row)
        if patch is not None and name in patch:
            return parse(patch[name])
        if kind == "companies":
            return parse(projects.company(row)[name])
        base = self.profiles if kind == "profiles" else self.projects
        if name == "createdAt":
            return base.created_us(row)
        if kind != "profiles":
            return base.updated_us(row)
        if not self._updated:
            self._updated = [self.profiles.updated_us(n) for n in range(self.profiles.size)]
        return self._updated[row]

    def patch(self, kind: str, row: int, values: dict[str, Any]) -> None:
        """Change values of a row."""
        self.patches[kind].setdefault(row, {}).update(values)
        self.changed()

    def now_text(self) -> str:
        """Return the current time in Jarvi's format."""
        return text(self.clock.now_ms() * 1000 + self.revision % 1000)

    def offers(self, *, own_ids: bool) -> list[dict[str, Any]]:
        """Return the offers published now, one for every other open recruitment project."""
        offers = []
        for row in self.numbers("projects"):
            project = self.row("projects", row)
            published = project.get("isPublished", row % 2 == 0)
            is_open = project.get("statusId") == projects.OPEN and project.get("deletedAt") is None
            if published and is_open and project.get("isMadeForRecruitment"):
                offers.append(projects.offer(project, row, own_id=own_ids))
        return offers
