"""Tests that every connector must pass. ``harness.py`` explains how to add a vendor."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from contracts.companies import assert_equal, assert_shown, connected, synced
from contracts.harness import Harness, Vendor, start
from contracts.vendors.all import REPLAYS, VENDORS
from fakes.company import Company, adds_up
from fakes.running import in_order, run_source

from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import ConfigError, FailureMode
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.ports import Source
from jemmo.domain.streams import Mode, Stream

pytestmark = pytest.mark.sample(2)


@pytest.fixture(params=[*VENDORS, *REPLAYS], ids=lambda vendor: vendor.label)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    found: Vendor = request.param
    return found


@pytest.fixture
async def ats(vendor: Vendor) -> AsyncIterator[Harness]:
    async with start(vendor) as harness:
        yield harness


def can(vendor: Vendor, fault: str) -> None:
    if fault not in vendor.faults:
        pytest.skip(f"the sandbox of {vendor.name} cannot misbehave so")


def fetched(report: RunReport) -> int:
    """Return the number of records that a run read, over all streams."""
    return sum(counts.fetched for counts in report.streams.values())


def opened(ats: Harness, key: str | None = None) -> Source:
    connector = connector_for(ats.vendor.name)
    options = {"pacing": "off", **ats.vendor.options}
    return connector.open(connector.configure(key or ats.server.key, ats.base_url, options))


async def test_the_first_sync_stores_and_counts_every_record_once(
    ats: Harness, database_url: str
) -> None:
    found = await connected(ats, database_url)

    report = await found.sync()

    assert (report.mode, report.status) == (Mode.INITIAL, RunStatus.SUCCEEDED), report
    assert adds_up(report), report
    await assert_equal(ats, found)
    assert (await found.verify()).equal


async def test_an_old_record_that_changes_arrives_with_the_next_incremental_sync(
    ats: Harness, database_url: str
) -> None:
    found = await synced(ats, database_url)
    talent = await ats.old_talent()
    await ats.edit_talent(talent)

    report = await found.sync()

    column, value = ats.vendor.shows
    assert (report.mode, report.status) == (Mode.INCREMENTAL, RunStatus.SUCCEEDED), report
    assert (await found.record(Stream.TALENTS, talent))[column] == value
    assert adds_up(report), report


async def test_a_new_record_arrives_with_the_next_incremental_sync(
    ats: Harness, database_url: str
) -> None:
    found = await synced(ats, database_url)
    talent = await ats.create_talent()

    report = await found.sync()

    assert report.mode is Mode.INCREMENTAL
    assert talent in await found.ids(Stream.TALENTS)
    assert (await found.verify()).equal


async def test_a_deleted_record_is_found_by_a_reconcile(ats: Harness, database_url: str) -> None:
    found = await synced(ats, database_url)
    talent = await ats.old_talent()
    await ats.delete_talent(talent)

    report = await found.sync(Mode.RECONCILE)

    assert report.status is RunStatus.SUCCEEDED, report
    assert report.streams[Stream.TALENTS].deleted == 1
    assert (await found.record(Stream.TALENTS, talent))["remote_deleted_at"] is not None
    await assert_equal(ats, found)


async def test_a_record_that_returns_after_its_deletion_is_restored(
    ats: Harness, database_url: str
) -> None:
    found = await synced(ats, database_url)
    talent = await ats.old_talent()
    await found.rows("UPDATE talent SET remote_deleted_at = now() WHERE remote_id = %s", talent)

    await found.sync(Mode.RECONCILE)

    assert talent in await found.ids(Stream.TALENTS)


async def test_records_that_shift_during_a_read_are_all_stored_after_a_reconcile(
    ats: Harness, database_url: str
) -> None:
    can(ats.vendor, "shifting")
    found = await connected(ats, database_url)
    ats.fault("shifting")
    first = await found.sync()
    assert first.status in {RunStatus.SUCCEEDED, RunStatus.PARTIAL}, first
    ats.behave()

    report = await found.sync(Mode.RECONCILE)

    assert report.status is RunStatus.SUCCEEDED, report
    await assert_equal(ats, found)
    assert (await found.verify()).equal


async def test_no_existing_record_is_deleted_while_the_ats_shifts(
    ats: Harness, database_url: str
) -> None:
    can(ats.vendor, "shifting")
    found = await synced(ats, database_url)
    ats.fault("shifting")

    await found.sync(Mode.RECONCILE)

    held = await found.rows(
        "SELECT remote_id FROM talent WHERE connection_id = {me} AND remote_deleted_at IS NOT NULL"
    )
    assert not {row[0] for row in held} & set(await ats.truth(Stream.TALENTS))


async def test_records_repeated_on_the_next_page_are_stored_once(
    ats: Harness, database_url: str
) -> None:
    can(ats.vendor, "duplicates")
    found = await connected(ats, database_url)
    ats.fault("duplicates")

    report = await found.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    assert ats.requests > len(ats.vendor.kinds), "a second page is where a record can come again"
    assert adds_up(report), report
    await assert_equal(ats, found)


@pytest.mark.sample("jarvi-replay")
async def test_a_storm_of_refusals_is_waited_out(vendor: Vendor, database_url: str) -> None:
    can(vendor, "storm")
    async with start(vendor, talents=20) as ats:
        found = await connected(ats, database_url)
        ats.fault("storm", 0.4)  # affects the third request, which every vendor's first sync makes

        report = await found.sync()

        assert report.status is RunStatus.SUCCEEDED, report
        assert ats.statuses[429] > 0
        await assert_equal(ats, found)


async def test_a_key_that_expires_midway_ends_in_a_clear_error_and_a_pause(
    ats: Harness, database_url: str
) -> None:
    can(ats.vendor, "expires")
    found = await connected(ats, database_url)
    ats.fault("expires", 1)  # three requests may be enough for a small company

    report = await found.sync()

    assert report.status is RunStatus.FAILED
    assert report.failure is FailureMode.CONFIG
    assert report.error is not None
    assert report.error["code"] == "key_refused"
    assert report.error["next_step"]
    assert await found.state() == "refused"


async def test_an_interrupted_run_resumes_where_it_stopped(
    vendor: Vendor, database_url: str
) -> None:
    can(vendor, "expires")
    async with start(vendor, talents=300) as ats:
        whole = await (await connected(ats, database_url, org="whole")).sync()
        found = await connected(ats, database_url)
        # How often streams share responses depends on timing; a third is less than any complete run.
        ats.fault("expires", whole.requests // 3)
        broken: RunReport = await found.sync()
        ats.behave()

        report = await found.sync()

        assert report.status is RunStatus.SUCCEEDED, report
        assert report.mode is Mode.INITIAL
        assert broken.failure is FailureMode.CONFIG
        assert fetched(broken) > 0
        # Nothing already written is read again, except the overlap at a window's edges.
        assert fetched(broken) + fetched(report) <= fetched(whole) + 10
        assert await found.state() == "active"
        await assert_equal(ats, found)


async def test_a_key_with_too_few_permissions_lists_the_missing_ones(vendor: Vendor) -> None:
    if vendor.small_key is None:
        pytest.skip(f"keys of {vendor.name} have no scopes")
    async with start(vendor, talents=5, keys={"small-key": vendor.small_key}) as ats:
        source = opened(ats, "small-key")
        try:
            report = await source.check()
        except ConfigError as error:
            assert error.code == "scope_too_small"
        else:
            missing = [check for check in report.checks if not check.ok]
            assert missing
            assert all(check.detail for check in missing)
        finally:
            await source.close()


async def test_the_declared_permissions_are_tested(vendor: Vendor, ats: Harness) -> None:
    source = opened(ats)
    report = await source.check()
    await source.close()
    assert {check.name for check in report.checks} == set(connector_for(vendor.name).rights)


async def test_a_wrong_key_is_refused_with_the_next_step(ats: Harness) -> None:
    source = opened(ats, "not-the-key")
    with pytest.raises(ConfigError) as raised:
        await source.check()
    await source.close()
    assert raised.value.code == "key_refused"
    assert "not-the-key" not in raised.value.message + raised.value.next_step


async def test_an_empty_account_is_synced_to_nothing(vendor: Vendor, database_url: str) -> None:
    async with start(vendor, talents=0) as ats:
        found = await connected(ats, database_url)

        for mode in (Mode.INITIAL, Mode.INCREMENTAL, Mode.RECONCILE):
            report = await found.sync(mode)
            assert report.status is RunStatus.SUCCEEDED, report

        assert await found.ids(Stream.TALENTS) == set()
        first = await ats.create_talent()
        await found.sync()
        assert await found.ids(Stream.TALENTS) == {first}


async def test_unknown_values_are_stored_unchanged_and_counted(
    ats: Harness, database_url: str
) -> None:
    put = [(await ats.put(what), what) for what in ats.vendor.odd]

    found = await connected(ats, database_url)
    report = await found.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    counted = [one for one in report.warnings if one.code.startswith("unknown_value")]
    assert len(counted) == sum(one.count for one in counted) == len(put) > 0, counted
    assert sorted(one.example or "" for one in counted) == sorted(key for key, _ in put)
    for remote_id, what in put:
        await assert_shown(found, remote_id, what)


async def test_no_request_is_made_for_each_record(vendor: Vendor, database_url: str) -> None:
    async with start(vendor, talents=300) as ats:
        found = await connected(ats, database_url)

        report = await found.sync()

        records = sum([len(await ats.truth(stream)) for stream in vendor.kinds])
        assert report.requests <= records / vendor.per_page + vendor.overhead
        assert report.requests == ats.requests


async def test_an_unchanged_account_costs_a_handful_of_requests(
    ats: Harness, database_url: str
) -> None:
    found = await synced(ats, database_url)
    ats.forget_requests()

    report = await found.sync()

    assert report.mode is Mode.INCREMENTAL
    assert ats.requests <= ats.vendor.handful
    assert all(one.created == one.updated == 0 for one in report.streams.values()), report


async def test_streams_read_in_the_wrong_order_end_in_the_same_relations(
    ats: Harness, database_url: str
) -> None:
    right = await connected(ats, database_url, org="right")
    await right.sync()
    wrong = await connected(ats, database_url, org="wrong")
    source = opened(ats)

    report = await run_source(in_order(source, list(reversed(source.streams))), wrong)

    assert report.status is RunStatus.SUCCEEDED, report
    assert await relations(wrong) == await relations(right)
    assert await wrong.value("SELECT count(*) FROM pending_link WHERE connection_id = {me}") == 0


async def relations(found: Company) -> list[object]:
    applications = await found.rows(
        "SELECT a.remote_id, t.remote_id, j.remote_id, s.remote_id, t.excluded_reason FROM application a "
        "LEFT JOIN talent t ON t.id = a.talent_id LEFT JOIN job j ON j.id = a.job_id "
        "LEFT JOIN stage s ON s.id = a.stage_id WHERE a.connection_id = {me} ORDER BY 1"
    )
    jobs = await found.rows(
        "SELECT j.remote_id, d.remote_id, u.remote_id, j.excluded_reason FROM job j "
        "LEFT JOIN department d ON d.id = j.department_id LEFT JOIN ats_user u ON u.id = j.recruiter_id "
        "WHERE j.connection_id = {me} ORDER BY 1"
    )
    talents = await found.rows(
        "SELECT remote_id, excluded_reason FROM talent WHERE connection_id = {me} ORDER BY 1"
    )
    return [*applications, *jobs, *talents]
