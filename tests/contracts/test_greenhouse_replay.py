"""Greenhouse once more, against a server written from the vendor's reference alone.

``test_every_connector.py`` runs against our own sandbox, which shares its author's reading of the documentation
with the connector. This one does not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fakes.company import Company, adds_up, company
from replay.greenhouse import CLIENT_ID, SECRET, Harvest, harvest
from replay.greenhouse_account import fill

from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import ConfigError, FailureMode
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.ports import Source
from jemmo.domain.streams import Mode, Stream

OPTIONS = {"client_id": CLIENT_ID, "page_size": "20"}


@pytest.fixture
async def ats() -> AsyncIterator[Harvest]:
    async with harvest(fill) as account:
        yield account


async def connected(ats: Harvest, database_url: str) -> Company:
    return await company(
        database_url, base_url=ats.url, key=SECRET, provider="greenhouse", options=OPTIONS
    )


async def synced(ats: Harvest, database_url: str) -> Company:
    found = await connected(ats, database_url)
    report = await found.sync()
    assert report.status is RunStatus.SUCCEEDED, report
    return found


def opened(ats: Harvest, key: str = SECRET) -> Source:
    connector = connector_for("greenhouse")
    return connector.open(connector.configure(key, ats.url, {"pacing": "off", **OPTIONS}))


async def assert_equal(ats: Harvest, found: Company) -> None:
    for name, records in ats.truth().items():
        assert await found.ids(Stream(name)) == set(records), name


def middle(ats: Harvest) -> int:
    return sorted(ats.rows["candidates"])[len(ats.rows["candidates"]) // 2]


async def test_a_first_sync_holds_what_the_account_holds(ats: Harvest, database_url: str) -> None:
    found = await connected(ats, database_url)

    report = await found.sync()

    assert (report.mode, report.status) == (Mode.INITIAL, RunStatus.SUCCEEDED), report
    assert adds_up(report), report
    await assert_equal(ats, found)
    assert (await found.verify()).equal


async def test_columns_and_relations_are_the_accounts(ats: Harvest, database_url: str) -> None:
    found = await synced(ats, database_url)

    truth = ats.truth()
    for remote_id, expected in truth["talents"].items():
        record = await found.record(Stream.TALENTS, remote_id)
        assert {name: record[name] for name in expected} == expected
    for remote_id, expected in truth["jobs"].items():
        record = await found.record(Stream.JOBS, remote_id)
        assert {name: record[name] for name in expected} == expected
    rows = await found.rows(
        "SELECT a.remote_id, t.remote_id, j.remote_id, s.remote_id, r.remote_id FROM application a "
        "LEFT JOIN talent t ON t.id = a.talent_id LEFT JOIN job j ON j.id = a.job_id "
        "LEFT JOIN stage s ON s.id = a.stage_id LEFT JOIN reject_reason r ON r.id = a.reject_reason_id "
        "WHERE a.connection_id = {me}"
    )
    held = {
        key: {"talent": talent, "job": job, "stage": stage, "reason": reason}
        for key, talent, job, stage, reason in rows
    }
    assert held == truth["applications"]
    assert await found.value("SELECT count(*) FROM pending_link WHERE connection_id = {me}") == 0


async def test_pay_is_read_from_cents_and_zeros_are_none(ats: Harvest, database_url: str) -> None:
    found = await synced(ats, database_url)

    rows = await found.rows(
        "SELECT p.min, p.max, p.currency FROM job_compensation p JOIN job j ON j.id = p.job_id "
        "WHERE j.connection_id = {me}"
    )
    assert [tuple(row) for row in rows] == [(50_000, 65_000, "EUR")]


async def test_pay_that_changes_arrives_with_a_reconcile(ats: Harvest, database_url: str) -> None:
    """The date of the job does not move, nor that of its post."""
    found = await synced(ats, database_url)
    [one] = [key for key, row in ats.rows["pay_input_ranges"].items() if row["max_cents"]]
    ats.edit("pay_input_ranges", one, max_cents=7_000_000)

    await found.sync(Mode.RECONCILE)

    pay = (
        "SELECT p.max FROM job_compensation p JOIN job j ON j.id = p.job_id "
        "WHERE j.connection_id = {me}"
    )
    assert await found.value(pay) == 70_000


async def test_an_edit_and_a_new_person_arrive_with_the_next_sync(
    ats: Harvest, database_url: str
) -> None:
    found = await synced(ats, database_url)
    old = middle(ats)
    ats.edit("candidates", old, title="Dresseuse de données")
    fresh = ats.add("candidates", **ats.rows["candidates"][old])
    ats.edit("candidates", fresh, first_name="Nadia")

    report = await found.sync()

    assert (report.mode, report.status) == (Mode.INCREMENTAL, RunStatus.SUCCEEDED), report
    assert (await found.record(Stream.TALENTS, str(old)))["current_title"] == "Dresseuse de données"
    assert str(fresh) in await found.ids(Stream.TALENTS)
    assert (await found.verify()).equal


async def test_a_deleted_person_goes_with_the_next_reconcile(
    ats: Harvest, database_url: str
) -> None:
    found = await synced(ats, database_url)
    gone = middle(ats)
    ats.delete_candidate(gone)

    report = await found.sync(Mode.RECONCILE)

    assert report.status is RunStatus.SUCCEEDED, report
    assert (await found.record(Stream.TALENTS, str(gone)))["remote_deleted_at"] is not None
    await assert_equal(ats, found)


async def test_a_token_that_expires_is_renewed_in_the_middle_of_a_sync(
    ats: Harvest, database_url: str
) -> None:
    ats.token_serves = 4

    found = await synced(ats, database_url)

    assert len(ats.tokens) > 2
    await assert_equal(ats, found)


async def test_a_sync_goes_on_after_too_many_requests(ats: Harvest, database_url: str) -> None:
    found = await connected(ats, database_url)
    ats.throttled = 2

    report = await found.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    await assert_equal(ats, found)


async def test_a_sync_that_broke_off_is_taken_up_where_it_stopped(database_url: str) -> None:
    async with harvest(lambda made: fill(made, 200)) as ats:
        found = await connected(ats, database_url)
        ats.revoke_at = 30
        broken = await found.sync()
        ats.revoke_at = None

        report = await found.sync()

        assert broken.failure is FailureMode.CONFIG, broken
        assert any(one.fetched for one in broken.streams.values())
        assert (report.mode, report.status) == (Mode.INITIAL, RunStatus.SUCCEEDED), report
        read = sum(one.fetched for run in (broken, report) for one in run.streams.values())
        assert read <= sum(map(len, ats.truth().values())) + 10
        await assert_equal(ats, found)


async def test_a_wrong_secret_is_refused(ats: Harvest) -> None:
    source = opened(ats, "not-the-secret")
    with pytest.raises(ConfigError) as raised:
        await source.check()
    await source.close()
    assert raised.value.code == "key_refused"


@pytest.mark.parametrize("scope", ["candidates", "applications", "jobs", "pay_input_ranges"])
async def test_a_missing_scope_is_named(ats: Harvest, scope: str) -> None:
    ats.scopes.remove(scope)
    source = opened(ats)
    report = await source.check()
    await source.close()
    missing = [one for one in report.checks if not one.ok]
    assert len(missing) == 1
    words = {"candidates": "talents"}.get(scope, scope.replace("_", " "))
    assert missing[0].name == f"read {words}"


async def test_a_credential_from_before_pay_was_read_goes_on_without(
    ats: Harvest, database_url: str
) -> None:
    ats.scopes -= {"pay_input_ranges", "pay_inputs"}

    found = await synced(ats, database_url)

    await assert_equal(ats, found)


async def test_an_account_that_holds_nobody_is_synced_to_nobody(database_url: str) -> None:
    async with harvest(lambda made: fill(made, 0)) as ats:
        found = await synced(ats, database_url)

        await found.sync(Mode.RECONCILE)

        await assert_equal(ats, found)


async def test_nothing_is_asked_that_the_reference_does_not_name(
    ats: Harvest, database_url: str
) -> None:
    """The server answers 422 or 404 to anything else, which a fallback could hide."""
    found = await synced(ats, database_url)
    await found.sync()
    await found.sync(Mode.RECONCILE)

    assert ats.odd == []
