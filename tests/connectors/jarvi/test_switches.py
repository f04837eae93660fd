"""Alternatives that Jarvi's documentation leaves open.

With each alternative, a sync matches the truth or reports what it can't do.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from connectors.jarvi.conftest import Opener, talents_of
from fakes.company import Company, company

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import SandboxServer
from jemmo.sandbox.jarvi.belongings import STAGE_NAMES

CATEGORIES = ("NEW", "SCREENING", "INTERVIEW", "OFFER", "HIRED", "REJECTED")
STATUSES = json.dumps(
    {
        status: {"name": name, "category": category}
        for (status, name), category in zip(STAGE_NAMES.items(), CATEGORIES, strict=True)
    }
)


async def connected(server: SandboxServer, database_url: str, **options: str) -> Company:
    return await company(database_url, base_url=server.base_url, provider="jarvi", options=options)


def a_talent(server: SandboxServer) -> str:
    return sorted(talents_of(server))[41]


def applications_of(server: SandboxServer) -> set[str]:
    rows = server.provider._rows("applications")  # type: ignore[attr-defined]
    return {f"{row['profileId']}:{row['projectId']}" for row in rows}


async def assert_follows(server: SandboxServer, found: Company) -> None:
    """Read everything, then make one change of each kind and compare."""
    first = await found.sync()
    assert first.status is RunStatus.SUCCEEDED, first
    assert await found.ids(Stream.TALENTS) == talents_of(server)
    edited, deleted = sorted(talents_of(server))[7], sorted(talents_of(server))[11]
    await server.change("edit", "talent", edited, attributes={"headline": "Changed"})
    await server.change("delete", "talent", deleted)
    made = await server.change("create", "talent", attributes={"firstName": "Neu"})

    second = await found.sync()

    assert (second.mode, second.status) == (Mode.INCREMENTAL, RunStatus.SUCCEEDED), second
    assert (await found.record(Stream.TALENTS, edited))["headline"] == "Changed"
    assert made in await found.ids(Stream.TALENTS)
    if server.provider.switches.deleted_rows == "listed":  # type: ignore[attr-defined]
        assert second.streams[Stream.TALENTS].deleted == 1
    await found.sync(Mode.RECONCILE)
    assert await found.ids(Stream.TALENTS) == talents_of(server)
    verdict = await found.verify()
    assert verdict.equal, verdict


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    "switches",
    [
        {"forced_page": "all"},
        {"forced_page": "none"},
        {"envelope": "data"},
        {"envelope": "bare"},
        {"order_param": "order_by"},
        {"order_param": "none"},
        {"updated_filter": "ignored"},
        {"id_filter": "ignored"},
        {"talent_filter": "works"},
        {"talent_filter": "ignored"},
        {"talent_filter": "lossy"},
        {"unknown_filter": "wrong"},
        {"unknown_filter": "refused"},
        {"deleted_rows": "hidden"},
        {"offer_id": "own"},
        {"salary_unit": "keur"},
        {"phones": "text", "emails": "texts"},
        {"purposes": "absent"},
        {"field_names": "absent"},
        {"status_names": True},
        {"nothing_found": "404"},
        {"retry_after": "absent"},
    ],
    ids=str,
)
async def test_a_sync_matches_the_truth_for_every_behavior_of_jarvi(
    jarvi: Opener, database_url: str, switches: Any
) -> None:
    server = await jarvi(switches=switches)
    await assert_follows(server, await connected(server, database_url))


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    "options",
    [
        {"order_param": "order_by"},
        {"order_param": "none"},
        {"incremental_mode": "on"},
        {"incremental_mode": "off"},
        {"page_size": "1000"},
        {"page_size": "7"},
        {"talent_filter": "off"},
        {"offers_min_interval": "0"},
        {"longest_wait": "0"},
    ],
    ids=str,
)
async def test_a_sync_matches_the_truth_for_all_options(
    jarvi: Opener, database_url: str, options: Any
) -> None:
    server = await jarvi()
    await assert_follows(server, await connected(server, database_url, **options))


async def test_an_ignored_change_filter_is_reported_and_everything_read(
    jarvi: Opener, database_url: str
) -> None:
    server = await jarvi(talents=300, switches={"updated_filter": "ignored"})
    found = await connected(server, database_url)
    await found.sync()

    report = await found.sync()

    assert report.mode is Mode.INCREMENTAL
    assert report.streams[Stream.TALENTS].fetched == 300
    assert report.streams[Stream.TALENTS].unchanged == 300


@pytest.mark.parametrize("phones", ["canonical", "national", "text"])
async def test_phone_numbers_are_normalized(jarvi: Opener, database_url: str, phones: str) -> None:
    server = await jarvi(talents=30, switches={"phones": phones})
    found = await connected(server, database_url)
    await found.sync()
    values = [one for listed in (await found.contacts()).values() for one in listed]
    numbers = [one for one in values if one.startswith(("+", "0"))]
    assert numbers
    assert all(one.startswith("+33600") for one in numbers)


async def test_client_contacts_are_excluded_by_default(jarvi: Opener, database_url: str) -> None:
    server = await jarvi()
    found = await connected(server, database_url, contacts="on")
    report = await found.sync()
    rows = server.provider._rows("profiles")  # type: ignore[attr-defined]
    assert report.status is RunStatus.SUCCEEDED
    assert await found.ids(Stream.TALENTS) == {
        row["id"] for row in rows if row["deletedAt"] is None
    }


async def test_a_former_talent_is_deleted_and_can_come_back(
    jarvi: Opener, database_url: str
) -> None:
    server = await jarvi()
    found = await connected(server, database_url)
    await found.sync()
    talent = a_talent(server)
    await server.change("edit", "talent", talent, attributes={"isTalent": False})
    assert (await found.sync()).streams[Stream.TALENTS].deleted == 1
    assert talent not in await found.ids(Stream.TALENTS)
    await server.change("edit", "talent", talent, attributes={"isTalent": True})
    await found.sync()
    assert talent in await found.ids(Stream.TALENTS)


async def test_a_profile_of_an_unknown_kind_is_rejected_and_not_deleted(
    jarvi: Opener, database_url: str
) -> None:
    server = await jarvi()
    found = await connected(server, database_url)
    await found.sync()
    talent = a_talent(server)
    await server.change("edit", "talent", talent, attributes={"isTalent": None})

    report = await found.sync()

    assert (report.streams[Stream.TALENTS].deleted, report.streams[Stream.TALENTS].rejected) == (
        0,
        1,
    )
    assert talent in await found.ids(Stream.TALENTS)


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    ("shape", "path"),
    [
        ("profile", "profiles.projectsProfiles"),
        ("project", "projects.projectsProfiles"),
        ("endpoint", "applicants"),
    ],
)
async def test_applications_are_read_from_the_configured_path(
    jarvi: Opener, database_url: str, shape: str, path: str
) -> None:
    server = await jarvi(switches={"applications": shape, "touch_on_links": True})
    found = await connected(server, database_url, application_paths=path, status_map=STATUSES)
    await found.set_rules(hired_days=0)
    report = await found.sync()
    assert report.status is RunStatus.SUCCEEDED, report
    assert await found.ids(Stream.APPLICATIONS) == applications_of(server)
    assert await found.ids(Stream.STAGES) == set(STAGE_NAMES)
    verdict = await found.verify()
    assert verdict.equal
    assert not verdict.broken_relations
    active = await found.value(
        "SELECT count(DISTINCT talent_id) FROM application "
        "WHERE connection_id = {me} AND status = 'ACTIVE'"
    )
    assert (await found.counts())["talents"] == active

    row = server.provider._rows("applications")[3]  # type: ignore[attr-defined]
    gone = server.provider._rows("applications")[9]  # type: ignore[attr-defined]
    await server.change("reject", "application", row["id"])
    await server.change("delete", "application", gone["id"])
    await found.sync(Mode.RECONCILE)

    name = f"{row['profileId']}:{row['projectId']}"
    assert (await found.record(Stream.APPLICATIONS, name))["status"] == "REJECTED"
    assert await found.ids(Stream.APPLICATIONS) == applications_of(server)
    assert (await found.verify()).equal


@pytest.mark.sample(1)
@pytest.mark.parametrize("shape", ["resumes", "files"])
async def test_resumes_are_read_from_the_configured_path(
    jarvi: Opener, database_url: str, shape: str
) -> None:
    server = await jarvi(switches={"resumes": shape})
    found = await connected(server, database_url, resume_paths=f"profiles.{shape}")
    await found.sync()
    talent = a_talent(server)
    await server.change("create", "resume", profile=talent)

    await found.sync(Mode.RECONCILE)  # it is unknown whether a resume changes its talent's date

    held = await found.rows(
        "SELECT a.remote_id FROM attachment a JOIN talent t ON t.id = a.talent_id "
        "WHERE t.connection_id = {me} AND a.remote_deleted_at IS NULL"
    )
    told = {row["fileId"] for row in server.provider._rows("resumes")}  # type: ignore[attr-defined]
    assert {row[0] for row in held} == told


async def test_without_applications_talents_are_shown_and_the_report_says_why(
    jarvi: Opener, database_url: str
) -> None:
    server = await jarvi()
    found = await connected(server, database_url)
    report = await found.sync()
    assert (await found.counts())["talents"] == 150
    assert [one.code for one in report.warnings if one.code == "rule_not_applied"]


async def test_applications_that_become_readable_exclude_talents_without_any(
    jarvi: Opener, database_url: str
) -> None:
    server = await jarvi(switches={"applications": "profile"})
    found = await connected(server, database_url)
    await found.sync()
    options = {"pacing": "off", "application_paths": "profiles.projectsProfiles"}
    await found.rows(
        "UPDATE connection SET options = %s::jsonb WHERE id = {me}", json.dumps(options)
    )

    await found.sync()

    with_one = {name.partition(":")[0] for name in applications_of(server)}
    assert (await found.counts())["talents"] == len(with_one) < 150


async def test_a_change_without_a_date_is_found_by_the_full_sweep(
    jarvi: Opener, database_url: str
) -> None:
    server = await jarvi()
    found = await connected(server, database_url)
    await found.sync()
    talent = a_talent(server)
    await server.change("edit", "talent", talent, attributes={"headline": "Quiet"}, quiet=True)
    job = min(await found.ids(Stream.JOBS))
    await server.change("edit", "job", job, attributes={"name": "Quiet too"}, quiet=True)
    await found.sync()
    assert (await found.record(Stream.TALENTS, talent))["headline"] != "Quiet"
    await found.rows("UPDATE sync_run SET started_at = started_at - interval '8 days'")

    report = await found.sync()

    assert report.mode is Mode.RECONCILE
    assert (await found.record(Stream.TALENTS, talent))["headline"] == "Quiet"
    assert (await found.record(Stream.JOBS, job))["internal_name"] == "Quiet too"
    assert (await found.sync()).mode is Mode.INCREMENTAL


@pytest.mark.parametrize("names", ["given", "absent"])
async def test_project_tags_arrive_and_labels_are_readable(
    jarvi: Opener, database_url: str, names: str
) -> None:
    server = await jarvi(switches={"field_names": names})
    found = await connected(server, database_url)
    await found.sync()
    wanted = {}
    async for line in server.provider.truth("projects", server.base_url):
        row = json.loads(line)["attributes"]
        wanted[row["id"]] = [
            one["fieldValue"]["name"]
            for one in row["fieldsValues"]
            if one["field"]["type"] == "tags"
        ]
    rows = await found.rows(
        "SELECT remote_id, tags, custom_fields FROM job WHERE connection_id = {me}"
    )
    assert {row[0]: row[1] for row in rows} == {row[0]: wanted[row[0]] for row in rows}
    assert any(row[1] for row in rows)
    labels = {field["label"] for row in rows for field in row[2].values()}
    assert labels
    assert not any("_" in label or label.islower() for label in labels), labels


@pytest.mark.sample(1)
@pytest.mark.parametrize("merged", ["deleted", "gone"])
@pytest.mark.parametrize("mode", [Mode.INCREMENTAL, Mode.RECONCILE])
async def test_a_merged_talent_is_deleted_and_the_applications_move(
    jarvi: Opener, database_url: str, merged: str, mode: Mode
) -> None:
    """A reconcile notices a permanently deleted profile; its applications already belong to the survivor."""
    server = await jarvi(switches={"applications": "profile", "merged": merged})
    found = await connected(
        server,
        database_url,
        application_paths="profiles.projectsProfiles",
        status_map=STATUSES,
    )
    await found.sync()
    old, survivor, *_ = dict.fromkeys(
        key.partition(":")[0] for key in sorted(applications_of(server))
    )
    await server.change("merge", "talent", old, into=survivor)

    report = await found.sync(mode)

    assert report.status is RunStatus.SUCCEEDED, report
    expected = applications_of(server)
    assert not any(key.startswith(old) for key in expected)
    if merged == "deleted" or mode is Mode.RECONCILE:
        assert report.streams[Stream.TALENTS].deleted == 1
        assert await found.ids(Stream.TALENTS) == talents_of(server)
        assert (await found.record(Stream.TALENTS, old))["remote_deleted_at"] is not None
    assert expected <= await found.ids(Stream.APPLICATIONS)
    await found.sync(Mode.RECONCILE)
    assert await found.ids(Stream.APPLICATIONS) == expected
    assert (await found.verify()).equal
