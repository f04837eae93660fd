"""Mappings tested with recordings of invented people and firms, and with arbitrary input."""

from __future__ import annotations

import json
from pathlib import Path as File
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.by_offset.lists import Whole
from jemmo.connectors.jarvi import applications, mapping
from jemmo.connectors.jarvi.connector import JARVI
from jemmo.connectors.jarvi.jobs import job
from jemmo.connectors.jarvi.projects import Joined, join
from jemmo.connectors.jarvi.settings import Settings, settings_of
from jemmo.connectors.loose import flag
from jemmo.domain.enums import ApplicationStatus, EmploymentType, JobStatus, RemotePolicy
from jemmo.domain.errors import ConfigError, RecordRejected
from jemmo.domain.records import Record
from jemmo.domain.streams import Notes

RECORDINGS = File(__file__).parent / "recordings"
HIRED, REFUSED = "9b000000-0000-4000-8000-0000000000c1", "9b000000-0000-4000-8000-0000000000c2"


def recorded(name: str) -> Any:
    return json.loads((RECORDINGS / f"{name}.json").read_text())


def settings(**options: str) -> Settings:
    return settings_of(JARVI.configure("key", None, options))


def as_json(record: Record) -> Any:
    return json.loads(msgspec.json.encode(record))


def a_job(settings: Settings, offer: Any = None, **changes: Any) -> Any:
    joined = Joined({**recorded("project"), **changes}, offer)
    return job(joined, settings, "p1", Notes())


def field(purpose: str | None, value: Any = None, *, kind: str = "text", **more: Any) -> Any:
    named = {"id": f"id-{purpose}", "type": kind, "name": purpose, "purpose": purpose}
    return {"id": "x", "field": named, "fieldValue": None, "location": None, "value": value, **more}


def test_a_profile_becomes_this_talent() -> None:
    row, notes = recorded("profile"), Notes()
    given = settings(
        resume_paths="profiles.files",
        status_map='{"9b000000-0000-4000-8000-0000000000aa": {"name": "To qualify"}}',
    )
    found = mapping.talent(row, given, row["id"], notes)
    assert as_json(found) == recorded("talent")
    assert not notes.counts


@pytest.mark.parametrize(
    ("path", "is_listed"), [("profiles.files", True), ("profiles.documents", False), ("", False)]
)
def test_a_profile_without_the_property_removes_no_resumes(path: str, is_listed: bool) -> None:
    row = recorded("profile")
    found = mapping.talent(row, settings(resume_paths=path), row["id"], Notes())
    assert found.lists_all_files is is_listed


def test_a_project_and_its_offer_become_this_job() -> None:
    project, offer, notes = recorded("project"), recorded("offer"), Notes()
    found = job(Joined(project, offer), settings(), project["id"], notes)
    assert as_json(found) == recorded("job")
    assert not notes.counts


def test_a_project_without_an_offer_is_internal() -> None:
    found = a_job(settings())
    assert (found.visibility, found.title) == ("INTERNAL", "Data engineer - Demo SAS")


def test_users_come_from_the_projects_they_own_or_are_assigned_to() -> None:
    users = join(Whole([recorded("project")]), Whole([])).users()
    mapped = {key: mapping.user(row, key) for key, row in users.items()}
    assert [one.name for one in mapped.values()] == ["Rec Ruteur", "Paul Approche"]
    assert [one.is_active for one in mapped.values()] == [True, False]


@pytest.mark.parametrize(
    ("unit", "given", "meant"),
    [
        ("auto", "60", 60_000.0),
        ("auto", "50000", 50_000.0),
        ("auto", "999", None),
        ("keur", "999", 999_000.0),
        ("auto", "1000", 1000.0),
        ("eur", "60", 60.0),
        ("keur", "60", 60_000.0),
        ("auto", "0", None),
        ("auto", "negotiable", None),
    ],
)
def test_the_unit_of_salaries_is_an_option(unit: str, given: str, meant: float | None) -> None:
    offer = {"fieldsValues": [field("joboffer_salary_per_year_min", given)]}
    pay = a_job(settings(salary_unit=unit), offer).compensations
    assert (pay[0].min if pay else None) == meant
    assert not pay or (pay[0].original == given and pay[0].is_public is False)


@pytest.mark.parametrize(
    ("days", "policy"),
    [
        ("0", RemotePolicy.ON_SITE),
        ("2", RemotePolicy.HYBRID),
        ("5", RemotePolicy.REMOTE),
        ("99", None),
        ("often", None),
    ],
)
def test_the_remote_days_determine_the_policy(days: str, policy: RemotePolicy | None) -> None:
    offer = {"fieldsValues": [field("joboffer_remote_days_per_week", days)]}
    assert a_job(settings(), offer).remote_policy is policy


def test_an_unknown_contract_is_stored_and_counted() -> None:
    choice = {"id": "v", "name": "Portage", "technicalValue": "sleeping"}
    offer = {"fieldsValues": [field("joboffer_contract_type", fieldValue=choice)]}
    notes = Notes()
    found = job(Joined(recorded("project"), offer), settings(), "p1", notes)
    assert (found.employment_type, found.employment_type_original) == (
        EmploymentType.OTHER,
        "Portage",
    )
    assert notes.counts == {"unknown_value:contract sleeping": 1}


def test_a_fields_name_can_determine_its_purpose() -> None:
    entry = field(None, "60")
    entry["field"] |= {"name": "Salaire", "id": "c77"}
    offer = {"fieldsValues": [entry]}
    assert a_job(settings(), offer).custom_fields["c77"]["value"] == "60"
    given = settings(field_map='{"Salaire": "joboffer_salary_per_year_max"}')
    assert a_job(given, offer).compensations[0].max == 60_000


def test_projects_are_closed_by_the_configured_statuses() -> None:
    status = recorded("project")["statusId"]
    assert a_job(settings()).status is JobStatus.OPEN
    assert a_job(settings(closed_project_statuses=f"x, {status}")).status is JobStatus.CLOSED


def test_offers_are_joined_by_id_or_another_shared_field() -> None:
    project = recorded("project")
    other = {**project, "id": "p2", "referenceId": None, "createdAt": "2025-01-02T09:00:00.5+00:00"}
    by_reference = {"id": "o1", "referenceId": "DE-25"}
    by_time = {"id": "o2", "referenceId": None, "createdAt": other["createdAt"]}
    shelf = join(Whole([project, other]), Whole([by_reference, by_time, {"id": "o3"}]), is_all=True)
    assert shelf.jobs[project["id"]].offer == by_reference
    assert shelf.jobs["p2"].offer == by_time
    assert shelf.unjoined == 1


def test_sales_and_deleted_projects_are_no_jobs() -> None:
    project = recorded("project")
    rows = [
        {**project, "id": "sales", "isMadeForRecruitment": "false"},
        {**project, "id": "deleted", "deletedAt": "2025-01-02T09:00:00+00:00"},
        project,
    ]
    shelf = join(Whole(rows), Whole([]))
    assert list(shelf.jobs) == [project["id"]]
    assert shelf.gone == ("sales", "deleted")


@pytest.mark.parametrize("flag", ["", None, "maybe"])
def test_a_project_of_an_unknown_kind_is_rejected_and_not_deleted(flag: Any) -> None:
    unclear = {**recorded("project"), "isMadeForRecruitment": flag}
    shelf = join(Whole([unclear]), Whole([]))
    assert (list(shelf.jobs), shelf.gone) == ([unclear["id"]], ())
    with pytest.raises(RecordRejected) as refused:
        job(shelf.jobs[unclear["id"]], settings(), unclear["id"], Notes())
    assert refused.value.field == "isMadeForRecruitment"


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("profiles.projectsProfiles", {"id": "t", "projectsProfiles": [{"projectId": "p"}]}),
        ("profiles.links", {"id": "t", "links": [{"id": "x", "project": {"id": "p"}}]}),
        ("profiles.projects", {"id": "t", "projects": ["p"]}),
        ("profiles.ats.projects", {"id": "t", "ats": {"projects": [{"id": "p"}]}}),
        ("projects.profiles", {"id": "p", "profiles": [{"id": "t"}]}),
        ("projects.applications", {"id": "p", "applications": [{"profileId": "t"}]}),
        ("applicants", {"id": "x", "profileId": "t", "projectId": "p"}),
    ],
)
def test_applications_are_found_in_each_likely_shape(path: str, row: Any) -> None:
    [where] = settings(application_paths=path).application_paths
    assert [applications.entry_id(one) for one in applications.entries(row, where)] == ["t:p"]


def test_an_applications_status_has_the_configured_name() -> None:
    given = settings(
        status_map=json.dumps(
            {
                HIRED: {"name": "Hired", "category": "HIRED"},
                REFUSED: {"name": "No", "category": "REJECTED"},
            }
        )
    )
    entry = {"profileId": "t", "projectId": "p", "updatedAt": "2025-01-02T09:00:00+00:00"}
    found = {
        status: applications.application({**entry, "statusId": status}, given, "t:p", Notes())
        for status in (HIRED, REFUSED, "unnamed")
    }
    assert [one.status for one in found.values()] == [
        ApplicationStatus.HIRED,
        ApplicationStatus.REJECTED,
        ApplicationStatus.ACTIVE,
    ]
    assert [one.status_original for one in found.values()] == ["Hired", "No", "unnamed"]
    assert [one.stage_remote_id for one in found.values()] == [HIRED, REFUSED, None]
    assert found[HIRED].hired_at is not None
    assert found[REFUSED].rejected_at is not None
    assert [stage.name for stage in applications.stages(given).values()] == ["Hired", "No"]


@pytest.mark.parametrize(
    "options",
    [
        {"status_map": "{"},
        {"status_map": '{"x": {"name": "a", "category": "NONSENSE"}}'},
        {"field_map": "[]"},
        {"application_paths": "profiles.a b"},
        {"resume_paths": "projects.files"},
        {"full_sweep_cron": "sometimes"},
    ],
)
def test_an_invalid_option_is_refused_with_the_expected_format(options: Any) -> None:
    with pytest.raises(ConfigError) as raised:
        settings(**options)
    assert raised.value.code == "option"
    assert raised.value.next_step


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def spoilt(name: str) -> st.SearchStrategy[Any]:
    """Draw a recording with arbitrary values at the top level or in custom fields."""
    row = recorded(name)
    inner = st.fixed_dictionaries(
        {},
        optional={
            "id": ANYTHING,
            "field": st.fixed_dictionaries(
                {}, optional=dict.fromkeys(("id", "type", "name", "purpose"), ANYTHING)
            )
            | ANYTHING,
            "fieldValue": ANYTHING,
            "location": ANYTHING,
            "value": ANYTHING,
        },
    )
    fields = st.lists(inner | ANYTHING, max_size=4) | ANYTHING
    changes = {key: fields if key == "fieldsValues" else ANYTHING for key in row}
    return st.fixed_dictionaries({}, optional=changes).map(lambda given: {**row, **given})


TALENT: dict[str, Any] = {"isTalent": True}


@given(spoilt("profile") | ANYTHING)
def test_no_profile_breaks_the_mapping(row: Any) -> None:
    try:
        msgspec.json.encode(mapping.talent(row, settings(), "t", Notes()))
    except RecordRejected:
        assert not isinstance(row, dict) or flag(row.get("isTalent")) is None


@given(spoilt("project"), spoilt("offer") | st.none())
def test_no_project_breaks_the_mapping(project: Any, offer: Any) -> None:
    rejections = []
    try:
        msgspec.json.encode(job(Joined(project, offer), settings(), "p", Notes()))
    except RecordRejected as error:
        rejections.append(error.field)
    assert rejections in ([], ["name"], ["isMadeForRecruitment"])


@pytest.mark.long
@given(st.lists(spoilt("project") | ANYTHING, max_size=3), st.lists(ANYTHING, max_size=3))
def test_nothing_breaks_the_join(rows: Any, offers: Any) -> None:
    shelf = join(Whole(rows), Whole(offers), is_all=True)
    assert len(shelf.jobs) + len(shelf.gone) + len(shelf.odd) <= len(rows)
    for key, row in shelf.users().items():
        mapping.user(row, key)


@given(ANYTHING, ANYTHING)
def test_nothing_breaks_the_reading_of_applications(entry: Any, more: Any) -> None:
    for path in settings(application_paths="profiles.a,projects.profiles").application_paths:
        for one in applications.entries({"id": "x", "a": entry, "profiles": [entry, more]}, path):
            applications.application(one, settings(), "t:p", Notes())


def test_the_tags_of_a_project_are_those_of_the_job_and_labels_are_readable() -> None:
    chosen = {"fieldValue": {"id": "v", "name": "Python", "technicalValue": "python"}}
    tags = field(None, kind="tags", **chosen)
    own = field("business_sectors", kind="tags", **chosen)
    unnamed = field("joboffer_min_years_of_experience", "3", kind="number")
    plain_choice = field(
        "joboffer_language", kind="multiplechoice", fieldValue={"technicalValue": "french"}
    )
    for one in (unnamed, plain_choice):
        one["field"]["name"] = None
    found = a_job(settings(), {"fieldsValues": [tags, own, unnamed, plain_choice]})
    assert found.tags == ("Python",)
    assert found.custom_fields["joboffer_min_years_of_experience"]["label"] == (
        "Min years of experience"
    )
    assert found.custom_fields["joboffer_language"] == {
        "type": "multi_select",
        "label": "Language",
        "value": ["french"],
    }


@pytest.mark.parametrize("key", ["email", "emailAddress", "address", "value"])
def test_an_address_is_read_under_any_usual_name(key: str) -> None:
    row, notes = {"emailAddresses": [{key: "ada@example.com", "type": "work"}]}, Notes()

    found = mapping.talent(TALENT | row, settings(), "1", notes)

    assert [one.value for one in found.contacts] == ["ada@example.com"]
    assert not notes.counts


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"emailAddresses": [{"mail": "ada@example.com"}]}, "dropped_value:emailAddresses"),
        ({"phoneNumbers": [{"e164": "+33600000000"}]}, "dropped_value:phoneNumbers"),
        ({"fieldsValues": {"nodes": []}}, "dropped_value:fieldsValues"),
    ],
)
def test_unknown_formats_are_counted(row: dict[str, Any], code: str) -> None:
    notes = Notes()

    mapping.talent(TALENT | row, settings(), "1", notes)

    assert notes.counts == {code: 1}


def test_blank_addresses_are_no_oddity() -> None:
    row = {"emailAddresses": [{"email": None}], "phoneNumbers": [{"number": "", "type": "home"}]}
    notes = Notes()

    found = mapping.talent(TALENT | row, settings(), "1", notes)

    assert found.contacts == ()
    assert not notes.counts
