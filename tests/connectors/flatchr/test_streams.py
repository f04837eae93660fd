"""The peculiarities of Flatchr's lists, over HTTP and into real tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from connectors.flatchr.conftest import Connect
from connectors.flatchr.truth import assert_equal_to_truth, held, truth

from jemmo.connectors.flatchr.connector import FLATCHR
from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import ConfigError
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Start, Stream
from jemmo.sandbox.flatchr.keys import make_jwt


async def test_the_list_of_applicants_is_fetched_once_for_all_its_streams(connect: Connect) -> None:
    sandbox, company = await connect(talents=400)
    await company.sync()
    asked = sandbox.site.log.counts["/company/{id}/search/applicants"]
    assert (
        asked <= 45
    )  # how often streams share a response depends on timing; without sharing there would be 60 requests
    assert sandbox.site.log.counts["/company/{id}/columns"] == 1
    assert sandbox.site.log.counts["/company/{id}/vacancies"] == 1


async def test_only_read_requests_are_sent(connect: Connect) -> None:
    sandbox, company = await connect()
    for mode in (Mode.INITIAL, Mode.INCREMENTAL, Mode.RECONCILE):
        await company.sync(mode)
    asked = {(one[1], one[2]) for one in sandbox.site.log.last}
    assert asked == {
        ("GET", "/company/{id}/columns"),
        ("GET", "/company/{id}/vacancies"),
        *(
            ("GET", f"/{name}")
            for name in ("contracts", "educationLevels", "activities", "channels")
        ),
        ("GET", "/channels/2/metiers"),
        ("POST", "/company/{id}/search/applicants"),
    }


@pytest.mark.parametrize(("scope", "most"), [("all", 4), ("active", 6)])
async def test_an_unchanged_account_costs_few_requests(
    connect: Connect, scope: str, most: int
) -> None:
    _, company = await connect(talents=200, switches={"vacancies_scope": scope})
    await company.sync()
    report = await company.sync()
    assert report.mode is Mode.INCREMENTAL
    assert report.requests == most


async def test_an_unlisted_job_is_identified_by_title(connect: Connect) -> None:
    sandbox, company = await connect()
    job = sorted(await truth(sandbox, "vacancies"))[0]
    title = (await truth(sandbox, "vacancies"))[job]["title"].strip()
    await sandbox.change("delete", "vacancies", job)

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED
    assert (await company.record(Stream.JOBS, job))["status"] == "CLOSED"
    assert (await company.record(Stream.JOBS, job))["title"] == title
    verdict = await company.verify()
    assert verdict.equal
    assert not verdict.broken_relations
    report = await company.sync(Mode.RECONCILE)
    assert report.streams[Stream.JOBS].deleted == 0


async def test_an_unlisted_job_without_applicants_is_deleted(connect: Connect) -> None:
    sandbox, company = await connect()
    job = await sandbox.change("create", "vacancies", attributes={"title": "Éphémère"})
    await company.sync()
    await sandbox.change("delete", "vacancies", job)
    report = await company.sync(Mode.RECONCILE)
    assert report.streams[Stream.JOBS].deleted == 1
    await assert_equal_to_truth(sandbox, company)


async def test_a_move_is_observed_and_a_rename_is_not_a_move(connect: Connect) -> None:
    sandbox, company = await connect()
    await company.sync()
    applicants = await truth(sandbox, "applicants")
    moved = next(key for key, one in applicants.items() if one["column_id"] == 641)
    await sandbox.change("move", "applicants", moved, stage="644")
    await sandbox.change("edit", "columns", 642, attributes={"title": "Autre nom"})

    await company.sync(Mode.INITIAL)

    events = await company.rows(
        "SELECT a.remote_id, e.from_stage_remote_id, e.to_stage_remote_id, e.origin "
        "FROM stage_event e JOIN application a ON a.id = e.application_id "
        "WHERE a.connection_id = {me}"
    )
    assert events == [(moved, "641", "644", "OBSERVED")]


async def test_duplicate_column_names_are_reported_and_the_left_one_used(connect: Connect) -> None:
    sandbox, company = await connect()
    await sandbox.change("edit", "columns", 645, attributes={"title": "Entretien RH "})
    report = await company.sync()
    assert "ambiguous_stage" in {one.code for one in report.warnings}
    stages = {row[2] for row in (await held(Stream.APPLICATIONS, company)).values()}
    assert "643" in stages
    assert "645" not in stages


async def test_anonymization_removes_contacts_and_resume_here_too(connect: Connect) -> None:
    sandbox, company = await connect()
    await company.sync()
    shown = await truth(sandbox, "applicants")
    person = next(key for key, one in shown.items() if one["email"] and one["cv"])
    assert person in await company.contacts()
    await sandbox.change("edit", "applicants", person, attributes={"anonym": True})
    await company.sync()
    assert person not in await company.contacts()
    await assert_equal_to_truth(sandbox, company)


async def test_the_same_person_twice_is_two_talents_and_counted(connect: Connect) -> None:
    sandbox, company = await connect()
    mail = {"email": "ada@example.com"}
    ids = [await sandbox.change("create", "applicants", attributes=mail) for _ in range(2)]
    report = await company.sync()
    assert set(ids) <= await company.ids(Stream.TALENTS)
    shared = next(one for one in report.warnings if one.code == "shared_email")
    assert shared.count >= 1


async def test_invalid_values_lose_no_applicant(connect: Connect) -> None:
    faults = "nulls,wrong_types,nasty_text,bad_dates,huge=0.1,orphans"
    sandbox, company = await connect(faults=faults)
    report = await company.sync()
    assert report.status is RunStatus.SUCCEEDED, report
    assert await company.ids(Stream.APPLICATIONS) == set(await truth(sandbox, "applicants"))
    assert (await company.verify()).equal


async def test_rows_without_an_id_are_rejected_and_nobody_counts_as_deleted(
    connect: Connect,
) -> None:
    sandbox, company = await connect()
    await company.sync()
    sandbox.faults.set("record_without_id=0.3")
    report = await company.sync(Mode.RECONCILE)
    assert report.status is RunStatus.PARTIAL
    assert report.streams[Stream.TALENTS].rejected > 0
    assert report.streams[Stream.TALENTS].deleted == 0


async def test_a_full_walk_yields_every_id(connect: Connect) -> None:
    sandbox, _ = await connect(talents=5)
    options = {"company_id": sandbox.provider.facts()["options"]["company_id"], "pacing": "off"}
    source = FLATCHR.open(FLATCHR.configure("test-key", sandbox.base_url, options))
    for stream in (Stream.TALENTS, Stream.APPLICATIONS, Stream.JOBS, Stream.STAGES):
        ids = {raw.remote_id async for page in source.pages(stream, Start()) for raw in page.raw}
        met = {s.remote_id async for page in source.sightings(stream, None) for s in page.sightings}
        assert ids == met
        one = sorted(met)[0]
        page = await source.fetch(stream, one)
        assert page is not None
        assert [raw.remote_id for raw in page.raw] == [one]
        assert await source.fetch(stream, "0" * 16) is None
    await source.close()


async def test_the_key_contains_its_expiry(connect: Connect) -> None:
    sandbox, _ = await connect(talents=5)
    options = {"company_id": sandbox.provider.facts()["options"]["company_id"], "pacing": "off"}
    source = FLATCHR.open(
        FLATCHR.configure(sandbox.provider.facts()["jwt_key"], sandbox.base_url, options)
    )
    report = await source.check()
    await source.close()
    assert report.ok
    assert report.expires_at is not None
    assert report.warnings == []


async def test_every_sync_warns_about_an_expiring_key(connect: Connect) -> None:
    now_s, day_s = int(datetime.now(UTC).timestamp()), 86_400
    for days, warned in ((10, True), (20, False)):
        key = make_jwt(now_s, lives_s=days * day_s)
        _, company = await connect(talents=5, key=key, keys={key: "admin"})
        report = await company.sync()
        moment = f"{datetime.fromtimestamp(now_s + days * day_s, UTC):%Y-%m-%d %H:%M} UTC"
        assert (f"key_expires:{moment}" in str(report.warnings)) is warned


async def test_an_expired_key_differs_from_a_wrong_one(connect: Connect) -> None:
    old = make_jwt(1_000_000_000)
    sandbox, _ = await connect(talents=5, keys={old: "admin"})
    options = {"company_id": sandbox.provider.facts()["options"]["company_id"], "pacing": "off"}
    source = FLATCHR.open(FLATCHR.configure(old, sandbox.base_url, options))
    with pytest.raises(ConfigError, match=r"expired on 2002-09-09 01:46 UTC\.") as raised:
        await source.check()
    await source.close()
    assert raised.value.code == "key_expired"


async def test_another_company_is_reported_as_unknown(connect: Connect) -> None:
    sandbox, _ = await connect(talents=5)
    source = FLATCHR.open(FLATCHR.configure("test-key", sandbox.base_url, {"company_id": "x" * 16}))
    with pytest.raises(ConfigError) as raised:
        await source.check()
    await source.close()
    assert raised.value.code == "company_unknown"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("company_id", ""),
        ("company_id", "a/../b"),
        ("tenant_tz", "Nowhere/Here"),
        ("suspicious_sizes", "many"),
        ("status_map", "1=sleeping"),
        ("archived_filter_body", "status"),
        ("backoff", "long"),
        ("overlap_days", "-1"),
    ],
)
def test_an_invalid_option_is_named(option: str, value: str) -> None:
    connector = connector_for("flatchr")
    options = {"company_id": "Ab3dEf6hIj9kLm2n", option: value}
    with pytest.raises(ConfigError) as raised:
        connector.open(connector.configure("test-key", None, options))
    assert option in raised.value.message
