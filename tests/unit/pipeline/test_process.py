"""Processing a single page."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from jemmo.domain.enums import ApplicationStatus, JobStatus
from jemmo.domain.errors import RecordRejected
from jemmo.domain.records import Application, Attachment, Job, Record, Stage, Talent
from jemmo.domain.rules import Exclusion, Rules
from jemmo.domain.streams import Notes, Page, RawRecord, Stream
from jemmo.pipeline.process import MAX_RAW, MOST_ENTRIES, process


def to_job(raw: RawRecord, notes: Notes) -> Record:
    if raw.body == "bad":
        raise RecordRejected("no_title", field="title")
    if raw.body == "odd":
        notes.add("unknown_value:status", raw.remote_id or "")
    status = JobStatus.ARCHIVED if raw.body == "archived" else JobStatus.OPEN
    return Job(remote_id=raw.remote_id or "", title="Cook", status=status)


def a_page(*records: tuple[str | None, Any]) -> Page:
    return Page(stream=Stream.JOBS, raw=[RawRecord(*one) for one in records], map=to_job)


def test_one_invalid_record_does_not_affect_the_others() -> None:
    outcome = process(a_page(("1", "good"), ("2", "bad"), ("3", "good")), Rules())
    assert [one.record.remote_id for one in outcome.accepted] == ["1", "3"]
    assert [(one.remote_id, one.code, one.field) for one in outcome.rejected] == [
        ("2", "no_title", "title")
    ]
    assert outcome.fetched == 3


def test_excluded_records_are_accepted_with_their_reason() -> None:
    outcome = process(a_page(("1", "archived")), Rules())
    assert outcome.accepted[0].excluded is Exclusion.JOB_ARCHIVED


def test_oddities_are_counted() -> None:
    outcome = process(a_page(("1", "odd"), ("2", "odd")), Rules())
    assert outcome.notes.counts == {"unknown_value:status": 2}
    assert outcome.notes.examples == {"unknown_value:status": "1"}


@pytest.mark.parametrize(
    ("key", "code"), [(None, "no_id"), ("", "no_id"), ("x" * 201, "bad_id"), ("a\x00b", "bad_id")]
)
def test_a_record_with_an_unusable_id_is_rejected(key: str | None, code: str) -> None:
    (rejection,) = process(a_page((key, "good")), Rules()).rejected
    assert rejection.code == code
    assert rejection.remote_id is None or len(rejection.remote_id) <= 200


@pytest.mark.parametrize(
    "record",
    [
        Application(remote_id="1", status=ApplicationStatus.ACTIVE, job_remote_id="x" * 201),
        Stage(remote_id="1", name="Inbox", job_remote_id="x" * 201),
        Talent(remote_id="1", attachments=(Attachment(remote_id="x" * 201),)),
    ],
)
def test_a_record_linked_to_an_unusable_id_is_rejected(record: Record) -> None:
    page = Page(stream=Stream.JOBS, raw=[RawRecord("1", {})], map=lambda *_: record)
    (rejection,) = process(page, Rules()).rejected
    assert rejection.code == "bad_id"


def test_evidence_is_kept_within_limits() -> None:
    def reject(_raw: RawRecord, _notes: Notes) -> Record:
        raise RecordRejected

    body = {"text": "x" * MAX_RAW * 2, "odd": object()}
    page = Page(stream=Stream.JOBS, raw=[RawRecord("1", body)], map=reject)
    (rejection,) = process(page, Rules()).rejected
    assert rejection.raw is not None
    assert len(rejection.raw) == MAX_RAW


def test_the_evidence_of_a_raw_body_is_that_body() -> None:
    def reject(_raw: RawRecord, _notes: Notes) -> Record:
        raise RecordRejected

    page = Page(stream=Stream.JOBS, raw=[RawRecord("1", msgspec.Raw(b'{"x":1}'))], map=reject)
    assert process(page, Rules()).rejected[0].raw == b'{"x":1}'


def test_an_application_without_a_talent_is_noted() -> None:
    def to_application(raw: RawRecord, notes: Notes) -> Record:
        return Application(
            remote_id=raw.remote_id or "",
            talent_remote_id=raw.body,
            status=ApplicationStatus.ACTIVE,
        )

    rows = [RawRecord("1", None), RawRecord("2", "7")]

    outcome = process(Page(stream=Stream.APPLICATIONS, raw=rows, map=to_application), Rules())

    assert outcome.notes.counts == {"relation_not_sent:applications.talent": 1}
    assert len(outcome.accepted) == 2


def test_a_list_in_a_record_has_a_limit() -> None:
    def to_talent(raw: RawRecord, notes: Notes) -> Record:
        fields = {f"field {place}": {"value": place} for place in range(MOST_ENTRIES + 1)}
        tags = tuple(f"tag {place}" for place in range(MOST_ENTRIES * 2))
        return Talent(remote_id="1", tags=tags, custom_fields=fields)

    page = Page(stream=Stream.TALENTS, raw=[RawRecord("1", None)], map=to_talent)
    outcome = process(page, Rules())
    [talent] = [one.record for one in outcome.accepted]

    assert isinstance(talent, Talent)
    assert len(talent.tags) == len(talent.custom_fields) == MOST_ENTRIES
    assert talent.tags[-1] == f"tag {MOST_ENTRIES - 1}"
    assert outcome.notes.counts == {
        "too_many_entries:tags": 1,
        "too_many_entries:custom_fields": 1,
    }
