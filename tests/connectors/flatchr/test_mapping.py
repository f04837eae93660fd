"""Mappings tested with recordings of invented people and companies, and with arbitrary input."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path as File
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.by_day.slices import Slice
from jemmo.connectors.by_day.windows import Window
from jemmo.connectors.flatchr import mapping
from jemmo.connectors.flatchr.connector import FLATCHR
from jemmo.connectors.flatchr.mapping import Columns
from jemmo.connectors.flatchr.pages import Pages
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.wire import Applicant, Column, Vacancy
from jemmo.domain.enums import (
    ApplicationStatus,
    CompensationPeriod,
    EmploymentType,
    JobStatus,
    RemotePolicy,
    StageCategory,
)
from jemmo.domain.errors import RecordRejected
from jemmo.domain.records import Record
from jemmo.domain.streams import Notes, Page, Stream

RECORDINGS = File(__file__).parent / "recordings"
LABELS = {
    "contract_type": {1: "CDI", 4: "Stage"},
    "education_level": {3: "Bac"},
    "activity": {25: "Internet"},
    "channel": {2: "Commerce / Vente"},
    "metier": {49: "Commercial"},
}


def recorded(name: str) -> Any:
    return json.loads((RECORDINGS / f"{name}.json").read_text())


def settings(**options: str) -> Settings:
    given = {"company_id": "Ab3dEf6hIj9kLm2n", **options}
    return Settings(FLATCHR.configure("key", None, given))


def as_json(record: Record) -> Any:
    return json.loads(msgspec.json.encode(record))


def a_job(**changes: Any) -> Any:
    vacancy = msgspec.convert({**recorded("vacancy"), **changes}, Vacancy, strict=False)
    return mapping.job(vacancy, LABELS, settings(), Notes())


def an_applicant(**changes: Any) -> Applicant:
    return msgspec.convert({**recorded("applicant"), **changes}, Applicant, strict=False)


def columns() -> Columns:
    return Columns(recorded("columns"))


def test_a_vacancy_becomes_this_job() -> None:
    assert as_json(a_job()) == recorded("job")


def test_an_applicant_becomes_this_talent_and_this_application() -> None:
    notes = Notes()
    assert as_json(mapping.talent(an_applicant(), settings())) == recorded("talent")
    found = mapping.application(an_applicant(), columns(), settings(), notes)
    assert as_json(found) == recorded("application")
    assert not notes.counts


def test_columns_become_stages_of_the_company() -> None:
    known = columns()
    found = [
        mapping.stage(msgspec.convert(row, Column), known, settings().zone) for row in known.rows
    ]
    assert [(one.remote_id, one.name, one.position, one.category) for one in found] == [
        ("645", "Recruté", 9, StageCategory.HIRED),
        ("641", "Candidatures", 0, StageCategory.NEW),
        ("643", "Entretien RH", 2, StageCategory.INTERVIEW),
        ("644", "Vivier", 3, StageCategory.OTHER),
    ]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (True, RemotePolicy.HYBRID),
        (False, RemotePolicy.ON_SITE),
        ("fulltime", RemotePolicy.REMOTE),
        ("notime", RemotePolicy.ON_SITE),
        (None, None),
        ("orbital", None),
    ],
)
def test_remote_work_is_a_word_or_a_truth_value(sent: Any, expected: RemotePolicy | None) -> None:
    assert a_job(remote=sent).remote_policy is expected


@pytest.mark.parametrize(
    ("salary", "unit", "low"),
    [
        ("0", "y", None),
        (0, "y", None),
        (None, "y", None),
        ("60", "y", 60_000),
        ("32000", "y", 32_000),
        ("38000.50", "y", 38_000.5),
        (25, "h", 25),
        ("60", None, None),
        ("900", "y", None),
        (24, None, None),
        ("45,000", "y", 45_000),
        ("52 000", "y", 52_000),
        ("3,500", "m", 3_500),
        ("selon profil", "y", None),
    ],
)
def test_a_zero_salary_is_none_and_sixty_a_year_means_thousands(
    salary: Any, unit: Any, low: float | None
) -> None:
    found = a_job(salary=salary, salary_max=None, mensuality=unit).compensations
    assert [one.min for one in found if one.min] == ([low] if low else [])
    assert all(str(salary) in str(one.original) for one in found)
    assert bool(found) is (salary not in {"0", 0, None})


def test_contract_dates_are_not_posting_dates() -> None:
    job = a_job(start_date="2026-03-02T00:00:00.000Z", end_date="2026-09-30T00:00:00.000Z")
    assert as_json(job)["opened_at"] == "2025-03-01T09:00:00Z"
    assert job.closed_at is None
    assert job.custom_fields["contract_start"]["value"] == "2026-03-02"
    assert job.custom_fields["contract_end"]["value"] == "2026-09-30"


def test_a_postal_code_is_a_text_or_a_number() -> None:
    vacancy = recorded("vacancy")
    vacancy["address"]["postal_code"] = 69003
    notes = Notes()
    [page] = [Pages(settings(), None).jobs([vacancy], LABELS)]
    job = page.map(page.raw[0], notes)
    assert as_json(job)["locations"][0]["postal_code"] == "69003"
    assert not any(code.startswith("dropped_value") for code in notes.counts)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (1, JobStatus.OPEN),
        ("1", JobStatus.OPEN),
        (0, JobStatus.ARCHIVED),
        (2, JobStatus.CLOSED),
        (3, JobStatus.CLOSED),
        (7, JobStatus.CLOSED),
        (None, JobStatus.CLOSED),
    ],
)
def test_an_unknown_status_is_closed(status: Any, expected: JobStatus) -> None:
    assert a_job(status=status).status is expected


def test_the_option_determines_the_meaning_of_a_status() -> None:
    vacancy = msgspec.convert({**recorded("vacancy"), "status": 4}, Vacancy)
    given = settings(status_map="4=draft,1=open")
    assert mapping.job(vacancy, {}, given, Notes()).status is JobStatus.DRAFT


def test_a_contract_is_named_by_label_or_number_and_half_a_job_is_part_time() -> None:
    assert a_job(contract_type="Stage").employment_type is EmploymentType.INTERN
    assert a_job(contract_type_id=4).employment_type is EmploymentType.INTERN
    assert a_job(partial=True).employment_type is EmploymentType.PART_TIME
    assert a_job(contract_type="Portage").employment_type is EmploymentType.OTHER
    assert a_job(contract_type_id=99).employment_type is None
    assert a_job(mensuality="m", salary="2000").compensations[0].period is CompensationPeriod.MONTH


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"hired": True}, ApplicationStatus.HIRED),
        ({"column": "Recruté"}, ApplicationStatus.HIRED),
        ({"status": 0}, ApplicationStatus.OTHER),
        ({"status": 0, "hired": True}, ApplicationStatus.HIRED),
        ({"status": None}, ApplicationStatus.ACTIVE),
        ({"status": 5}, ApplicationStatus.OTHER),
    ],
)
def test_an_application_ends_by_hiring_or_archiving(
    changes: Any, expected: ApplicationStatus
) -> None:
    found = mapping.application(an_applicant(**changes), columns(), settings(), Notes())
    assert found.status is expected


def test_a_row_without_contacts_vacancy_or_column_is_stored() -> None:
    notes = Notes()
    row = an_applicant(email=None, phone=" ", vacancy_id=None, column="Ailleurs", aws=None)
    found = mapping.talent(row, settings())
    assert (found.contacts, found.attachments) == ((), ())
    applied = mapping.application(row, columns(), settings(), notes)
    assert (applied.job_remote_id, applied.stage_remote_id) == (None, None)
    assert set(notes.counts) == {"unknown_stage", "ambiguous_job"}


@pytest.mark.parametrize(("properties", "is_listed"), [({"aws": None}, True), ({}, False)])
def test_a_row_that_does_not_mention_a_resume_removes_none(
    properties: Any, is_listed: bool
) -> None:
    row = {name: value for name, value in recorded("applicant").items() if name != "aws"}
    applicant = msgspec.convert({**row, **properties}, Applicant, strict=False)
    found = mapping.talent(applicant, settings(use_legacy_detail="off"))
    assert (found.attachments, found.lists_all_files) == ((), is_listed)


def test_the_persons_id_is_an_alias_if_the_row_has_it() -> None:
    row = an_applicant(candidate={"id": "Lk2jHg8fDs5aQw1e"})
    assert mapping.talent(row, settings()).remote_aliases == ("Lk2jHg8fDs5aQw1e",)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


def rows_of(kind: Any, **fixed: Any) -> st.SearchStrategy[dict[str, Any]]:
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    optional = {name: ANYTHING for name in names if name not in fixed}
    return st.fixed_dictionaries(dict(fixed), optional=optional)


def mapped(page: Page) -> list[Record]:
    found = []
    for raw in page.raw:
        try:
            found.append(page.map(raw, Notes()))
        except RecordRejected as error:
            assert error.code
    return found


@given(rows_of(Applicant, applicant=st.text(min_size=1, max_size=9) | ANYTHING))
def test_any_applicant_is_mapped_or_rejected(row: dict[str, Any]) -> None:
    pages = Pages(settings(), None)
    window = Window(date(2025, 1, 1), date(2025, 1, 1))
    found = Slice(rows=[row], window=window, part=0, after=None, covers=True)
    for stream in (Stream.TALENTS, Stream.APPLICATIONS):
        for record in mapped(pages.applicants(stream, found, columns())):
            assert msgspec.json.encode(record)


@given(rows_of(Vacancy, vacancy_id=st.integers() | ANYTHING, title=st.text() | ANYTHING))
def test_any_vacancy_is_mapped_or_rejected(row: dict[str, Any]) -> None:
    pages = Pages(settings(), None)
    assert all(msgspec.json.encode(one) for one in mapped(pages.jobs([row], LABELS)))
    assert mapped(pages.placeholders([row]))


@given(rows_of(Column, id=st.integers() | ANYTHING))
def test_any_column_is_mapped_or_rejected(row: dict[str, Any]) -> None:
    pages = Pages(settings(), None)
    assert all(msgspec.json.encode(one) for one in mapped(pages.stages(Columns([row]))))


def test_personal_data_may_be_only_under_candidate() -> None:
    person = {
        "firstname": "Ada",
        "lastname": "Exemple",
        "email": "ada@example.com",
        "phone": "+33 6 00 00 00 07",
    }
    row = an_applicant(**dict.fromkeys(person), candidate={"id": "Lk2jHg8fDs5aQw1e", **person})

    found = mapping.talent(row, settings())

    assert (found.first_name, found.last_name) == ("Ada", "Exemple")
    assert [one.value for one in found.contacts] == ["ada@example.com", "+33 6 00 00 00 07"]


def test_an_anonymized_row_takes_nothing_from_its_candidate() -> None:
    person = {"firstname": "Ada", "email": "ada@example.com"}
    row = an_applicant(**dict.fromkeys(person), anonym=True, candidate={"id": "x", **person})

    found = mapping.talent(row, settings())

    assert (found.first_name, [one.value for one in found.contacts]) == (
        None,
        ["+33 6 00 00 00 00"],
    )
