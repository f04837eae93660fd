"""Accounts differ in what they support: the sync does without refused parts and reads the rest."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest
from connectors.teamtailor.conftest import Connect
from fakes.teamtailor_truth import KINDS, assert_equal_to_truth, truth

from jemmo.connectors.teamtailor.resources import RESOURCES
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream

EVERY = [f"include:{own.path}.{name}" for own in RESOURCES for name in own.include]
PLAIN = [one for one in EVERY if one.count(".") == 1]
HARMLESS = [
    *("include:jobs.role", "include:jobs.custom-field-values", "include:candidates.locations"),
    *("include:stages.stage-type", "fields:users", "fields:candidates", "fields:jobs"),
    *("sort:candidates", "sort:jobs", "filter:candidates.updated-at", "filter:jobs.updated-at"),
]
"""Parts whose refusal loses no record and no relation."""


async def assert_same_ids(sandbox: Any, company: Any, *but: Stream) -> None:
    for stream, kind in KINDS.items():
        if stream not in but:
            assert await company.ids(stream) == {one["id"] for one in await truth(sandbox, kind)}


@pytest.mark.sample(4)
@pytest.mark.parametrize("refused", PLAIN)
async def test_each_include_is_optional(connect: Connect, refused: str) -> None:
    sandbox, company = await connect(switches={"refused": refused}, talents=20)

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    await assert_same_ids(sandbox, company)


@pytest.mark.parametrize("bodies", ["coded", "plain", "empty"])
async def test_an_account_without_includes_fields_sorts_and_filters_is_read(
    connect: Connect, bodies: str
) -> None:
    parts = [*PLAIN, *(f"sort:{kind}" for kind in KINDS.values())]
    parts += [f"fields:{kind}" for kind in ("users", "departments", "roles", "candidates", "jobs")]
    parts += [f"filter:{kind}.updated-at" for kind in KINDS.values()]
    switches = {"refused": ",".join(parts), "error_bodies": bodies}
    sandbox, company = await connect(switches=switches, talents=20)

    first = await company.sync()
    talent = min(sandbox.world.ids("candidates"))
    await sandbox.change("edit", "candidates", talent, attributes={"first-name": "Odile"})
    second = await company.sync()

    assert (first.status, second.status) == (RunStatus.SUCCEEDED, RunStatus.SUCCEEDED), first
    assert second.mode is Mode.INCREMENTAL
    await assert_same_ids(sandbox, company)
    assert (await company.record(Stream.TALENTS, str(talent)))["first_name"] == "Odile"


@pytest.mark.parametrize("switch", ["refused", "ignored"])
@pytest.mark.parametrize(
    ("includes", "relations"),
    [
        (
            "include:job-applications.candidate,include:job-applications.job",
            {"applications.talent", "applications.job"},
        ),
        ("include:stages.job", {"stages.job"}),
        (
            "include:candidates.uploads,include:jobs.department",
            {"talents.uploads", "jobs.department"},
        ),
    ],
)
async def test_a_missing_relation_differs_from_an_empty_one(
    connect: Connect, switch: str, includes: str, relations: set[str]
) -> None:
    _, company = await connect(switches={switch: includes}, talents=20)

    report = await company.sync()

    told = {one.code: one for one in report.warnings if one.code.startswith("relation_not_sent")}
    assert set(told) == {f"relation_not_sent:{name}" for name in relations}
    for code, warning in told.items():
        assert warning.count > 0
        assert code.partition(":")[2] in warning.message


async def test_empty_relations_are_not_warned_about(connect: Connect) -> None:
    _, company = await connect(talents=20)

    report = await company.sync()

    assert not [one for one in report.warnings if one.code.startswith("relation_not_sent")]


async def test_links_may_be_objects_and_counts_text(connect: Connect) -> None:
    sandbox, company = await connect(switches={"envelope": "objects"})

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    await assert_equal_to_truth(sandbox, company)
    assert (await company.verify()).equal


@pytest.mark.parametrize("bodies", ["coded", "plain"])
async def test_refusing_harmless_parts_costs_no_data(connect: Connect, bodies: str) -> None:
    switches = {"refused": ",".join(HARMLESS), "error_bodies": bodies}
    sandbox, company = await connect(switches=switches)

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    await assert_equal_to_truth(sandbox, company)
    assert (await company.sync(Mode.RECONCILE)).status is RunStatus.SUCCEEDED
    assert (await company.verify()).equal


async def test_a_refused_order_hides_no_change_behind_equal_dates(connect: Connect) -> None:
    """Stages are requested newest first; a page of old ones ends the list only if it is in that order."""
    sandbox, company = await connect(
        switches={"refused": "sort:stages"}, options={"page_size": "5"}, talents=20
    )
    stages = sorted(sandbox.world.ids("stages"))
    for stage in stages:
        await sandbox.change("edit", "stages", stage, attributes={}, at="2025-01-05T08:00:00Z")
    await company.sync()
    await sandbox.change("edit", "stages", stages[-1], attributes={"name": "Odile"})

    report = await company.sync()

    assert report.mode is Mode.INCREMENTAL
    assert (await company.record(Stream.STAGES, str(stages[-1])))["name"] == "Odile"


async def test_a_refused_filter_is_refused_once(connect: Connect) -> None:
    """Jobs are read in two lists, one per feed."""
    sandbox, company = await connect(talents=20)
    await company.sync()
    await company.sync()
    refusals = []
    for refused in ("", "filter:jobs.updated-at", "filter:jobs.updated-at"):
        sandbox.provider.switch({"refused": refused})
        sandbox.site.log.reset()
        await company.sync()
        refusals.append(sandbox.site.log.statuses[400])

    assert refusals == [0, 1, 0]


LOOKUPS = {
    Stream.DEPARTMENTS: "departments",
    Stream.USERS: "users",
    Stream.REJECT_REASONS: "reject-reasons",
    Stream.STAGES: "stages",
}


SWITCHES = ["forbidden", "missing", "unsupported"]
"""A list answers 403, 404 or 422."""


@pytest.mark.sample(2)
@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("stream", LOOKUPS)
async def test_a_refused_lookup_stops_neither_jobs_nor_talents(
    connect: Connect, stream: Stream, switch: str
) -> None:
    sandbox, company = await connect(switches={switch: LOOKUPS[stream]}, talents=20)

    for mode in (Mode.INITIAL, Mode.INCREMENTAL, Mode.RECONCILE):
        report = await company.sync(mode)
        assert report.status is RunStatus.SUCCEEDED, report
        told = [one for one in report.warnings if one.code == "lookup_refused"]
        assert [f"({stream})" in one.message for one in told] == [True]
    await assert_same_ids(sandbox, company, stream)
    assert await company.ids(stream) == set()
    sandbox.provider.switch({switch: ""})
    assert (await company.sync(Mode.RECONCILE)).status is RunStatus.SUCCEEDED
    await assert_same_ids(sandbox, company)


@pytest.mark.sample(1)
@pytest.mark.parametrize("switch", SWITCHES)
async def test_a_lookup_refused_later_keeps_its_data(connect: Connect, switch: str) -> None:
    sandbox, company = await connect(talents=20)
    await company.sync()
    before = await company.ids(Stream.NOTES)
    assert before
    sandbox.provider.switch({switch: "users,departments,notes"})

    told: list[str] = []
    for mode in (Mode.INCREMENTAL, Mode.RECONCILE):
        report = await company.sync(mode)
        assert (report.status, report.error) == (RunStatus.SUCCEEDED, None)
        assert sum(counts.deleted for counts in report.streams.values()) == 0
        told = [one.message for one in report.warnings if one.code == "lookup_refused"]
    assert len(told) == 3
    for stream in ("users", "departments", "notes"):
        assert sum(f"({stream})" in message for message in told) == 1

    await assert_same_ids(sandbox, company)
    assert await company.ids(Stream.NOTES) == before


@pytest.mark.sample(1)
@pytest.mark.parametrize("switch", SWITCHES)
async def test_notes_that_are_refused_stop_neither_jobs_nor_talents(
    connect: Connect, switch: str
) -> None:
    """Nothing refers to notes, so the warning doesn't say so."""
    sandbox, company = await connect(switches={switch: "notes"}, talents=20)

    for mode in (Mode.INITIAL, Mode.RECONCILE):
        report = await company.sync(mode)
        assert report.status is RunStatus.SUCCEEDED, report
        told = [one.message for one in report.warnings if one.code == "lookup_refused"]
        assert told == ["The ATS refused to return a list, so Jemmo synced without it (notes)."]
    await assert_same_ids(sandbox, company, Stream.NOTES)
    assert await company.ids(Stream.NOTES) == set()
    sandbox.provider.switch({switch: ""})
    assert (await company.sync(Mode.RECONCILE)).status is RunStatus.SUCCEEDED
    await assert_same_ids(sandbox, company)


@pytest.mark.parametrize("kind", ["jobs", "candidates", "job-applications"])
async def test_jobs_and_talents_that_are_refused_stop_the_sync(connect: Connect, kind: str) -> None:
    sandbox, company = await connect(talents=20)
    await company.sync()
    before = {stream: await company.ids(stream) for stream in Stream}
    sandbox.provider.switch({"unsupported": kind})

    report = await company.sync(Mode.RECONCILE)

    assert report.status is RunStatus.FAILED
    assert {stream: await company.ids(stream) for stream in Stream} == before


@pytest.mark.sample(2)
@pytest.mark.parametrize("switch", ["forbidden", "missing"])
@pytest.mark.parametrize("kind", ["custom-fields", "custom-field-options", "custom-field-values"])
async def test_refused_custom_fields_stop_nothing(connect: Connect, kind: str, switch: str) -> None:
    sandbox, company = await connect(switches={switch: kind}, talents=20)

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    await assert_equal_to_truth(sandbox, company)


async def test_custom_fields_stay_when_their_list_is_refused_later(connect: Connect) -> None:
    sandbox, company = await connect(talents=20)
    await company.sync()
    before = {key: row["custom_fields"] for key, row in (await talents(company)).items()}
    assert any(before.values())
    sandbox.provider.switch({"forbidden": "custom-fields"})

    assert (await company.sync()).streams[Stream.TALENTS].fetched < 20, "not read in full again"
    report = await company.sync(Mode.INITIAL)

    assert "lookup_refused:custom-fields" in {one.code for one in report.warnings}
    after = {key: row["custom_fields"] for key, row in (await talents(company)).items()}
    assert after == before


async def test_an_error_names_the_request(connect: Connect) -> None:
    sandbox, company = await connect(switches={"missing": "jobs"}, talents=20)

    report = await company.sync()

    assert report.status is RunStatus.FAILED
    assert report.error is not None
    assert "/v1/jobs" in report.error["message"]


# --- values with different formats in different accounts ---


async def talents(company: Any) -> dict[str, dict[str, Any]]:
    rows = await company.rows(
        "SELECT remote_id, to_jsonb(t) FROM talent t WHERE connection_id = {me}"
    )
    return {row[0]: row[1] for row in rows}


@pytest.mark.parametrize(
    "switches",
    [
        {"select_options": "list"},
        {"select_options": "fields"},
        {"select_options": "each"},
        {"select_options": "fields", "multi_select": "text"},
    ],
    ids=str,
)
async def test_choices_are_stored_as_labels(connect: Connect, switches: dict[str, str]) -> None:
    sandbox, company = await connect(switches=switches, talents=100)

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    told = [one["custom_fields"] for one in (await talents(company)).values()]
    for key, labels in (
        ("source-detail", {"Salon", "Cooptation"}),
        ("languages", {"Français", "English", "Deutsch"}),
    ):
        values = [one[key]["value"] for one in told if key in one]
        listed = set(chain.from_iterable([one] if isinstance(one, str) else one for one in values))
        assert listed == labels
    assert not any("option of" in one.code for one in report.warnings)


async def test_a_choice_without_a_label_is_stored_and_counted(connect: Connect) -> None:
    missing = "custom-field-options,custom-field-selects"
    refused = "include:custom-fields.custom-field-selects"
    _, company = await connect(switches={"missing": missing, "refused": refused}, talents=100)

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    noted = {one.code: one.count for one in report.warnings}
    assert noted["unknown_value:option of languages"] > 0


@pytest.mark.parametrize("blanks", ["shown", "left_out"])
@pytest.mark.parametrize("spelled", ["snake", "kebab", "html"])
async def test_summaries_are_requested_even_if_the_first_talent_has_none(
    connect: Connect, spelled: str, blanks: str
) -> None:
    sandbox, company = await connect(switches={"resume_summary": spelled, "blanks": blanks})
    first = min(sandbox.world.ids("candidates"))
    await sandbox.change("edit", "candidates", first, attributes={"resume_summary": None})

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    wanted = {
        one["id"]: one["attributes"]["resume_summary"] for one in await truth(sandbox, "candidates")
    }
    assert any(wanted.values())
    for key, row in (await talents(company)).items():
        own = (wanted[key] or "").strip() or None
        assert row["summary"] == (f"{own}\nSQL" if own and spelled == "html" else own)


async def test_talents_have_their_location_and_a_link_to_the_ats(connect: Connect) -> None:
    sandbox, company = await connect(switches={"profile_url": True})
    places = {one["id"]: one["attributes"] for one in await truth(sandbox, "locations")}

    await company.sync()

    held = await talents(company)
    for one in await truth(sandbox, "candidates"):
        place = (held[one["id"]]["location"] or {}).get("city")
        ids = one["relationships"]["locations"]
        assert place == (places[ids[0]]["city"] if ids else None)
        assert held[one["id"]]["remote_url"] == one["attributes"]["profile-url"]


@pytest.mark.parametrize(
    ("written", "code", "noted"),
    [
        *(("Österreich", "AT", False), ("USA", "US", False), ("UK", "GB", False)),
        *(("Czech Republic", "CZ", False), ("España", "ES", False), ("Narnia", None, True)),
    ],
)
async def test_countries_are_recognized_or_stored_and_counted(
    connect: Connect, written: str, code: str | None, noted: bool
) -> None:
    sandbox, company = await connect(talents=20)
    for place in sandbox.world.ids("locations"):
        await sandbox.change("edit", "locations", place, attributes={"country": written})

    report = await company.sync()

    rows = await company.rows("SELECT country_code, raw FROM job_location")
    assert {row[0] for row in rows} == {code}
    assert all(written in row[1] for row in rows if code is None)
    assert any(f"country {written}" in one.code for one in report.warnings) is noted


@pytest.mark.parametrize("since", [20161108, 20240404])
async def test_a_stage_whose_type_is_a_relation_hires(connect: Connect, since: int) -> None:
    """Also in an incremental sync, which reads only changed stages."""
    switches = {"stage_types": "relation", "stage_type_since": since}
    sandbox, company = await connect(switches=switches)
    await company.sync()
    application = max(sandbox.world.ids("job-applications"))
    job = sandbox.world.related("job-applications", application, "job")[0]
    last = sandbox.world.related("jobs", job, "stages")[-1]
    await sandbox.change("edit", "job-applications", application, attributes={"rejected-at": None})
    await sandbox.change("move", "application", application, stage=last)

    await company.sync()

    record = await company.record(Stream.APPLICATIONS, str(application))
    assert record["status"] == "HIRED"
    hired = await company.value("SELECT count(*) FROM stage WHERE category = 'HIRED'")
    assert hired > 0


async def test_jobs_keep_their_titles_and_close_at_their_end(connect: Connect) -> None:
    sandbox, company = await connect(talents=20)
    open_job, over, archived, dated = sorted(sandbox.world.ids("jobs"))[:4]
    edits: dict[int, dict[str, Any]] = {
        open_job: {"title": "Poste <H/F>", "human-status": "published", "end-date": "2031-01-01"},
        over: {"human-status": "expired", "end-date": "2025-01-31 08:00:00 UTC"},
        archived: {"human-status": "archived", "end-date": "2031-01-01T00:00:00Z"},
        dated: {"human-status": "published", "start-date": "2026-12-31"},
    }
    for job, attributes in edits.items():
        await sandbox.change("edit", "jobs", job, attributes=attributes)

    report = await company.sync()

    assert not [one for one in report.warnings if "date" in one.code], report.warnings
    held = {job: await company.record(Stream.JOBS, str(job)) for job in edits}
    assert held[open_job]["title"] == "Poste <H/F>"
    assert held[open_job]["closed_at"] is None
    assert held[over]["closed_at"] == "2025-01-31T08:00:00+00:00"
    assert held[archived]["closed_at"] is None
    assert held[dated]["opened_at"] == "2026-12-31T00:00:00+00:00"


async def test_a_numeric_phone_number_is_stored_without_a_warning(connect: Connect) -> None:
    sandbox, company = await connect(talents=20)
    talent = min(sandbox.world.ids("candidates"))
    attributes = {"phone": 33600555001, "email": None, "linkedin-url": None}
    await sandbox.change("edit", "candidates", talent, attributes=attributes)

    report = await company.sync()

    assert (await company.contacts())[str(talent)] == ["33600555001"]
    assert not [one for one in report.warnings if one.code.startswith("dropped_value")]
