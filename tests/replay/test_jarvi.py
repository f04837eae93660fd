"""Syncs of the second Jarvi, field by field, for every alternative that the reference leaves open.

Expected values follow the public reference and public clients, not the connector.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any, cast
from uuid import uuid4

import msgspec
import pytest
from contracts.companies import assert_equal, connected, synced
from contracts.harness import Harness, Vendor, start
from contracts.vendors.jarvi import JARVI_REPLAY
from fakes.company import Company
from replay.jarvi import PATH, Jarvi, Silent, serve
from replay.jarvi_account import LYON

from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import ScopeTooSmall
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.streams import Mode, Stream

ANSWERS = {
    "as measured": Silent(),
    "lists under their names": Silent(named=True),
    "a limit that is obeyed": Silent(obeys=True),
    "an order without effect": Silent(ordered=False),
    "equal rows in any order": Silent(ties=False),
    "a date of change that is no filter": Silent(filters=False),
    "addresses as text": Silent(plain=True),
    "merged profiles that are gone": Silent(merged="gone"),
    "offers for the public key alone": Silent(public_only=True),
    "offers for the public key alone, refused by 403": Silent(public_only=True, refusal=403),
}


def vendor(silent: Silent, **options: str) -> Vendor:
    given = {**JARVI_REPLAY.options, **options}
    return replace(JARVI_REPLAY, replay=partial(serve, silent=silent), options=given)


def account(ats: Harness) -> Jarvi:
    """Return the server itself, for changes without the API."""
    return cast("Jarvi", ats.server)


def is_whole(report: RunReport) -> bool:
    return report.status is RunStatus.SUCCEEDED


@pytest.fixture(params=list(ANSWERS))
async def ats(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with start(vendor(ANSWERS[request.param]), talents=430) as harness:
        yield harness


@pytest.mark.sample(3)
async def test_a_sync_stores_the_account_for_every_alternative(
    ats: Harness, database_url: str
) -> None:
    found = await connected(ats, database_url)

    report = await found.sync()

    assert is_whole(report), report
    await assert_equal(ats, found)
    assert (await found.verify()).equal


@pytest.mark.sample(2)
async def test_changes_arrive_for_every_alternative(ats: Harness, database_url: str) -> None:
    found = await synced(ats, database_url)
    people = list(await ats.truth(Stream.TALENTS))
    await ats.edit_talent(people[100])
    created = await ats.create_talent()
    await ats.delete_talent(people[200])
    await account(ats).merge(people[300], people[301])

    report = await found.sync()

    assert (report.mode, is_whole(report)) == (Mode.INCREMENTAL, True), report
    held = await found.ids(Stream.TALENTS)
    assert created in held
    assert people[200] not in held
    column, value = ats.vendor.shows
    assert (await found.record(Stream.TALENTS, people[100]))[column] == value
    assert is_whole(await found.sync(Mode.RECONCILE))
    await assert_equal(ats, found)
    assert (await found.verify()).equal


@pytest.mark.sample(1)
@pytest.mark.parametrize("several", ["ignored", "refused"])
async def test_an_account_without_any_order_is_read_without_proof(
    several: str, database_url: str
) -> None:
    """What was read is kept, and nothing counts as deleted."""
    async with start(vendor(Silent(ties=False, several=several)), talents=430) as ats:
        found = await connected(ats, database_url)

        report = await found.sync()

        assert report.status is RunStatus.PARTIAL, report
        held = await found.ids(Stream.TALENTS)
        assert held <= set(await ats.truth(Stream.TALENTS))
        await found.sync(Mode.RECONCILE)
        assert held <= await found.ids(Stream.TALENTS)


# --- fields ---


@asynccontextmanager
async def held(database_url: str, silent: Silent, **options: str) -> AsyncIterator[Any]:
    """A synced account with a few people: the harness and the company."""
    async with start(vendor(silent, **options), talents=40) as ats:
        found = await connected(ats, database_url)
        report = await found.sync()
        assert is_whole(report), report
        yield ats, found


async def job(ats: Harness, found: Company, name: str) -> dict[str, Any]:
    projects = await ats.truth(Stream.JOBS)
    [key] = [key for key, row in projects.items() if row["name"] == name]
    record = await found.record(Stream.JOBS, key)
    record["places"] = await found.rows(
        "SELECT l.raw, l.city, l.country_code FROM job_location l JOIN job j ON j.id = l.job_id "
        "WHERE j.connection_id = {me} AND j.remote_id = %s ORDER BY l.position",
        key,
    )
    return record


def labels(record: dict[str, Any]) -> dict[str, Any]:
    return {one["label"]: one["value"] for one in record["custom_fields"].values()}


async def test_an_offer_is_stored_according_to_its_fields(database_url: str) -> None:
    async with held(database_url, Silent()) as (ats, found):
        record = await job(ats, found, "Dev JAVA - IDF")
        pay = await found.rows(
            "SELECT p.min, p.max, p.is_public FROM job_compensation p JOIN job j ON j.id = p.job_id "
            "WHERE j.connection_id = {me} AND j.remote_id = %s",
            record["remote_id"],
        )
    assert record["title"] == "Développeuse Java (F/H)"
    assert record["employment_type"] == "FULL_TIME"
    assert record["remote_policy"] == "HYBRID"
    assert record["visibility"] == "PUBLIC"
    assert record["tags"] == ["Kotlin", "Spring"]
    assert record["code"] == "DJ-25"
    assert [tuple(row) for row in record["places"]] == [(LYON["formattedAddress"], "Lyon", "FR")]
    assert [tuple(row) for row in pay] == [(50_000, 60_000, True)]


async def test_fields_defined_by_jarvi_have_readable_labels(database_url: str) -> None:
    """Their names are translation keys, such as ``resources.fields.purposes.….name``."""
    async with held(database_url, Silent()) as (ats, found):
        record = await job(ats, found, "Dev JAVA - IDF")
    shown = labels(record)
    assert shown["Min years of experience"] == "3"
    assert "Company description" in shown
    assert not any("revenue" in label.lower() for label in shown), "that is the agency's own"


async def test_a_field_with_several_values_keeps_them_all(database_url: str) -> None:
    async with held(database_url, Silent()) as (ats, found):
        record = await job(ats, found, "Commercial B2B")
    assert labels(record)["Langues"] == ["Anglais", "Allemand"]
    first, second = record["places"]
    assert tuple(first) == ("Télétravail, Bretagne", None, None)
    assert tuple(second) == (LYON["formattedAddress"], "Lyon", "FR")


async def test_an_offer_that_says_only_full_or_part_time_says_so(database_url: str) -> None:
    async with held(database_url, Silent()) as (ats, found):
        record = await job(ats, found, "Infirmier de nuit")
        assert record["employment_type"] == "PART_TIME"
        assert record["remote_policy"] == "ON_SITE"
        row = account(ats).held["projects"][record["remote_id"]]
        [said] = [v for v in row["fieldsValues"] if v["field"]["purpose"] == "joboffer_is_fulltime"]
        said["value"] = (
            "true"  # and the project's date stays, since it is undocumented whether it would change
        )
        assert (await found.sync()).mode is Mode.INCREMENTAL
        assert (await job(ats, found, "Infirmier de nuit"))["employment_type"] == "FULL_TIME"


@pytest.mark.parametrize("projects", [0, 120], ids=["few projects", "many projects"])
async def test_former_team_members_stay_inactive(projects: int, database_url: str) -> None:
    """Only a project's owner has ``disabled``; the same person as an assignee doesn't."""
    async with start(vendor(Silent()), talents=3) as ats:
        rows = account(ats).held["projects"]
        [owned] = [row for row in rows.values() if row["user"] and row["user"]["disabled"]]
        [assigned] = [key for key, row in rows.items() if row["name"] == "Infirmier de nuit"]
        rows |= {key: {**owned, "id": key} for key in (str(uuid4()) for _ in range(projects))}
        found = await synced(ats, database_url)
        await account(ats).change("edit", "projects", assigned, attributes={"name": "Nuit"})
        assert (await found.sync()).mode is Mode.INCREMENTAL
        users = dict(
            await found.rows("SELECT name, is_active FROM ats_user WHERE connection_id = {me}")
        )
    assert users == {"Rita Roche": True, "Karl Karlsen": True, "Nour El Amine": False}


@pytest.mark.parametrize("plain", [False, True])
async def test_people_are_stored_with_their_names_and_addresses(
    plain: bool, database_url: str
) -> None:
    async with held(database_url, Silent(plain=plain)) as (ats, found):
        rows = await found.rows(
            "SELECT remote_id, first_name, last_name, headline, current_company "
            "FROM talent WHERE connection_id = {me} AND remote_deleted_at IS NULL"
        )
        contacts = await found.contacts()
        people = await ats.truth(Stream.TALENTS)
    for key, first, last, headline, company in rows:
        row = people[key]
        employer = (row["lastPosition"] or {}).get("companyName")
        expected = (row["firstName"], row["lastName"], row["headline"], employer)
        assert (first, last, headline, company) == expected
        ways = [one["email"] for one in row["emailAddresses"]]
        ways += ["+33600000001", "+33600000002"] if row["phoneNumbers"] else []
        ways += [row["profileUrl"]] if row["profileUrl"] else []
        assert contacts.get(key, []) == ways


# --- keys, triggers, probes ---


@pytest.mark.parametrize("refusal", [401, 403])
async def test_a_public_key_differs_from_a_wrong_one(refusal: int) -> None:
    async with start(vendor(Silent(refusal=refusal)), talents=3) as ats:
        connector = connector_for("jarvi")
        options = {"pacing": "off"}
        source = connector.open(
            connector.configure(account(ats).public, ats.base_url + PATH, options)
        )
        with pytest.raises(ScopeTooSmall):
            await source.check()
        await source.close()


async def test_an_account_that_shows_links_and_resumes_is_read_with_them(database_url: str) -> None:
    paths = {
        "application_paths": "profiles.projectsProfiles",
        "resume_paths": "profiles.resumes",
    }
    async with held(database_url, Silent(linked=True), **paths) as (ats, found):
        people = await ats.truth(Stream.TALENTS)
        jobs = await ats.truth(Stream.JOBS)
        expected = {
            (key, one["projectId"])
            for key, row in people.items()
            for one in row["projectsProfiles"]
            if one["projectId"] in jobs
        }
        rows = await found.rows(
            "SELECT t.remote_id, j.remote_id FROM application a JOIN talent t ON t.id = a.talent_id "
            "JOIN job j ON j.id = a.job_id WHERE a.connection_id = {me}"
        )
        files = await found.value(
            "SELECT count(*) FROM attachment a JOIN talent t ON t.id = a.talent_id WHERE t.connection_id = {me}"
        )
    assert {tuple(row) for row in rows} == expected != set()
    assert files == sum(len(row["resumes"]) for row in people.values()) > 0


async def test_each_way_of_naming_a_profile_in_a_trigger_is_understood() -> None:
    async with start(vendor(Silent()), talents=3) as ats:
        connector = connector_for("jarvi")
        assert connector.webhooks is not None
        [key, *_] = await ats.truth(Stream.TALENTS)
        options = connector.configure("k", ats.base_url, {}).options
        for payload in account(ats).payloads(key):
            heard = connector.webhooks.read(msgspec.json.encode(payload), options)
            assert key in {request.remote_id for request in heard.requests}, payload


async def test_only_publicly_documented_requests_are_made(database_url: str) -> None:
    """The server ignores such requests, which a fallback could hide."""
    async with start(vendor(Silent()), talents=130) as ats:
        found = await synced(ats, database_url)
        await found.sync()
        await found.sync(Mode.RECONCILE)
        assert account(ats).odd == []
