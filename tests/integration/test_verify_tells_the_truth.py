"""`jemmo verify` and syncs report every difference from the ATS: ids, versions, relations."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fakes.company import Company, company
from fakes.teamtailor_truth import truth

from jemmo.domain.outcomes import RunReport
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import SandboxServer, run_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxServer]:
    async with run_sandbox(talents=60, seed=11, switches={"rate_limit": False}) as server:
        yield server


async def synced(sandbox: SandboxServer, database_url: str) -> Company:
    found = await company(database_url, base_url=sandbox.base_url)
    await found.sync()
    assert (await found.verify()).equal
    return found


def dangling(report: RunReport) -> dict[str, int]:
    """Return the number of broken relations by kind in a sync's warnings."""
    codes = {one.code.partition(":"): one.count for one in report.warnings}
    return {code[2]: count for code, count in codes.items() if code[0] == "dangling_relation"}


@pytest.mark.parametrize(
    ("kind", "relation"),
    [("stages", "applications.stage"), ("jobs", "applications.job")],
)
async def test_a_relation_to_a_missing_record_is_a_difference(
    kind: str, relation: str, sandbox: SandboxServer, database_url: str
) -> None:
    found = await synced(sandbox, database_url)
    name = relation.partition(".")[2]
    listed = await truth(sandbox, "job-applications")
    gone = listed[0]["relationships"][name]
    pointing = sorted(one["id"] for one in listed if one["relationships"][name] == gone)
    await sandbox.change("delete", kind, gone[0], alone=True)

    report = await found.sync(Mode.RECONCILE)
    verdict = await found.verify()

    assert dangling(report)[relation] == len(pointing)
    assert not verdict.equal
    (problem,) = [one for one in verdict.problems if one.message.startswith(f"{len(pointing)} app")]
    assert (
        problem.message
        == f"{len(pointing)} applications point to a {name} that the ATS does not show."
    )
    assert (problem.kind, problem.ids) == ("broken_relation", pointing[:20])


async def test_an_incremental_sync_warns_about_missing_related_records(
    sandbox: SandboxServer, database_url: str
) -> None:
    found = await synced(sandbox, database_url)
    sandbox.faults.set("orphans=1")
    application = str(min(sandbox.world.ids("job-applications")))
    await sandbox.change("edit", "job-applications", application, attributes={"sourced": True})

    report = await found.sync()

    assert report.mode is Mode.INCREMENTAL
    assert sum(dangling(report).values()) >= 1
    assert not (await found.verify()).equal
    assert dangling(await found.sync()) == dangling(report)


@pytest.mark.long
async def test_an_older_version_in_the_ats_is_a_difference(
    sandbox: SandboxServer, database_url: str
) -> None:
    """An ATS that was restored from a backup shows older versions."""
    found = await synced(sandbox, database_url)
    talent = str(min(sandbox.world.ids("candidates")))
    restored = {"first-name": "Odile", "updated-at": "2019-01-02T10:00:00.000+01:00"}
    await sandbox.change("edit", "candidates", talent, attributes=restored)

    verdict = await found.verify()

    assert verdict.streams[Stream.TALENTS].stale == [talent]
    await found.sync(Mode.RECONCILE)
    assert (await found.record(Stream.TALENTS, talent))["first_name"] == "Odile"
    assert (await found.verify()).equal
