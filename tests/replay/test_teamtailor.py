"""Syncs of the second Teamtailor, field by field; the contract suite covers ids and modes.

Expected values follow the public reference, not the connector.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from contracts.companies import connected, synced
from contracts.harness import Harness, start
from contracts.vendors.teamtailor import TEAMTAILOR_REPLAY
from replay.teamtailor_account import Held

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream

TABLES = {
    Stream.DEPARTMENTS: "department",
    Stream.USERS: "ats_user",
    Stream.REJECT_REASONS: "reject_reason",
    Stream.JOBS: "job",
    Stream.STAGES: "stage",
    Stream.TALENTS: "talent",
    Stream.APPLICATIONS: "application",
}


def one(record: dict[str, Any], name: str) -> str | None:
    ids: list[str] = record.get(name) or []
    return ids[0] if ids else None


def held(ats: Harness) -> Held:
    """Return the server's own records, for changes without the API."""
    found: Held = cast("Any", ats.server).held
    return found


def shown(when: datetime | None) -> datetime | None:
    """Return a time as in the API, truncated to milliseconds."""
    return when and when - timedelta(microseconds=when.microsecond % 1000)


def of_application(record: dict[str, Any], hired: set[str]) -> dict[str, Any]:
    status = "HIRED" if one(record, "stage") in hired else "ACTIVE"
    return {
        "status": "REJECTED" if record["rejected-at"] else status,
        "talent_remote_id": record["candidate"][0],
        "job_remote_id": record["job"][0],
        "stage_remote_id": one(record, "stage"),
        "reject_reason_remote_id": one(record, "reject-reason"),
        "applied_at": shown(record["created-at"]),
        "stage_entered_at": shown(record["changed-stage-at"]),
        "rejected_at": shown(record["rejected-at"]),
        "is_sourced": record["sourced"],
    }


def expected(stream: Stream, record: dict[str, Any], hired: set[str]) -> dict[str, Any]:
    match stream:
        case Stream.JOBS:
            return {
                "title": record["title"],
                "status_original": record["human-status"],
                "remote_policy_original": record["remote-status"],
                "department_remote_id": one(record, "department"),
                "recruiter_remote_id": one(record, "user"),
                "remote_created_at": shown(record["created-at"]),
            }
        case Stream.STAGES:
            return {
                "name": record["name"],
                "category_original": record["stage-type"],
                "position": record["row-order"],
                "job_remote_id": record["job"][0],
            }
        case Stream.TALENTS:
            return {
                "first_name": record["first-name"],
                "last_name": record["last-name"],
                "headline": record["pitch"],
                "tags": record["tags"],
                "source": record["referring-site"],
                "is_internal": record.get("internal", False),
                "remote_updated_at": shown(record["updated-at"]),
            }
        case Stream.APPLICATIONS:
            return of_application(record, hired)
        case Stream.REJECT_REASONS:
            side = "COMPANY" if record["rejected-by-company"] else "CANDIDATE"
            return {"name": record["reason"], "rejected_by": side}
        case _:
            return {"name": record["name"]}


async def assert_same(ats: Harness, found: Any) -> None:
    stages = await ats.truth(Stream.STAGES)
    hired = {key for key, stage in stages.items() if stage["stage-type"] == "Hired"}
    for stream, table in TABLES.items():
        truth = await ats.truth(stream)
        columns = list(expected(stream, next(iter(truth.values())), hired))
        rows = await found.rows(
            f"SELECT remote_id, {', '.join(columns)} FROM {table} "
            "WHERE connection_id = {me} AND remote_deleted_at IS NULL"
        )
        kept = {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}
        assert kept == {key: expected(stream, record, hired) for key, record in truth.items()}


async def test_every_field_is_stored_as_the_reference_explains(database_url: str) -> None:
    async with start(TEAMTAILOR_REPLAY, talents=130) as ats:
        found = await connected(ats, database_url)

        report = await found.sync()

        assert report.status is RunStatus.SUCCEEDED, report
        assert report.warnings == [], "everything in this account is documented"
        await assert_same(ats, found)
        contacts = await found.contacts()
        for key, person in (await ats.truth(Stream.TALENTS)).items():
            ways = [person[name] for name in ("email", "phone", "linkedin-url")]
            assert contacts.get(key, []) == [way for way in ways if way]


async def test_custom_fields_of_every_kind_have_their_labels(database_url: str) -> None:
    async with start(TEAMTAILOR_REPLAY, talents=12) as ats:
        found = await synced(ats, database_url)
        people = await ats.truth(Stream.TALENTS)
        with_fields = {key for key, person in people.items() if "custom-field-values" in person}

        rows = await found.rows(
            "SELECT remote_id, custom_fields FROM talent WHERE connection_id = {me}"
        )

        kept = {key: {name: one["value"] for name, one in has.items()} for key, has in rows}
        assert {key for key, has in kept.items() if has} == with_fields != set()
        for key in with_fields:
            assert kept[key] == {
                "drivers-license": True,
                "available-from": "2025-08-28",
                "languages": ["Swedish", "Arabic"],
            }


async def test_people_imported_at_the_same_time_are_all_reread(database_url: str) -> None:
    """More than a page of them have the same ``updated-at`` to the microsecond."""
    async with start(TEAMTAILOR_REPLAY, talents=130) as ats:
        found = await synced(ats, database_url)
        moment = datetime.now().astimezone()
        for key in list(await ats.truth(Stream.TALENTS))[:65]:
            await ats.edit_talent(key)
            held(ats)["candidates"][key].attributes["updated-at"] = moment

        report = await found.sync()

        assert report.mode is Mode.INCREMENTAL
        assert report.streams[Stream.TALENTS].fetched == 65
        await assert_same(ats, found)


@pytest.mark.parametrize("mode", [Mode.INCREMENTAL, Mode.RECONCILE])
async def test_a_changed_job_is_noticed_although_jobs_have_no_change_date(
    mode: Mode, database_url: str
) -> None:
    async with start(TEAMTAILOR_REPLAY, talents=9) as ats:
        found = await synced(ats, database_url)
        job = held(ats)["jobs"]["7199"].attributes
        job |= {"title": "Another title", "human-status": "archived", "status": "archived"}

        await found.sync(mode)

        await assert_same(ats, found)
        assert (await found.verify()).equal
