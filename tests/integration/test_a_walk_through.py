"""Pages and commands while records change in the ATS, compared with the simulator's records."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from fakes.company import Company, company, in_thread

from jemmo.domain.explanations import Explanation, Verdict
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox.server import SandboxServer, run_sandbox
from jemmo.services.connections import paused_deletions, summaries
from jemmo.services.records import explanations, quality
from jemmo.store.connections import paused_deletions as held
from jemmo.store.models import Connection, Organisation
from jemmo.store.sync import sync_status
from jemmo.vault import default_vault

pytestmark = pytest.mark.one_server


@pytest.fixture
async def ats() -> AsyncIterator[SandboxServer]:
    switches = {"rate_limit": False}
    async with run_sandbox("teamtailor", talents=60, seed=5, switches=switches) as server:
        yield server


@pytest.fixture
async def found(ats: SandboxServer, database_url: str) -> Company:
    found = await company(database_url, base_url=ats.base_url)
    await found.sync()
    return found


async def kinds(found: Company) -> list[str]:
    return [row[0] for row in await found.rows("SELECT kind FROM notification ORDER BY id")]


@pytest.mark.long
async def test_a_sync_of_jobs_does_not_clear_a_failure_of_talents(
    ats: SandboxServer, found: Company, no_retry_pauses: None
) -> None:
    ats.faults.set("flaky5xx=1")
    failed = await found.sync(Mode.INCREMENTAL, only="talents")
    assert failed.status is RunStatus.FAILED
    ats.faults.set("")

    await found.sync(Mode.INCREMENTAL, only="jobs")
    told = await kinds(found)
    assert told[1:] == ["sync_failed", "sync_done"]
    card, talents, jobs = await shown(found)
    assert failed.error is not None
    assert [failure.error for failure in talents.failures] == [card.error] == [failed.error]
    assert jobs.failures == ()
    assert not talents.several

    await found.sync(Mode.INCREMENTAL, only="talents")
    assert await kinds(found) == [*told, "sync_recovered"]
    await found.sync(Mode.INCREMENTAL)
    assert await kinds(found) == [*told, "sync_recovered", "sync_done"]


async def shown(
    found: Company,
) -> tuple[summaries.ConnectionSummary, sync_status.SyncIcon, sync_status.SyncIcon]:
    """Return the connection's card, and the icons of both pages."""

    def look() -> tuple[summaries.ConnectionSummary, sync_status.SyncIcon, sync_status.SyncIcon]:
        connection, now = Connection.objects.get(id=found.id), datetime.now(UTC)
        icons = [sync_status.icon(connection.org, page, now=now) for page in ("talents", "jobs")]
        return summaries.connection_summary(connection), icons[0], icons[1]

    return await in_thread(look)


async def test_a_failure_names_its_connection(
    ats: SandboxServer, found: Company, database_url: str, no_retry_pauses: None
) -> None:
    other = await company(database_url, base_url=ats.base_url, key="wrong")
    await other.rows("UPDATE connection SET label = 'Lyon' WHERE id = {me}")

    assert (await other.sync()).status is RunStatus.FAILED

    _, talents, _ = await shown(found)
    assert talents.several
    assert [failure.name for failure in talents.failures] == ["Lyon"]


@pytest.mark.long
async def test_each_of_several_failures_is_shown(
    ats: SandboxServer, found: Company, database_url: str, no_retry_pauses: None
) -> None:
    other = await company(database_url, base_url=ats.base_url, key="wrong")
    await other.rows("UPDATE connection SET label = 'Lyon' WHERE id = {me}")
    ats.faults.set("flaky5xx=1")

    failed = await found.sync(Mode.INCREMENTAL)
    refused = await other.sync()

    card, talents, jobs = await shown(found)
    errors = {failure.name: failure.error for failure in talents.failures}
    assert errors.keys() == {"Teamtailor", "Lyon"}
    assert errors["Teamtailor"] == card.error == failed.error
    assert refused.error is not None
    assert errors["Lyon"]["code"] == refused.error["code"]
    assert jobs.failures == talents.failures


async def answer(found: Company, remote_id: str) -> Explanation:
    def look() -> Explanation:
        org = Connection.objects.get(id=found.id).org
        (one,) = explanations.explain_record(org, remote_id, now=datetime.now(UTC))
        return one

    return await in_thread(look)


async def decide(found: Company, decision: str) -> None:
    def work() -> None:
        connection = Connection.objects.get(id=found.id)
        page = held.held_page(connection, "talents", {})
        assert page is not None
        if decision == "keep":
            paused_deletions.keep(connection, "talents")
        else:
            paused_deletions.release(connection, "talents", missing=page.records)

    await in_thread(work)


@pytest.mark.long
async def test_a_record_with_a_pending_deletion_is_explained(
    ats: SandboxServer, found: Company
) -> None:
    gone = sorted(await found.ids(Stream.TALENTS))[:45]
    read_at = (await answer(found, gone[0])).seen_at
    for talent in gone:
        await ats.change("delete", "candidates", talent)
    await found.sync(Mode.RECONCILE)

    waiting = await answer(found, gone[0])
    assert (waiting.verdict, waiting.rule) == (Verdict.DELETION_PAUSED, None)
    assert read_at is not None
    assert waiting.seen_at is None, "it went at a time that nobody knows"
    assert (await answer(found, sorted(await found.ids(Stream.TALENTS))[50])).verdict in {
        Verdict.SHOWN,
        Verdict.EXCLUDED,
    }

    await decide(found, "keep")
    assert (await answer(found, gone[0])).verdict is Verdict.KEPT
    await found.sync(Mode.RECONCILE)
    await decide(found, "release")
    assert (await answer(found, gone[0])).verdict is Verdict.DELETION_RELEASED
    await found.sync(Mode.RECONCILE)
    deleted = await answer(found, gone[0])
    assert (deleted.verdict, deleted.rule) == (Verdict.DELETED, None)
    assert "sync_recovered" not in await kinds(found)


@pytest.mark.long
async def test_stage_deletions_wait_with_their_job(ats: SandboxServer, found: Company) -> None:
    """Deleting only the stage would leave the job's applications without one, and wrongly blame the key."""
    stages = await found.ids(Stream.STAGES)
    for job in sorted(await found.ids(Stream.JOBS)):
        await ats.change("delete", "jobs", job)

    paused = await found.sync(Mode.RECONCILE)

    assert paused.error is not None
    assert {one["stream"] for one in paused.error["paused"]} == {"jobs", "applications"}
    assert paused.error["deleted"] == {}
    assert await found.ids(Stream.STAGES) == stages
    assert [one.code for one in paused.warnings if "dangling" in one.code] == []
    await decide_on_jobs(found)
    assert (await found.sync(Mode.RECONCILE)).status is RunStatus.SUCCEEDED
    assert await found.ids(Stream.STAGES) == set()
    assert await found.ids(Stream.JOBS) == set()


async def decide_on_jobs(found: Company) -> None:
    def work() -> None:
        connection = Connection.objects.get(id=found.id)
        page = held.held_page(connection, "jobs", {})
        assert page is not None
        assert [row.stream for row in page.together] == ["jobs", "applications"]
        paused_deletions.release(connection, "jobs", missing=page.records)

    await in_thread(work)


@pytest.mark.long
async def test_data_quality_and_verify_agree_on_broken_links(
    ats: SandboxServer, found: Company
) -> None:
    stage = await found.value(
        "SELECT stage_remote_id FROM application WHERE connection_id = {me} ORDER BY 1 LIMIT 1"
    )
    await ats.change("delete", "stages", stage, alone=True)
    await found.sync(Mode.RECONCILE)

    verdict = await found.verify()
    report = await in_thread(
        lambda: quality.report(Organisation.objects.get(), vault=default_vault())
    )

    proved = verdict.broken_relations
    loose = {
        f"{one.stream}.{target.removesuffix('s')}": count
        for one in report.connections[0].streams
        for target, count in one.held.loose.items()
    }
    assert proved
    assert loose == proved
