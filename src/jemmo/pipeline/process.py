"""Maps, validates and applies rules to one page. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import msgspec

from jemmo.domain.entities import ENTITIES
from jemmo.domain.errors import RecordRejected
from jemmo.domain.fingerprint import content_hash
from jemmo.domain.history import LIMITED
from jemmo.domain.masking import without_contacts
from jemmo.domain.outcomes import Accepted, PageOutcome, Rejection
from jemmo.domain.records import Application, Note, Record, Talent
from jemmo.domain.rules import Rules, exclusion
from jemmo.domain.streams import Notes, Page, RawRecord
from jemmo.domain.validation import MAX_ID

CLOCKS_AGREE = timedelta(minutes=1)
MAX_RAW = 100_000  # bytes of a rejected record that are stored as evidence
MOST_ENTRIES = 1_000
"""Entries of a list in a record, such as its tags or places, which every page of the record shows. ATSs send a few."""


def process(
    page: Page, rules: Rules, *, now: datetime | None = None, limit: datetime | None = None
) -> PageOutcome:
    """Turn a page into what the store writes. A bad record is rejected; the others continue.

    Notes records changed after ``now``, since the ATS's clock is then ahead of ours. If the history starts at
    ``limit``, also notes records without a modification time, since they are never excluded.
    """
    notes = Notes()
    records: list[Record] = []
    rejected: list[Rejection] = []
    for raw in page.raw:
        try:
            records.append(_record(page, raw, notes))
        except RecordRejected as error:
            rejected.append(_reject(raw, error))
    if now is not None:
        _note_future(records, now + CLOCKS_AGREE, notes)
    if limit is not None and page.stream in LIMITED:
        for record in records:
            if record.remote_updated_at is None:
                notes.add("no_time_of_change", record.remote_id)
    return PageOutcome(
        stream=page.stream,
        fetched=len(page.raw),
        accepted=[_accepted(record, rules, notes) for record in records],
        rejected=rejected,
        notes=notes,
        gone=page.gone,
    )


def _accepted(record: Record, rules: Rules, notes: Notes) -> Accepted:
    kept = frozenset(notes.kept.get(record.remote_id, ()))
    return Accepted(record, content_hash(record, kept), exclusion(record, rules), kept)


def _note_future(records: list[Record], latest: datetime, notes: Notes) -> None:
    for record in records:
        changed = record.remote_updated_at
        if changed is not None and changed > latest:
            notes.add("clock_ahead", record.remote_id)


def _record(page: Page, raw: RawRecord, notes: Notes) -> Record:
    if not raw.remote_id:
        raise RecordRejected("no_id", field="id")
    _check_id("id", raw.remote_id)
    record = _limited(page.map(raw, notes), notes)
    for field, remote_id in _links(record):
        _check_id(field, remote_id)
    if isinstance(record, Application | Note) and record.talent_remote_id is None:
        # It is stored, but can't be shown with anyone.
        notes.add(f"relation_not_sent:{page.stream}.talent", record.remote_id)
    return record


def _limited(record: Record, notes: Notes) -> Record:
    """The record with at most ``MOST_ENTRIES`` entries in each list."""
    long = [name for name in _LISTS[type(record)] if len(getattr(record, name)) > MOST_ENTRIES]
    if not long:
        return record
    cut: dict[str, Any] = {}
    for name in long:
        entries = getattr(record, name)
        first = islice(entries.items() if isinstance(entries, dict) else entries, MOST_ENTRIES)
        cut[name] = type(entries)(first)
        notes.add(f"too_many_entries:{name}", record.remote_id)
    return msgspec.structs.replace(record, **cut)


_LISTS: dict[type[Record], tuple[str, ...]] = {
    entity.record: tuple(
        field.name
        for field in msgspec.structs.fields(entity.record)
        if isinstance(field.default, tuple) or field.default_factory is dict
    )
    for entity in ENTITIES.values()
}
"""The fields of each record that hold any number of values."""


def _check_id(field: str, remote_id: str) -> None:
    if len(remote_id) > MAX_ID or "\x00" in remote_id:
        raise RecordRejected("bad_id", field=field)


def _links(record: Record) -> Iterator[tuple[str, str]]:
    """Yield the ids of a record's links and parts."""
    for field in record.__struct_fields__:
        value = getattr(record, field)
        if field.endswith("remote_id") and isinstance(value, str):
            yield field, value
    if isinstance(record, Talent):
        yield from (("attachments", file.remote_id) for file in record.attachments)
    if isinstance(record, Application):
        yield from (("moves", move.to_stage_remote_id) for move in record.moves)


def _reject(raw: RawRecord, error: RecordRejected) -> Rejection:
    remote_id = raw.remote_id
    return Rejection(
        remote_id=remote_id[:MAX_ID].replace("\x00", "") if remote_id else None,
        code=error.code,
        message=without_contacts(error.message) or "",
        field=error.field,
        raw=_evidence(raw),
    )


def _evidence(raw: RawRecord) -> bytes:
    body = raw.body
    if not isinstance(body, bytes | msgspec.Raw):
        body = msgspec.json.encode(body, enc_hook=str)
    return bytes(body)[:MAX_RAW]
