"""A change that moves no date is found within days, since each reconcile rereads a part of the list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fakes.company import company, in_thread
from fakes.teamtailor_truth import assert_equal_to_truth, truth

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import REREAD_WITHIN, Mode, Stream
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.services.connections.status import Reread

DAY = timedelta(days=1)


async def reread(connection_id: object) -> Reread:
    from jemmo.services.connections.status import overview

    (status,) = await in_thread(overview)
    assert status.id == connection_id
    return status.reread


@pytest.mark.long
async def test_every_record_is_reread_within_the_documented_days(database_url: str) -> None:
    async with run_sandbox(talents=300, seed=11, switches={"rate_limit": False}) as sandbox:
        found = await company(database_url, base_url=sandbox.base_url)
        began = datetime.now(UTC)
        await found.sync()
        for kind, attributes in (
            ("candidates", {"tags": ["quiet"]}),
            ("job-applications", {"cover-letter": "quiet"}),
            ("jobs", {"pitch": "quiet"}),
        ):
            for record in list(sandbox.world.ids(kind))[::7]:
                await sandbox.change("edit", kind, record, attributes=attributes, quiet=True)

        days, parts = 0, []
        for days in range(1, REREAD_WITHIN.days + 1):
            report = await found.sync(Mode.RECONCILE, now=lambda days=days: began + days * DAY)
            assert report.status is RunStatus.SUCCEEDED, report
            parts.append(report.counts(Stream.TALENTS).fetched)

        await assert_equal_to_truth(sandbox, found)
        assert sum(parts) >= 300
        assert max(parts) <= 300 // 3
        told = await reread(found.id)
        assert told.within_days == REREAD_WITHIN.days
        assert told.last_at is not None
        assert told.last_at > began + DAY


@pytest.mark.long
async def test_a_reconcile_right_after_a_full_read_rereads_nothing(
    database_url: str,
) -> None:
    async with run_sandbox(talents=60, seed=11, switches={"rate_limit": False}) as sandbox:
        found = await company(database_url, base_url=sandbox.base_url)
        await found.sync()
        assert (await reread(found.id)).last_at is not None

        report = await found.sync(Mode.RECONCILE)

        assert report.counts(Stream.TALENTS).fetched == 0


async def test_records_are_mapped_again_when_an_option_is_renamed(database_url: str) -> None:
    """The next sync rereads everything mapped with custom-field names; the one after that doesn't."""
    async with run_sandbox(talents=60, seed=11, switches={"rate_limit": False}) as sandbox:
        found = await company(database_url, base_url=sandbox.base_url)
        await found.sync()
        option = min(sandbox.world.ids("custom-field-options"))
        (old,) = [
            one["attributes"]["value"]
            for one in await truth(sandbox, "custom-field-options")
            if one["id"] == str(option)
        ]
        tells = "SELECT count(*) FROM talent WHERE custom_fields::text LIKE %s"
        count = await found.value(tells, f'%"{old}"%')
        assert count > 0
        await sandbox.change(
            "edit", "custom-field-options", option, attributes={"value": "renamed"}
        )

        report = await found.sync()

        assert report.mode is Mode.INCREMENTAL
        assert report.counts(Stream.TALENTS).fetched >= 60
        assert await found.value(tells, '%"renamed"%') == count
        assert (await found.sync()).counts(Stream.TALENTS).fetched < 60


@pytest.mark.sample(1)
@pytest.mark.parametrize("refused", ["", "filter:jobs.locations,filter:candidates.locations"])
async def test_records_with_a_renamed_location_or_role_are_mapped_again(
    database_url: str, refused: str
) -> None:
    """The next sync rereads only these records, or everything if that filter is refused."""
    switches = {"rate_limit": False, "refused": refused}
    async with run_sandbox(talents=120, seed=11, switches=switches) as sandbox:
        found = await company(database_url, base_url=sandbox.base_url)
        await found.sync()
        assert (await found.sync()).counts(Stream.TALENTS).fetched < 20
        place = min(sandbox.world.ids("locations"))
        jobs = [one["relationships"] for one in await truth(sandbox, "jobs")]
        role = min(int(one["role"][0]) for one in jobs if one.get("role"))
        await sandbox.change("edit", "locations", place, attributes={"city": "Nyons"})
        await sandbox.change("edit", "roles", role, attributes={"name": "Alchemy"})
        await sandbox.change("create", "locations", attributes={"name": "New", "city": "New"})

        report = await found.sync()

        assert (report.mode, report.status) == (Mode.INCREMENTAL, RunStatus.SUCCEEDED), report
        in_nyons = await found.value(
            "SELECT count(*) FROM talent WHERE location->>'city' = 'Nyons'"
        )
        assert in_nyons == await of(sandbox, "candidates", "locations", place) > 5
        places = await found.value("SELECT count(*) FROM job_location WHERE city = 'Nyons'")
        assert places == await of(sandbox, "jobs", "locations", place) > 0
        roles = await found.value("SELECT count(*) FROM job WHERE category = 'Alchemy'")
        assert roles == await of(sandbox, "jobs", "role", role) > 0
        if not refused:
            assert report.counts(Stream.TALENTS).fetched < 60
        again = await found.sync()
        assert again.counts(Stream.TALENTS).fetched < 20
        assert "filter_ignored" not in {one.code for one in (*report.warnings, *again.warnings)}


async def of(sandbox: SandboxServer, kind: str, relation: str, record: int) -> int:
    """Return the number of records of a kind that refer to the given one."""
    found = [one["relationships"].get(relation) or [] for one in await truth(sandbox, kind)]
    return sum(str(record) in one for one in found)


@pytest.mark.long
async def test_a_reconcile_remaps_a_job_whose_location_was_renamed(
    database_url: str,
) -> None:
    async with run_sandbox(talents=10, seed=11, switches={"rate_limit": False}) as sandbox:
        found = await company(database_url, base_url=sandbox.base_url)
        await found.sync()
        for place in list(sandbox.world.ids("locations")):
            await sandbox.change("edit", "locations", place, attributes={"city": "Nantes"})

        await found.sync(Mode.RECONCILE)

        cities = await found.rows("SELECT DISTINCT city FROM job_location")
        assert cities == [("Nantes",)]
