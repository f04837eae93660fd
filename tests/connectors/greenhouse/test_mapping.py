"""Greenhouse's mappings, tested with a recording of an invented person and with arbitrary input."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.greenhouse import mapping, wire
from jemmo.connectors.greenhouse.mapping import AroundApplications, AroundJobs
from jemmo.connectors.lenient import convert
from jemmo.domain.enums import (
    ApplicationStatus,
    CompensationPeriod,
    ContactKind,
    JobStatus,
    JobVisibility,
    StageCategory,
)
from jemmo.domain.errors import RecordRejected
from jemmo.domain.records import Application, Job, Talent
from jemmo.domain.streams import Notes

RECORDED = json.loads((Path(__file__).parent / "recordings" / "candidate.json").read_text())
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)


def read(kind: Any, to_record: Any, row: dict[str, Any], around: Any) -> tuple[Any, Notes]:
    notes = Notes()
    return to_record(convert(row, kind, str(row.get("id")), notes), around, notes), notes


def candidate(**resumes: Any) -> Talent:
    found, notes = read(wire.CandidateRow, mapping.talent, RECORDED, resumes)
    assert isinstance(found, Talent)
    assert not notes.counts
    return found


def job(row: dict[str, Any], around: AroundJobs | None = None) -> tuple[Job, Notes]:
    return read(wire.JobRow, mapping.job, {"id": 1, "name": "Nurse", **row}, around or AroundJobs())


def application(row: dict[str, Any], **around: Any) -> tuple[Application, Notes]:
    found = {"id": 5, "candidate_id": 17, "job_id": 3, **row}
    return read(wire.ApplicationRow, mapping.application, found, AroundApplications(**around))


def test_visits_are_moves_in_their_order() -> None:
    """Visits out of order, with a stage that was never reached, a return, and no end of the last visit."""
    visits = [
        {"job_interview_stage_id": 8, "entered_at": "2026-03-03", "exited_at": "2026-03-05"},
        {"job_interview_stage_id": 9, "entered_at": None, "exited_at": None, "current": False},
        {"job_interview_stage_id": 7, "entered_at": "2026-03-05", "current": True},
        {"job_interview_stage_id": 7, "entered_at": "2026-03-01", "exited_at": "2026-03-03"},
        {"job_interview_stage_id": {"odd": 1}, "entered_at": "2026-03-02"},
    ]
    found, notes = application({"status": "in_process"}, visits={"5": visits})
    assert [
        (
            one.from_stage_remote_id,
            one.to_stage_remote_id,
            one.at.day,
            one.left_at and one.left_at.day,
        )
        for one in found.moves
    ] == [(None, "7", 1, 3), ("7", "8", 3, 5), ("8", "7", 5, None)]
    assert found.stage_remote_id == "7"
    assert not notes.counts


@pytest.mark.parametrize(
    ("low", "high", "currency", "pay"),
    [
        (4_500_000, 6_000_000, "EUR", (45_000, 60_000)),
        (4_500_000, 6_000_000, "JPY", (4_500_000, 6_000_000)),
        (4_500_000, 6_000_000, "kwd", (4_500, 6_000)),
        (0, 6_000_000, "USD", (None, 60_000)),
        (0, 0, "USD", None),
        (None, None, None, None),
    ],
)
def test_a_posts_pay_is_in_the_smallest_unit_and_zero_means_none(
    low: int | None, high: int | None, currency: str | None, pay: tuple[float, float] | None
) -> None:
    row = {"id": 3, "pay_input_id": 7, "min_cents": low, "max_cents": high}
    around = AroundJobs(
        posts={"1": [{"id": 2, "live": True}]},
        pay={"2": [{**row, "currency_type": currency}]},
        pay_names={"7": [{"id": 7, "title": "Base salary a year"}]},
    )
    found = job({}, around)[0].compensations
    assert [(one.min, one.max) for one in found] == ([pay] if pay else [])
    assert all(one.period is CompensationPeriod.YEAR and one.is_public for one in found)


def test_a_candidate_becomes_a_talent() -> None:
    found = candidate()
    assert (found.remote_id, found.first_name, found.last_name) == ("4111", "Maëlle", "Exemple")
    assert (found.is_private, found.can_email) == (True, False)
    assert found.location is not None
    assert found.location.raw == "1 rue Inventée, Lyon"
    assert [one.kind for one in found.contacts] == [
        ContactKind.EMAIL,
        ContactKind.PHONE,
        ContactKind.SOCIAL,
    ]
    assert set(found.custom_fields) == {"level", "preferred_name"}
    assert found.remote_updated_at is not None
    assert found.remote_updated_at.isoformat() == "2025-03-30T01:30:00+00:00"


def test_only_the_candidates_own_resumes_count() -> None:
    mine = {"id": 9, "filename": "CV.pdf", "updated_at": "2025-03-02T09:00:00.000Z"}
    found = candidate(**{"4111": [mine], "4112": [{"id": 10}]})
    assert [(one.remote_id, one.content_type) for one in found.attachments] == [
        ("9", "application/pdf")
    ]


def test_without_the_list_of_resumes_stored_ones_stay() -> None:
    unread, _ = read(wire.CandidateRow, mapping.talent, RECORDED, None)
    assert (candidate().lists_all_files, unread.lists_all_files) == (True, False)


@pytest.mark.parametrize(
    ("shown", "status"), [("open", JobStatus.OPEN), ("sleeping", JobStatus.PENDING)]
)
def test_the_original_status_is_stored_too(shown: str, status: JobStatus) -> None:
    found, notes = job({"status": shown})
    assert (found.status, found.status_original) == (status, shown)
    assert bool(notes.counts) is (shown == "sleeping")


@pytest.mark.parametrize(
    ("value", "is_confidential"),
    [
        *[(one, True) for one in (True, 1, "yes", "on", "true", [True], {"value": True}, [], {})],
        *[(one, False) for one in (False, 0, None, "", "false", " False ", "0")],
    ],
)
def test_a_flag_in_an_unknown_spelling_keeps_a_record_confidential(
    value: Any, *, is_confidential: bool
) -> None:
    row = {**RECORDED, "private": value}
    assert read(wire.CandidateRow, mapping.talent, row, {})[0].is_private is is_confidential
    hidden = JobVisibility.CONFIDENTIAL if is_confidential else None
    assert job({"confidential": value})[0].visibility is hidden


def test_a_job_template_is_not_an_open_job() -> None:
    assert job({"status": "open", "is_template": True})[0].status is JobStatus.DRAFT


def test_the_text_comes_from_the_live_public_post() -> None:
    posts = [
        {"id": 1, "live": False, "internal": False, "content": "old"},
        {"id": 2, "live": True, "internal": True, "content": "inside"},
        {"id": 3, "live": True, "internal": False, "content": "<p>Come</p>"},
    ]
    assert job({}, AroundJobs(posts={"1": posts}))[0].description_html == "<p>Come</p>"


def test_the_responsible_recruiter_is_chosen() -> None:
    owners = [
        {"type": "recruiter", "user_id": 7, "responsible": False},
        {"type": "hiring_manager", "user_id": 8, "responsible": True},
        {"type": "recruiter", "user_id": 9, "responsible": True},
    ]
    assert job({}, AroundJobs(owners={"1": owners}))[0].recruiter_remote_id == "9"


def test_without_a_stage_id_the_name_within_the_job_counts() -> None:
    stages = {("3", "Phone screen"): ["301"], ("4", "Phone screen"): ["401"]}
    found, _ = application({"stage_id": 900, "stage_name": "Phone screen"}, stages=stages)
    assert found.stage_remote_id == "301"
    told, notes = application({"stage_name": "Gone"}, stages=stages)
    assert told.stage_remote_id is None
    assert notes.counts


def test_a_rejections_reason_is_found_in_any_place() -> None:
    row = {"status": "rejected", "rejected_at": "2025-10-01T09:00:00Z"}
    inside, _ = application({**row, "rejection_reason_id": 2})
    beside, _ = application(row, reasons={"5": [{"id": 5, "rejection_reason_id": 2}]})
    assert inside.reject_reason_remote_id == beside.reject_reason_remote_id == "2"
    assert inside.status is ApplicationStatus.REJECTED


def test_a_prospect_has_no_job() -> None:
    found, _ = application({"job_id": None, "prospect": True, "status": "in_process"})
    assert (found.job_remote_id, found.is_sourced) == (None, True)


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("Application Review", StageCategory.NEW),
        ("Phone Screen", StageCategory.SCREENING),
        ("Take Home Test", StageCategory.ASSESSMENT),
        ("Lunch", StageCategory.OTHER),
    ],
)
def test_a_stages_name_determines_its_category(name: str, category: StageCategory) -> None:
    found, _ = read(wire.StageRow, mapping.stage, {"id": 1, "job_id": 2, "name": name}, None)
    assert found.category is category


@pytest.mark.parametrize(
    ("kind", "to_record", "around"),
    [
        (wire.JobRow, mapping.job, AroundJobs()),
        (wire.CandidateRow, mapping.talent, None),
        (wire.ApplicationRow, mapping.application, AroundApplications()),
    ],
)
@given(data=st.data())
@pytest.mark.sample(1)
def test_any_input_becomes_a_record_or_is_rejected(
    kind: Any, to_record: Any, around: Any, data: Any
) -> None:
    names = msgspec.structs.fields(kind)
    row = {one.encode_name: data.draw(ANYTHING) for one in names} | {"id": 1}
    with suppress(RecordRejected):
        read(kind, to_record, row, around)


LEVEL = {"name": "Level", "type": "number", "value": 3}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"level": LEVEL}, {"type": "number", "label": "Level", "value": 3}),
        ({"level": 3}, {"type": None, "label": "level", "value": 3}),
        (
            [{"custom_field_id": 8, "name_key": "level", **LEVEL}],
            {"type": "number", "label": "Level", "value": 3},
        ),
    ],
)
def test_custom_fields_are_read_in_each_form(sent: Any, stored: dict[str, Any]) -> None:
    row = {"id": 1, "name": "Cook", "custom_fields": sent}

    found, notes = job(row, AroundJobs())

    assert found.custom_fields == {"level": stored}
    assert not notes.counts


@pytest.mark.parametrize("sent", [["vip", "2026"], [{"id": 1, "name": "vip"}, {"name": "2026"}]])
def test_tags_are_names_or_objects_with_a_name(sent: Any) -> None:
    found, notes = read(wire.CandidateRow, mapping.talent, {"id": 1, "tags": sent}, None)

    assert found.tags == ("vip", "2026")
    assert not notes.counts
