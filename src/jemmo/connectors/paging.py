"""Converts rows already read into pages of records or of ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from jemmo.connectors.lenient import convert
from jemmo.domain.records import Record
from jemmo.domain.streams import Notes, Page, RawRecord, Sighting, SightingPage, Stream

T = TypeVar("T")
Row = dict[str, Any]
Key = Callable[[Row], str | None]


def page_of(
    stream: Stream,
    rows: list[Row],
    key_of: Key,
    kind: type[T],
    map_row: Callable[[T, Notes], Record],
) -> Page:
    """Create a page that decodes rows as ``kind``, as far as they fit, and maps them to records."""

    def to_record(raw: RawRecord, notes: Notes) -> Record:
        return map_row(convert(raw.body, kind, raw.remote_id or "", notes), notes)

    return Page(stream=stream, raw=[RawRecord(key_of(row), row) for row in rows], map=to_record)


def sightings_of(
    rows: list[Row], key_of: Key, changed_at: Callable[[Row], datetime | None]
) -> SightingPage:
    """Return a list's ids. If a row has no id, the list is not complete proof."""
    sightings = [Sighting(key, changed_at(row)) for row in rows if (key := key_of(row))]
    return SightingPage(sightings=sightings, covers=len(sightings) == len(rows))


def sightings_in(page: Page, changed_at: Callable[[Any], datetime | None]) -> SightingPage:
    """Return the ids of a page of records, for an ATS that can't list ids alone."""
    return SightingPage(
        sightings=[
            Sighting(record.remote_id, changed_at(record.body))
            for record in page.raw
            if record.remote_id is not None
        ],
        short=page.short,
        covers=page.covers and all(record.remote_id for record in page.raw),
    )
