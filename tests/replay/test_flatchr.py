"""Syncs of the second Flatchr, field by field, for every alternative that the reference leaves open.

Expected values follow the public reference, not the connector.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from contracts.companies import assert_equal, connected, synced
from contracts.harness import Harness, Replay, start
from contracts.vendors.flatchr import FLATCHR_REPLAY
from fakes.company import Company, in_thread
from fakes.hooks import web_server
from replay import flatchr
from replay.flatchr import OLDER, Flatchr, Ways
from replay.flatchr_account import CONTRACTS, START

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream
from jemmo.files.folder import FolderStorage
from jemmo.services.files.download import DownloadSummary, download_files
from jemmo.services.webhooks import endpoints
from jemmo.services.webhooks.refetch import RefetchWorker
from jemmo.store.models import Connection
from jemmo.vault import default_vault

PARIS = ZoneInfo("Europe/Paris")
CURRENT = Ways()
EVERY_WAY = {
    "current": CURRENT,
    "older": OLDER,
    "archived-included": replace(CURRENT, archived="included"),
    "archived-included-and-filter-ignored": replace(CURRENT, archived="included", filters=False),
    "updated-iso": replace(CURRENT, updated="iso", through=True),
    "updated-epoch": replace(CURRENT, updated="epoch", labels=True),
    "updated-untold": replace(CURRENT, updated=""),
    "days-of-utc": replace(CURRENT, zone="UTC"),
    "cut-at-25": replace(CURRENT, most=25),
    "older-cut-at-30": replace(OLDER, most=30),
    "open-vacancies-only": replace(CURRENT, only_open=True, boom=False),
}
REMOTE = {"notime": "ON_SITE", "parttime": "HYBRID", "fulltime": "REMOTE"}
PAY = {  # as documented: "0" and empty mean no pay, and a space may separate thousands
    "0": [],
    "": [],
    "40 000": [(40_000, 60_000)],
    12.5: [(12.5, None)],
    2100: [(2100, None)],
}
KINDS = {
    "CDI": "FULL_TIME",
    "CDD": "TEMPORARY",
    "Alternance": "APPRENTICE",
    "Intérim": "TEMPORARY",
}


@asynccontextmanager
async def started(ways: Ways, talents: int = 60) -> AsyncIterator[tuple[Harness, Flatchr]]:
    vendor = replace(FLATCHR_REPLAY, replay=partial(flatchr.serve, ways=ways))
    async with start(vendor, talents=talents) as ats:
        assert isinstance(ats, Replay)
        yield ats, ats.server


def some_ways(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("ways", [EVERY_WAY[name] for name in names], ids=names)


every_way = some_ways(*EVERY_WAY)


def midnight(day: Any, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.combine(day, datetime.min.time(), zone)


async def held(found: Company, stream: Stream, table: str, *columns: str) -> dict[str, Any]:
    rows = await found.rows(
        f"SELECT remote_id, {', '.join(columns)} FROM {table} "
        "WHERE connection_id = {me} AND remote_deleted_at IS NULL"
    )
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}


@pytest.mark.sample(3)
@every_way
async def test_everyone_is_stored_in_the_right_column(ways: Ways, database_url: str) -> None:
    async with started(ways, 130) as (ats, account):
        found = await synced(ats, database_url)

        await assert_equal(ats, found)
        applications = await held(
            found,
            Stream.APPLICATIONS,
            "application",
            "talent_remote_id",
            "job_remote_id",
            "stage_remote_id",
            "status",
            "source",
            "applied_at",
        )
        hired = {key for key, one in account.held.columns.items() if one["hired"]}
        expected = {}
        for key, one in account.held.applicants.items():
            day = one["created_at"].astimezone(ZoneInfo(ways.zone)).date()
            ended = "ACTIVE" if one["status"] else "OTHER"
            expected[key] = {
                "talent_remote_id": key,
                "job_remote_id": str(account.held.vacancies[one["vacancy"]]["vacancy_id"]),
                "stage_remote_id": str(one["column"]),
                "status": "HIRED" if one["column"] in hired else ended,
                "source": one["source"],
                "applied_at": midnight(day),
            }
        assert applications == expected
        assert (await found.verify()).equal


@pytest.mark.sample(3)
@every_way
async def test_the_next_syncs_notice_archived_moved_and_deleted_applicants(
    ways: Ways, database_url: str
) -> None:
    async with started(ways) as (ats, account):
        found = await synced(ats, database_url)
        archived, moved, gone, *_ = [
            key for key, one in account.held.applicants.items() if one["status"]
        ][20:]
        await account.change("edit", "applicants", archived, attributes={"status": 0})
        await account.change("edit", "applicants", moved, attributes={"column": 653})
        await ats.delete_talent(gone)

        first = await found.sync()
        second = await found.sync(Mode.RECONCILE)

        assert first.status is RunStatus.SUCCEEDED, first
        assert (await found.record(Stream.APPLICATIONS, moved))["stage_remote_id"] == "653"
        assert (await found.record(Stream.APPLICATIONS, archived))["status"] in {"OTHER", "HIRED"}
        assert (await found.record(Stream.TALENTS, archived))["is_archived"]
        assert second.status is RunStatus.SUCCEEDED, second
        await assert_equal(ats, found)
        assert account.odd == [], "nothing is asked that the reference does not name"
        assert account.written == [], "and nothing is changed"


@some_ways("current", "older", "open-vacancies-only")
async def test_jobs_are_stored_as_the_reference_explains(ways: Ways, database_url: str) -> None:
    async with started(ways) as (ats, account):
        found = await connected(ats, database_url)
        report = await found.sync()

        assert not [one for one in report.warnings if one.code.startswith("dropped_value")]
        jobs = await held(
            found,
            Stream.JOBS,
            "job",
            "title",
            "code",
            "status_original",
            "remote_policy",
            "employment_type",
            "opened_at",
            "requirements",
        )
        rows = await found.rows(
            "SELECT j.remote_id, p.min, p.max FROM job_compensation p JOIN job j ON j.id = p.job_id "
            "WHERE j.connection_id = {me}"
        )
        places = {
            key: (city, postal, street)
            for key, city, postal, street in await found.rows(
                "SELECT j.remote_id, l.city, l.postal_code, l.raw FROM job_location l "
                "JOIN job j ON j.id = l.job_id WHERE j.connection_id = {me}"
            )
        }
        for key, one in account.truth(Stream.JOBS).items():
            assert jobs[key] == {
                "title": one["title"].strip(),
                "code": one["reference"].strip(),
                "status_original": str(one["status"]),
                "remote_policy": REMOTE[one["remote"]],
                "employment_type": KINDS[CONTRACTS[one["contract_type_id"]]],
                "opened_at": datetime.fromisoformat(one["created_at"]),
                "requirements": one["profile"],
            }
            assert [tuple(row[1:]) for row in rows if row[0] == key] == PAY[one["salary"]]
            where = one["_address"] or {}
            told = where.get("formatted_address") or where.get("formated_address")
            expected = where and (where["locality"], str(where["postal_code"]), told)
            assert places.get(key, {}) == expected


async def test_people_are_stored_with_their_data(database_url: str) -> None:
    async with started(CURRENT) as (ats, account):
        found = await synced(ats, database_url)

        talents = await held(
            found, Stream.TALENTS, "talent", "first_name", "last_name", "is_archived"
        )
        contacts = await found.contacts()
        for key, one in account.held.applicants.items():
            person = account.held.people[one["person"]]
            assert talents[key] == {
                "first_name": person["firstname"],
                "last_name": person["lastname"].strip(),
                "is_archived": not one["status"],
            }
            assert contacts.get(key, []) == [
                way for way in (person["email"], person["phone"]) if way
            ]


@some_ways("current", "older")
async def test_vacancies_with_the_same_title_keep_their_applicants(
    ways: Ways, database_url: str
) -> None:
    async with started(ways) as (ats, account):
        first, second, *_ = account.held.vacancies
        account.held.vacancies[second]["title"] = account.held.vacancies[first]["title"]

        found = await synced(ats, database_url)

        jobs = await held(found, Stream.APPLICATIONS, "application", "job_remote_id")
        assert {key: one["job_remote_id"] for key, one in jobs.items()} == {
            key: str(account.held.vacancies[one["vacancy"]]["vacancy_id"])
            for key, one in account.held.applicants.items()
        }


@some_ways("current", "older")
async def test_the_column_that_matches_hired_is_chosen_among_equal_titles(
    ways: Ways, database_url: str
) -> None:
    async with started(ways) as (ats, account):
        account.held.column(900, "Recruté", 1)  # to the left of the column that hires
        for number, one in enumerate(account.held.applicants.values()):
            one["column"] = (692, 900)[number % 2]

        found = await connected(ats, database_url)
        report = await found.sync()

        assert report.status is RunStatus.SUCCEEDED, report
        held_ = await held(found, Stream.APPLICATIONS, "application", "stage_remote_id", "status")
        hired = {key for key, one in held_.items() if one["status"] == "HIRED"}
        warned = any(one.code == "ambiguous_stage" for one in report.warnings)
        if ways is OLDER:  # nothing distinguishes them
            assert warned
            assert {one["stage_remote_id"] for one in held_.values()} == {"900"}
            assert not hired
        else:
            assert not warned
            expected = {key: str(one["column"]) for key, one in account.held.applicants.items()}
            assert {key: one["stage_remote_id"] for key, one in held_.items()} == expected
            assert hired == {key for key, column in expected.items() if column == "692"}


async def test_numbers_as_text_are_the_same_numbers(database_url: str) -> None:
    """The reference calls ``vacancy_id`` a string in one place but shows a number in another."""
    async with started(CURRENT) as (ats, account):
        for one in account.held.vacancies.values():
            one["vacancy_id"] = str(one["vacancy_id"])

        found = await synced(ats, database_url)

        await assert_equal(ats, found)
        assert (await found.verify()).equal


@some_ways("cut-at-25", "older-cut-at-30")
async def test_a_truncated_import_day_is_read_completely_with_its_edits(
    ways: Ways, database_url: str
) -> None:
    async with started(ways, 130) as (ats, account):
        for one in account.held.applicants.values():
            one |= {"created_at": START, "updated_at": START}
        found = await synced(ats, database_url)
        await assert_equal(ats, found)
        for key in account.held.applicants:
            await account.change("edit", "applicants", key, attributes={"lastname": "Renommée"})

        report = await found.sync()

        names = await held(found, Stream.TALENTS, "talent", "last_name")
        assert report.status is RunStatus.SUCCEEDED, report
        assert {one["last_name"] for one in names.values()} == {"Renommée"}
        await assert_equal(ats, found)


@pytest.mark.parametrize("edition", [2022, 2025])
async def test_nobody_counts_as_deleted_if_archived_applicants_are_unreachable(
    edition: int, database_url: str
) -> None:
    ways = replace(CURRENT, edition=edition, archived="left out", filters=False)
    async with started(ways) as (ats, account):
        found = await connected(ats, database_url)
        await found.sync()
        archived, *_ = [key for key, one in account.held.applicants.items() if one["status"]][20:]
        await account.change("edit", "applicants", archived, attributes={"status": 0})

        report = await found.sync(Mode.RECONCILE)

        assert report.status is RunStatus.PARTIAL, report
        assert any(one.code == "archived_hidden" for one in report.warnings), report.warnings
        assert archived in await found.ids(Stream.TALENTS)


@pytest.mark.parametrize("edition", [2022, 2025])
async def test_only_active_applicants_are_a_complete_account_on_request(
    edition: int, database_url: str
) -> None:
    ways = replace(CURRENT, edition=edition, archived="left out", filters=False)
    async with started(ways) as (ats, account):
        options = {**ats.vendor.options, "search_statuses": "active"}
        found = await synced(Replay(replace(ats.vendor, options=options), account), database_url)

        report = await found.sync(Mode.RECONCILE)

        assert report.status is RunStatus.SUCCEEDED, report
        shown = {key for key, one in account.held.applicants.items() if one["status"]}
        assert await found.ids(Stream.TALENTS) == shown


# --- resumes ---


async def states(found: Company) -> dict[str, tuple[str, str | None]]:
    rows = await found.rows(
        "SELECT t.remote_id, f.fetch_status, f.reason FROM attachment f JOIN talent t "
        "ON t.id = f.talent_id WHERE t.connection_id = {me} AND f.remote_deleted_at IS NULL "
        "AND t.excluded_reason IS NULL"
    )
    return {key: (status, reason) for key, status, reason in rows}


async def fetched(found: Company, folder: Path) -> DownloadSummary:
    return await download_files(
        found.id,
        database_url=found.database_url,
        vault=default_vault(),
        storage=FolderStorage(folder),
    )


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("told", "handed"),
    [
        ("cv", "bytes"),
        ("aws", "redirect"),
        ("detail", "json"),
        ("detail with fields", "text"),
        ("detail by link", "bytes"),
    ],
)
async def test_resumes_arrive_wherever_their_location_is_given(
    told: str, handed: str, database_url: str, tmp_path: Path
) -> None:
    async with started(replace(CURRENT, resume=told, handed=handed), talents=7) as (ats, account):
        *others, without = account.held.applicants.values()
        without["cv"] = None
        found = await synced(ats, database_url)

        await fetched(found, tmp_path)

        held = await states(found)
        assert held.pop(without["id"], ("GONE", None))[0] == "GONE"
        assert set(held.values()) == {("STORED", None)}
        assert held.keys() <= {one["id"] for one in others}
        assert account.odd == [], "the storage is another host"


@pytest.mark.long
async def test_one_resume_per_second_is_requested(database_url: str, tmp_path: Path) -> None:
    async with started(replace(CURRENT, seconds=1.0), talents=3) as (ats, account):
        vendor = replace(ats.vendor, options={**ats.vendor.options, "pacing": "on"})
        found = await synced(Replay(vendor, account), database_url)

        turn = await fetched(found, tmp_path)

        assert turn.error is None
        assert set((await states(found)).values()) == {("STORED", None)}


async def test_a_deleted_applicant_does_not_block_other_resumes(
    database_url: str, tmp_path: Path
) -> None:
    async with started(replace(CURRENT, resume="detail"), talents=9) as (ats, account):
        found = await synced(ats, database_url)
        for key in list(account.held.applicants)[:3]:
            await ats.delete_talent(key)

        await fetched(found, tmp_path)

        held = await states(found)
        assert {held[key] for key in account.held.applicants if key in held} == {("STORED", None)}


# --- webhooks ---


@pytest.mark.parametrize("flat", [False, True], ids=["nested", "flat"])
async def test_a_new_applicant_and_a_moved_one_are_announced(
    flat: bool, database_url: str, tmp_path: Path
) -> None:
    async with started(replace(CURRENT, resume="nowhere")) as (ats, account), web_server() as web:
        found = await synced(ats, database_url)
        moved = next(iter(account.held.applicants))
        new = await ats.create_talent()
        account.held.applicants[new]["cv"] = {"key": "candidates/2026/11/1/cv", "extension": "pdf"}
        await account.change("edit", "applicants", moved, attributes={"column": 679})
        announced = [
            account.event("new_applicant", new, flat=flat),
            account.event("drag_applicant", moved, flat=flat),
        ]

        path = await in_thread(lambda: address_of(found))
        async with aiohttp.ClientSession() as session:
            for event in announced:
                async with session.post(f"{web}{path}", json=event) as answer:
                    assert answer.ok, await answer.text()
        lane = RefetchWorker(found.database_url, default_vault())
        await lane.drain()
        await lane.close()
        await fetched(found, tmp_path)

        assert (await found.record(Stream.APPLICATIONS, moved))["stage_remote_id"] == "679"
        assert (await states(found))[new] == ("STORED", None)


def address_of(found: Company) -> str:
    return endpoints.address(Connection.objects.get(id=found.id), default_vault()).path
