"""Lookup lists are read with changed records and once a day, so an unchanged account takes five requests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from contracts.harness import Harness, start
from contracts.vendors.greenhouse import GREENHOUSE
from fakes.company import Company, company

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream


@pytest.fixture
async def ats() -> AsyncIterator[Harness]:
    async with start(GREENHOUSE, talents=30) as harness:
        yield harness


async def connected(ats: Harness, database_url: str, **options: str) -> Company:
    found = await company(
        database_url,
        base_url=ats.base_url,
        key=ats.server.key,
        provider="greenhouse",
        options={**ats.vendor.options, **options},
    )
    assert (await found.sync()).status is RunStatus.SUCCEEDED
    ats.forget_requests()
    return found


async def incremental(found: Company) -> None:
    report = await found.sync()
    assert (report.mode, report.status) == (Mode.INCREMENTAL, RunStatus.SUCCEEDED), report


async def department(found: Company, remote_id: str = "1") -> str:
    return str((await found.record(Stream.DEPARTMENTS, remote_id))["name"])


async def test_an_unchanged_account_takes_five_requests(ats: Harness, database_url: str) -> None:
    found = await connected(ats, database_url)

    await incremental(found)

    assert dict(ats.server.site.log.counts) == {
        "/token": 1,
        "/v3/jobs": 1,
        "/v3/candidates": 1,
        "/v3/attachments": 1,
        "/v3/applications": 1,
    }


async def test_after_an_interrupted_sync_the_lists_are_read(
    ats: Harness, database_url: str
) -> None:
    found = await connected(ats, database_url)
    await ats.server.change("edit", "departments", "1", attributes={"name": "Alchemy"})
    # The interrupted sync stored changed jobs, which this one finds unchanged.
    await found.rows(
        "UPDATE checkpoint SET mode = 'incremental', pass_started_at = now(), done = true "
        "WHERE connection_id = {me} AND stream = 'jobs'"
    )

    await incremental(found)

    assert await department(found) == "Alchemy"
    ats.forget_requests()
    await incremental(found)
    assert "/v3/departments" not in ats.server.site.log.counts


async def test_a_renamed_department_waits_for_a_changed_job_or_the_reconcile(
    ats: Harness, database_url: str
) -> None:
    found = await connected(ats, database_url)
    before = await department(found)
    await ats.server.change("edit", "departments", "1", attributes={"name": "Alchemy"})
    await incremental(found)
    assert await department(found) == before

    await ats.server.change("edit", "jobs", "1", attributes={"name": "Fée"})
    await incremental(found)
    assert await department(found) == "Alchemy"

    await ats.server.change("edit", "departments", "1", attributes={"name": "Botany"})
    await incremental(found)
    assert await department(found) == "Alchemy"
    await found.sync(Mode.RECONCILE)
    assert await department(found) == "Botany"


async def test_changes_in_unread_lists_are_not_missed(ats: Harness, database_url: str) -> None:
    found = await connected(ats, database_url)
    user = sorted(await found.ids(Stream.USERS))[0]
    await ats.server.change("edit", "users", user, attributes={"name": "Odile Exemple"})
    await incremental(found)
    # The next syncs' overlap no longer includes that change, but the list's own watermark does.
    await found.rows(
        "UPDATE checkpoint SET watermark = now() + interval '5 minutes' "
        "WHERE connection_id = {me} AND stream NOT IN ('users', 'departments', 'stages')"
    )
    await ats.server.change("edit", "jobs", "3", attributes={"name": "Fée"}, at="2100-01-01")

    await incremental(found)

    assert (await found.record(Stream.USERS, user))["name"] == "Odile Exemple"


async def test_a_new_job_arrives_with_its_department_stages_and_applications(
    ats: Harness, database_url: str
) -> None:
    found = await connected(ats, database_url)
    made = await ats.server.change("create", "departments", attributes={"name": "Alchemy"})
    job = await ats.server.change(
        "create",
        "jobs",
        attributes={"name": "Fée", "status": "open", "department_id": int(made), "office_ids": []},
    )
    stage = max(map(int, await ats.truth(Stream.STAGES)))
    links = {"candidate_id": 1, "job_id": int(job), "job_interview_stage_id": stage}
    applied = await ats.server.change("create", "applications", relationships=links)

    await incremental(found)

    linked = await found.rows(
        "SELECT d.remote_id, s.remote_id FROM application a JOIN job j ON j.id = a.job_id "
        "JOIN department d ON d.id = j.department_id JOIN stage s ON s.id = a.stage_id "
        "WHERE a.connection_id = {me} AND a.remote_id = %s",
        applied,
    )
    assert linked == [(made, str(stage))]
    assert (await found.verify()).equal


async def test_the_reconcile_notices_a_new_owner_of_an_unchanged_job(
    ats: Harness, database_url: str
) -> None:
    found = await connected(ats, database_url)
    before = (await found.record(Stream.JOBS, "3"))["recruiter_remote_id"]
    other = next(one for one in sorted(await ats.truth(Stream.USERS)) if one != before)
    await ats.server.change("edit", "job_owners", "3", attributes={"user_id": int(other)})

    await found.sync(Mode.RECONCILE)

    assert (await found.record(Stream.JOBS, "3"))["recruiter_remote_id"] == other


async def test_immediate_updates_cost_six_more_requests(ats: Harness, database_url: str) -> None:
    found = await connected(ats, database_url, lookups="always")
    await ats.server.change("edit", "departments", "1", attributes={"name": "Alchemy"})
    await ats.server.change("edit", "job_posts", "3", attributes={"content": "<p>New</p>"})

    await incremental(found)

    assert await department(found) == "Alchemy"
    assert "New" in (await found.record(Stream.JOBS, "3"))["description_html"]
    ats.forget_requests()
    await found.sync()
    assert ats.requests >= 11
