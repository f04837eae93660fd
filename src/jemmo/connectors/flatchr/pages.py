"""Turns rows into pages with their mapping."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from jemmo.connectors.by_day.slices import Slice, following
from jemmo.connectors.flatchr import mapping
from jemmo.connectors.flatchr.key_expiry import expires_soon
from jemmo.connectors.flatchr.mapping import Columns
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.wire import (
    COLUMN_KEY,
    VACANCY_KEY,
    Applicant,
    Column,
    Labels,
    Row,
    Vacancy,
    applicant_key,
)
from jemmo.connectors.paging import page_of
from jemmo.domain.records import Record
from jemmo.domain.spans import utc_text
from jemmo.domain.streams import Notes, Page, RawRecord, Stream


class Pages:
    def __init__(self, settings: Settings, key_expires_at: datetime | None) -> None:
        self._settings = settings
        self._key_expires_at = key_expires_at
        self._persons: dict[int, int] = {}
        self.resumes: dict[str, str] = {}  # reported by webhooks, by applicant id

    def stages(self, columns: Columns, only: list[Row] | None = None) -> Page:
        def stage(column: Column, notes: Notes) -> Record:
            if self._key_expires_at and expires_soon(self._key_expires_at, datetime.now(UTC)):
                notes.add(f"key_expires:{utc_text(self._key_expires_at)}", "key")
            return mapping.stage(column, columns, self._settings.zone)

        rows = columns.rows if only is None else only
        return page_of(Stream.STAGES, rows, COLUMN_KEY, Column, stage)

    def jobs(self, rows: list[Row], labels: Labels) -> Page:
        def job(vacancy: Vacancy, notes: Notes) -> Record:
            return mapping.job(vacancy, labels, self._settings, notes)

        return page_of(Stream.JOBS, rows, VACANCY_KEY, Vacancy, job)

    def placeholders(self, rows: list[Row]) -> Page:
        raw = [RawRecord(VACANCY_KEY(row), row) for row in rows]
        return Page(
            stream=Stream.JOBS, raw=raw, map=lambda raw, notes: mapping.placeholder(raw.body, notes)
        )

    def applicants(self, stream: Stream, step: Slice, columns: Columns) -> Page:
        """Return the rows as talents or as applications."""

        def record(row: Applicant, notes: Notes) -> Record:
            for code in step.notes:
                notes.add(code, row.applicant)
            if stream is Stream.APPLICATIONS:
                return mapping.application(row, columns, self._settings, notes)
            if self._settings.suggests_persons:
                self._compare(row, notes)
            return mapping.talent(row, self._settings, self.resumes.get(row.applicant.strip()))

        page = page_of(stream, step.rows, applicant_key, Applicant, record)
        return replace(page, **following(step))

    def _compare(self, row: Applicant, notes: Notes) -> None:
        """Count talents who share an address: probably the same person, but that takes a person to confirm."""
        if not row.email:
            return
        own = hash(row.applicant)
        if self._persons.setdefault(hash(row.email.strip().lower()), own) != own:
            notes.add("shared_email", row.applicant)
