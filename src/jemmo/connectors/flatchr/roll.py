"""Who was met in one walk over the whole list: enough to tell who is gone, and where to find who is not."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from jemmo.connectors.flatchr.dates import moment
from jemmo.connectors.flatchr.search import Slice
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.windows import Window
from jemmo.connectors.flatchr.wire import key_of
from jemmo.domain.streams import Stream


class Met(Struct, frozen=True):
    updated_at: datetime | None
    window: Window
    part: int


class Roll:
    """Ids and dates, no records: some hundred bytes an applicant. ``handed`` are the streams that have used it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.met: dict[str, Met] = {}
        self.vacancies: dict[str, str] = {}
        self.covers = True
        self.handed: set[Stream] = set()

    def add(self, found: Slice) -> None:
        self.covers = self.covers and found.covers
        for row in found.rows:
            vacancy = key_of(row, "vacancy_id")
            if vacancy is not None:
                self.vacancies.setdefault(vacancy, str(row.get("vacancy") or ""))
            remote_id = key_of(row, "applicant")
            if remote_id is None:
                self.covers = False  # somebody is there whom we cannot name
                continue
            updated = moment(row.get("updated_at"), self._settings.zone)
            self.met[remote_id] = Met(updated, found.window, found.part)
