"""Rows as pages: each carries how its rows become records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from jemmo.connectors.flatchr import applicants as mapping
from jemmo.connectors.flatchr import jobs, stages
from jemmo.connectors.flatchr.keys import dies_soon
from jemmo.connectors.flatchr.search import MOST_ROWS, Place, Slice
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.stages import Columns
from jemmo.connectors.flatchr.wire import Applicant, Column, Row, Vacancy, key_of
from jemmo.connectors.lenient import convert
from jemmo.domain.records import Record
from jemmo.domain.streams import Notes, Page, RawRecord, Stream


class Pages:
    def __init__(self, settings: Settings, key_dies_at: datetime | None) -> None:
        self._settings = settings
        self._key_dies_at = key_dies_at
        self._persons: dict[int, int] = {}
        self.resumes: dict[str, str] = {}  # named by webhooks, by the applicant's id

    def stages(self, columns: Columns, only: list[Row] | None = None) -> Page:
        def to_record(one: RawRecord, notes: Notes) -> Record:
            column = convert(one.body, Column, one.remote_id or "", notes)
            if self._key_dies_at and dies_soon(self._key_dies_at, datetime.now(UTC)):
                notes.add(f"key_expires:{self._key_dies_at:%Y-%m-%d}", "key")
            return stages.stage(column, columns, self._settings.zone)

        return Page(
            stream=Stream.STAGES,
            raw=_raw(columns.rows if only is None else only, "id"),
            map=to_record,
        )

    def jobs(self, found: list[Row], labels: Mapping[int, str]) -> Page:
        def to_record(one: RawRecord, notes: Notes) -> Record:
            vacancy = convert(one.body, Vacancy, one.remote_id or "", notes)
            return jobs.job(vacancy, labels, self._settings, notes)

        return Page(stream=Stream.JOBS, raw=_raw(found, "vacancy_id"), map=to_record)

    def placeholders(self, found: list[Row]) -> Page:
        def to_record(one: RawRecord, notes: Notes) -> Record:
            return jobs.placeholder(one.body, notes)

        return Page(stream=Stream.JOBS, raw=_raw(found, "vacancy_id"), map=to_record)

    def applicants(self, stream: Stream, found: Slice, columns: Columns) -> Page:
        """The same rows as talents or as applications."""

        def to_record(one: RawRecord, notes: Notes) -> Record:
            row = convert(one.body, Applicant, one.remote_id or "", notes)
            for code in found.notes:
                notes.add(code, row.applicant)
            if stream is Stream.APPLICATIONS:
                return mapping.application(row, columns, self._settings, notes)
            if self._settings.suggests_persons:
                self._compare(row, notes)
            named = self.resumes.get(row.applicant.strip())
            return mapping.talent(row, self._settings, named)

        return Page(
            stream=stream,
            raw=_raw(found.rows, "applicant"),
            map=to_record,
            cursor=cursor_of(found.after) if found.after else None,
            covers=found.covers,
            recent=found.after.recent if found.after else None,
        )

    def early(self, stream: Stream, found: Slice, columns: Columns) -> list[Page]:
        """The rows sent beside nothing, so that they are shown early: the walk that follows brings and counts them."""
        whole = self.applicants(stream, found, columns)
        starts = range(0, len(whole.raw), MOST_ROWS) or range(1)
        return [
            replace(
                whole,
                raw=[],
                beside=(replace(whole, raw=whole.raw[start : start + MOST_ROWS]),),
                cursor=cursor_of(Place(recent=start != starts[-1])),
                recent=start != starts[-1],
            )
            for start in starts
        ]

    def _compare(self, row: Applicant, notes: Notes) -> None:
        """Count talents who share an address: probably one person, but only a person can say so."""
        if not row.email:
            return
        own = hash(row.applicant)
        if self._persons.setdefault(hash(row.email.strip().lower()), own) != own:
            notes.add("shared_email", row.applicant)


def cursor_of(place: Place) -> str:
    return msgspec.json.encode(place).decode()


def _raw(found: list[Row], name: str) -> list[RawRecord]:
    return [RawRecord(key_of(row, name), row) for row in found]
