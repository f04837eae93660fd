"""Recorded pages with invented people, and the expected canonical records."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jemmo.connectors.jsonapi.document import decoder, loosely, usable
from jemmo.connectors.lenient import convert
from jemmo.connectors.teamtailor.lookups import Inclusions, Lookups
from jemmo.connectors.teamtailor.resources import RESOURCES
from jemmo.connectors.teamtailor.wire import Included, Resource
from jemmo.domain.enums import (
    ApplicationStatus,
    AttachmentKind,
    ConsentState,
    EmploymentType,
    JobStatus,
    JobVisibility,
    RejectedBy,
    RemotePolicy,
    TalentOrigin,
)
from jemmo.domain.errors import RecordRejected
from jemmo.domain.records import Application, Job, Record, Talent
from jemmo.domain.streams import Notes, Stream

RECORDINGS = Path(__file__).parent / "recordings"
KINDS = {own.spec.name: own for own in RESOURCES}


def mapped(
    name: str, stream: Stream, *, included: int | None = None
) -> tuple[list[Record | RecordRejected], Notes]:
    """Map a recorded page with all of its included objects, or only the first ones."""
    kind, notes = KINDS[stream], Notes()
    page = decoder(kind.resource, Included)((RECORDINGS / name).read_bytes())
    lookups = Lookups()
    lookups.options["501"] = "Three months"
    around = Inclusions(usable(page.included[:included], Included, notes), lookups)
    found: list[Record | RecordRejected] = []
    for one in page.rows:
        resource = one if isinstance(one, Resource) else convert(one, kind.resource, "", notes)
        try:
            found.append(kind.map(resource, around, notes))
        except RecordRejected as error:
            found.append(error)
    return found, notes


def plain(records: Any) -> Any:
    return [msgspec.to_builtins(one) for one in records]


def test_a_talent() -> None:
    (ada, _), _ = mapped("candidates.json", Stream.TALENTS)
    assert isinstance(ada, Talent)
    assert (ada.remote_id, ada.first_name, ada.last_name) == ("900101", "Ada", "Berg")
    assert (ada.headline, ada.summary) == ("Data engineer", "Ten years of pipelines.")
    assert (ada.origin, ada.source) == (TalentOrigin.REFERRED, "Example Jobs")
    assert (ada.consent_state, ada.can_email) == (ConsentState.GIVEN, False)
    assert ada.tags == ("python", "remote")
    assert ada.remote_updated_at == datetime(2024, 11, 20, 15, 40, 0, 3000, tzinfo=UTC)
    assert plain(ada.contacts) == [
        {"kind": "EMAIL", "value": "ada@example.org"},
        {"kind": "PHONE", "value": "070.555.0101 x12"},
        {
            "kind": "SOCIAL",
            "value": "https://www.linkedin.com/in/ada-example",
            "network": "linkedin",
        },
    ]


def test_a_talents_files_are_identified_without_their_links() -> None:
    (ada, other), _ = mapped("candidates.json", Stream.TALENTS)
    assert isinstance(ada, Talent)
    assert isinstance(other, Talent)
    resume, cv, portfolio = ada.attachments
    assert (resume.remote_id, resume.file_name) == ("resume", "resume.docx")
    assert resume.remote_version == "/resumes/0f1e2d3c4b5a69788796a5b4c3d2e1f001234567.docx"
    assert (cv.remote_id, cv.kind) == ("upload:77", AttachmentKind.RESUME)
    assert (portfolio.file_name, portfolio.kind) == ("portfolio.zip", AttachmentKind.OTHER)
    assert other.attachments[0].file_name == "resume.pdf"
    assert "Signature" not in repr(ada)


def test_uploads_that_were_linked_but_not_sent_are_not_removed() -> None:
    (ada, other), _ = mapped("candidates.json", Stream.TALENTS)
    (bare, _), _ = mapped("candidates.json", Stream.TALENTS, included=1)
    assert isinstance(ada, Talent)
    assert isinstance(other, Talent)
    assert isinstance(bare, Talent)
    assert (ada.lists_all_files, len(ada.attachments)) == (True, 3)
    assert (bare.lists_all_files, len(bare.attachments)) == (False, 2)
    assert (other.lists_all_files, len(other.attachments)) == (False, 1)


def test_custom_fields_show_labels() -> None:
    (ada, _), _ = mapped("candidates.json", Stream.TALENTS)
    assert isinstance(ada, Talent)
    assert ada.custom_fields == {
        "notice-period": {"type": "select", "label": "Notice period", "value": "Three months"},
        "driving-licence": {"type": "boolean", "label": "Driving licence", "value": True},
    }


@pytest.mark.parametrize(
    ("value", "is_private"), [("soon", True), (True, True), ({}, True), ("", False), (False, False)]
)
def test_a_restriction_in_an_unknown_spelling_counts(value: Any, *, is_private: bool) -> None:
    kind, notes = KINDS[Stream.TALENTS], Notes()
    row = {"id": "1", "attributes": {"restricted-at": value}}
    found = kind.map(convert(row, kind.resource, "1", notes), Inclusions({}, Lookups()), notes)
    assert isinstance(found, Talent)
    assert found.is_private is is_private


def test_a_talent_with_little_data() -> None:
    (_, other), notes = mapped("candidates.json", Stream.TALENTS)
    assert isinstance(other, Talent)
    assert (other.remote_id, other.first_name, other.contacts) == ("900102", None, ())
    assert (other.is_private, other.is_internal) == (True, True)
    assert other.origin is TalentOrigin.SOURCED
    assert notes.counts == {}


def test_a_job() -> None:
    (job, *_), _ = mapped("jobs.json", Stream.JOBS)
    assert isinstance(job, Job)
    assert (job.title, job.description_html) == ("Data engineer", "<p>Build pipelines.</p>")
    assert (job.status, job.visibility) == (JobStatus.OPEN, JobVisibility.PUBLIC)
    assert (job.employment_type, job.remote_policy) == (
        EmploymentType.FULL_TIME,
        RemotePolicy.HYBRID,
    )
    assert (job.department_remote_id, job.recruiter_remote_id) == ("511", "3015")
    assert (job.category, job.pitch) == ("Engineering", None)
    assert job.apply_url == "https://career.example.org/jobs/7001/apply"
    assert plain(job.locations) == [
        {
            "raw": "Lyon office",
            "street": "1 rue de l'Exemple",
            "postal_code": "69001",
            "city": "Lyon",
            "country_code": "FR",
            "lat": 45.76,
            "lon": 4.83,
            "is_primary": True,
        },
    ]
    assert job.custom_fields == {
        "division": {"type": "text", "label": "Division", "value": "Example France"},
        "regions": {"type": "multi_select", "label": "Regions", "value": ["Nordics"]},
        "hiring_team": {
            "type": "multi_select",
            "label": "Hiring team",
            "value": ["Agathe Lormier"],
        },
    }
    assert plain(job.compensations) == [
        {
            "min": 45000.0,
            "max": 55000.0,
            "currency": "EUR",
            "period": "YEAR",
            "original": "45000.0 / 55000.0 / eur / yearly",
        }
    ]


def test_an_archived_internal_job_without_pay() -> None:
    (_, job, *_), _ = mapped("jobs.json", Stream.JOBS)
    assert isinstance(job, Job)
    assert (job.status, job.visibility) == (JobStatus.ARCHIVED, JobVisibility.INTERNAL)
    assert (job.compensations, job.experience_level, job.tags) == ((), None, ())


def test_unknown_values_are_stored_as_text_and_counted() -> None:
    (_, _, job, _), notes = mapped("jobs.json", Stream.JOBS)
    assert isinstance(job, Job)
    assert (job.status, job.status_original) == (JobStatus.PENDING, "hibernating")
    assert (job.employment_type, job.employment_type_original) == (EmploymentType.OTHER, "gig")
    assert (job.remote_policy, job.remote_policy_original) == (None, "orbital")
    assert notes.counts == {
        "unknown_value:human-status hibernating": 1,
        "unknown_value:employment-type gig": 1,
        "unknown_value:remote-status orbital": 1,
        "relation_not_sent:locations": 1,
        "relation_not_sent:regions": 1,
        "relation_not_sent:users": 1,
    }
    unknown = {code for code in notes.counts if code.startswith("unknown_value")}
    assert {notes.examples[code] for code in unknown} == {"7003"}


def test_a_job_without_a_title_is_rejected() -> None:
    (*_, error), _ = mapped("jobs.json", Stream.JOBS)
    assert isinstance(error, RecordRejected)
    assert (error.code, error.field) == ("no_title", "title")


def test_the_status_of_an_application_follows_from_stage_and_rejection() -> None:
    found, _ = mapped("job-applications.json", Stream.APPLICATIONS)
    active, hired, rejected = (one for one in found if isinstance(one, Application))
    assert (active.status, active.status_original) == (ApplicationStatus.ACTIVE, "In process")
    assert (active.talent_remote_id, active.job_remote_id) == ("900101", "7001")
    assert (active.stage_remote_id, active.reject_reason_remote_id) == ("41002", None)
    assert hired.status is ApplicationStatus.HIRED
    assert hired.hired_at == datetime(2024, 11, 6, 7, tzinfo=UTC)
    assert (hired.cover_letter, hired.is_sourced) == ("Bonjour", True)
    assert rejected.status is ApplicationStatus.REJECTED
    assert rejected.rejected_at == datetime(2024, 11, 9, 7, tzinfo=UTC)
    assert (rejected.rejected_by, rejected.job_remote_id) == (RejectedBy.CANDIDATE, None)


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*.json")), ids=lambda path: path.stem)
def test_recordings_contain_only_invented_people(path: Path) -> None:
    page = loosely(path.read_bytes())
    for one in page.rows:
        email = one["attributes"].get("email")
        assert not email or email.endswith("@example.org")


@pytest.mark.parametrize(
    ("relationships", "attributes"),
    [
        ({"job": {"data": {"id": "x" * 5000}}}, {"name": "Inbox", "row-order": 2**70}),
        ({"job": {"data": {"id": "a\x00b"}}}, {"name": "Inbox", "row-order": -(2**70)}),
        ({"job": {"data": {"id": ""}}}, {"name": "Inbox\x00"}),
    ],
)
def test_values_that_cannot_be_stored_are_dropped(relationships: Any, attributes: Any) -> None:
    kind, notes = KINDS[Stream.STAGES], Notes()
    body = {"id": "1", "attributes": attributes, "relationships": relationships}
    stage: Any = kind.map(
        convert(body, kind.resource, "1", notes), Inclusions([], Lookups()), notes
    )
    assert (stage.name, stage.job_remote_id, stage.position) == ("Inbox", None, None)


def a_talent(**attributes: Any) -> tuple[Talent, Notes]:
    notes = Notes()
    body = {"id": "7", "type": "candidates", "attributes": attributes}
    resource = convert(body, KINDS[Stream.TALENTS].resource, "7", notes)
    found = KINDS[Stream.TALENTS].map(resource, Inclusions([], Lookups()), notes)
    assert isinstance(found, Talent)
    return found, notes


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("linkedin.com/in/ada-example", ["https://linkedin.com/in/ada-example"]),
        ("www.linkedin.com/in/ada-example", ["https://www.linkedin.com/in/ada-example"]),
        ("//fr.linkedin.com/in/ada", ["https://fr.linkedin.com/in/ada"]),
        ("http://linkedin.com/in/ada", ["http://linkedin.com/in/ada"]),
    ],
)
def test_a_profile_is_kept_although_its_address_has_no_scheme(
    typed: str, stored: list[str]
) -> None:
    found, notes = a_talent(**{"linkedin-url": typed})

    assert [one.value for one in found.contacts] == stored
    assert not notes.counts


@pytest.mark.parametrize("typed", ["ask me", "javascript:alert(1)", "ada@example.com/x"])
def test_invalid_addresses_are_counted(typed: str) -> None:
    found, notes = a_talent(**{"linkedin-url": typed})

    assert found.contacts == ()
    assert notes.counts == {"dropped_value:linkedin-url": 1}


@pytest.mark.parametrize("sent", ["75", 75])
@pytest.mark.parametrize("link", ["/v1/jobs?page=2", {"href": "/v1/jobs?page=2", "meta": {}}])
def test_counts_may_be_text_and_links_objects(sent: Any, link: Any) -> None:
    body = {"data": [], "meta": {"record-count": sent}, "links": {"next": link, "prev": None}}

    page = decoder(KINDS[Stream.JOBS].resource, Included)(msgspec.json.encode(body))

    assert (page.count, page.next, page.previous) == (75, "/v1/jobs?page=2", None)


@pytest.mark.parametrize(
    "rest", [{"meta": None, "links": None}, {}, {"meta": {"record-count": "many"}}]
)
def test_a_page_may_have_neither_count_nor_links(rest: dict[str, Any]) -> None:
    page = decoder(KINDS[Stream.JOBS].resource, Included)(msgspec.json.encode({"data": []} | rest))

    assert (page.count, page.next, page.previous) == (None, None, None)
