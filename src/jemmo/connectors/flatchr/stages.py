"""Flatchr's columns as stages, and finding an applicant's column by its title, all that the search gives."""

from __future__ import annotations

import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from jemmo.connectors.flatchr.dates import moment
from jemmo.connectors.flatchr.wire import Column, Row, key_of
from jemmo.domain.enums import StageCategory
from jemmo.domain.errors import RecordRejected
from jemmo.domain.records import Stage
from jemmo.domain.validation import text

NAMES = (
    (StageCategory.REJECTED, r"refus|rejet|non retenu|reject|déclin"),
    (StageCategory.WITHDRAWN, r"désist|retiré|abandon|withdr"),
    (StageCategory.OFFER, r"offre|proposition|promesse|contrat|offer"),
    (StageCategory.ASSESSMENT, r"\btests?\b|évaluation|mise en situation|assess"),
    (StageCategory.INTERVIEW, r"entretien|rencontre|visio|interview|rdv|rendez"),
    (StageCategory.SCREENING, r"présélection|preselection|\btri\b|appel|contacter|téléph|qualif"),
)
_NAMES = [(category, re.compile(pattern, re.IGNORECASE)) for category, pattern in NAMES]


def stage(column: Column, columns: Columns, zone: ZoneInfo) -> Stage:
    """GET /company/{id}/columns. Columns belong to the whole company; hidden ones are listed too."""
    name = text(column.title)
    if name is None:
        raise RecordRejected("The column has no title.", code="no_title", field="title")
    return Stage(
        remote_id=str(column.id),
        name=name,
        position=column.position,
        category=category(column, name, is_first=str(column.id) == columns.first),
        category_original="hired" if column.hired else None,
        remote_created_at=moment(column.created_at, zone),
        remote_updated_at=moment(column.updated_at, zone),
    )


def category(column: Column, name: str, *, is_first: bool) -> StageCategory:
    """Flatchr only says which column hires; the first is where applicants arrive, the rest is in the names."""
    if column.hired:
        return StageCategory.HIRED
    for found, pattern in _NAMES:
        if pattern.search(name):
            return found
    return StageCategory.NEW if is_first else StageCategory.OTHER


class Columns:
    """The company's columns as just read: by title, which ones hire, which one comes first."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = list(rows)
        self.is_second = False
        self.first: str | None = None
        self._ids: dict[str, list[str]] = {}
        self._hiring: set[str] = set()
        for row in sorted(self.rows, key=_position):
            self._learn(row)

    def _learn(self, row: Row) -> None:
        key, title = key_of(row, "id"), text(row.get("title"))
        if key is None or title is None:
            return
        self.first = self.first or key
        if row.get("hired") is True:
            self._hiring.add(key)
        self._ids.setdefault(title, []).append(key)

    @property
    def titles(self) -> list[str]:
        """The distinct titles as Flatchr wrote them."""
        return list(dict.fromkeys(str(row["title"]) for row in self.rows if row.get("title")))

    def find(self, title: str | None, *, hired: bool | None = None) -> list[str]:
        """The ids of the columns with this title, from left to right.

        Where only some of several agree with what a row says of being hired, those.
        """
        found = self._ids.get(title or "", [])
        agreeing = [key for key in found if hired is None or (key in self._hiring) == hired]
        return agreeing or found

    def hires(self, key: str | None) -> bool:
        return key in self._hiring


def _position(row: Row) -> tuple[int, str]:
    found = row.get("position")
    return (found if isinstance(found, int) else 10**6), str(row.get("id"))
