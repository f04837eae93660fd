"""Map, validate and apply rules: what becomes of one page. Pure."""

from __future__ import annotations

import msgspec

from jemmo.domain.errors import RecordRejected
from jemmo.domain.fingerprint import content_hash
from jemmo.domain.masking import without_contacts
from jemmo.domain.outcomes import Accepted, PageOutcome, Rejection
from jemmo.domain.records import Record
from jemmo.domain.rules import Rules, exclusion
from jemmo.domain.streams import Notes, Page, RawRecord

MAX_ID = 200
MAX_RAW = 100_000  # bytes of a rejected record kept as evidence


def process(page: Page, rules: Rules) -> PageOutcome:
    """Turn a page into what the store writes. One bad record is rejected; the others go on."""
    notes = Notes()
    records: list[Record] = []
    rejected: list[Rejection] = []
    for raw in page.raw:
        try:
            records.append(_record(page, raw, notes))
        except RecordRejected as error:
            rejected.append(_reject(raw, error))
    return PageOutcome(
        stream=page.stream,
        fetched=len(page.raw),
        accepted=[Accepted(one, content_hash(one), exclusion(one, rules)) for one in records],
        rejected=rejected,
        notes=notes,
        gone=page.gone,
    )


def _record(page: Page, raw: RawRecord, notes: Notes) -> Record:
    if not raw.remote_id:
        raise RecordRejected("The record has no id.", code="no_id", field="id")
    if len(raw.remote_id) > MAX_ID or "\x00" in raw.remote_id:
        raise RecordRejected("The record's id is not usable.", code="bad_id", field="id")
    return page.map(raw, notes)


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
