"""After an ATS merges two talents, the old id is gone and its data belongs to the survivor."""

from __future__ import annotations

import pytest
from fakes.company import company
from fakes.hooks import hooked
from fakes.teamtailor_truth import assert_equal_to_truth, truth

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import SandboxServer, run_sandbox

ANSWERS = ("not_found", "other", "redirect")


async def two_with_applications(sandbox: SandboxServer) -> tuple[str, str]:
    """Return two talents with applications."""
    listed = await truth(sandbox, "job-applications")
    owners = dict.fromkeys(one["relationships"]["candidate"][0] for one in listed)
    first, second, *_ = owners
    return first, second


async def applications_of(sandbox: SandboxServer, talent: str) -> set[str]:
    listed = await truth(sandbox, "job-applications")
    return {one["id"] for one in listed if one["relationships"]["candidate"] == [talent]}


@pytest.mark.sample(1)
@pytest.mark.parametrize("answer", ANSWERS)
async def test_a_reconcile_follows_a_merge(answer: str, database_url: str) -> None:
    async with run_sandbox(
        talents=60, seed=11, switches={"rate_limit": False, "merged": answer}
    ) as sandbox:
        found = await company(database_url, base_url=sandbox.base_url)
        await found.sync()
        old, survivor = await two_with_applications(sandbox)
        moved = await applications_of(sandbox, old)
        await sandbox.change("merge", "candidates", old, into=survivor)
        assert moved <= await applications_of(sandbox, survivor)

        report = await found.sync(Mode.RECONCILE)

        assert report.status is RunStatus.SUCCEEDED, report
        assert report.counts(Stream.TALENTS).deleted == 1
        assert (await found.record(Stream.TALENTS, old))["remote_deleted_at"] is not None
        for one in moved:
            application = await found.record(Stream.APPLICATIONS, one)
            assert application["talent_remote_id"] == survivor
        await assert_equal_to_truth(sandbox, found)
        assert (await found.verify()).equal


@pytest.mark.sample(1)
@pytest.mark.parametrize("answer", ANSWERS)
async def test_an_announced_merge_needs_no_sync(answer: str, database_url: str) -> None:
    async with hooked(database_url, switches={"merged": answer}) as found:
        old, survivor = await two_with_applications(found.sandbox)
        moved = await applications_of(found.sandbox, old)
        await found.sandbox.change("merge", "candidates", old, into=survivor)

        await found.drain()

        assert old not in await found.company.ids(Stream.TALENTS)
        assert moved <= await found.company.ids(Stream.APPLICATIONS)
        await assert_equal_to_truth(found.sandbox, found.company)


@pytest.mark.long
async def test_a_manual_merge_moves_applications_and_deletes_the_talent(database_url: str) -> None:
    """Two separate orders, like a manual merge; neither changes the applications' own dates."""
    async with run_sandbox(talents=60, seed=11, switches={"rate_limit": False}) as sandbox:
        found = await company(database_url, base_url=sandbox.base_url)
        await found.sync()
        old, survivor = await two_with_applications(sandbox)
        for one in await applications_of(sandbox, old):
            where = {"candidate": survivor}
            await sandbox.change("edit", "job-applications", one, relationships=where, quiet=True)
        await sandbox.change("delete", "candidates", old)

        report = await found.sync(Mode.RECONCILE)

        assert report.status is RunStatus.SUCCEEDED, report
        await assert_equal_to_truth(sandbox, found)
        assert (await found.verify()).equal
