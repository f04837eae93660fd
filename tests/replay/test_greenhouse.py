"""Syncs of the second Greenhouse, field by field; the contract suite covers ids and modes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from contracts.companies import assert_equal, synced
from contracts.harness import Harness, Replay, start
from contracts.vendors.greenhouse import GREENHOUSE_REPLAY
from replay.greenhouse import Harvest

from jemmo.connectors.registry import connector_for
from jemmo.domain.streams import Mode, Stream


@pytest.fixture
async def ats() -> AsyncIterator[Harness]:
    async with start(GREENHOUSE_REPLAY, talents=40) as harness:
        yield harness


@pytest.fixture
def account(ats: Harness) -> Harvest:
    """Return the server itself, for changes without the API."""
    assert isinstance(ats, Replay)
    found: Harvest = ats.server
    return found


async def test_columns_and_relations_match_the_account(
    ats: Harness, account: Harvest, database_url: str
) -> None:
    found = await synced(ats, database_url)

    truth = account.expected()
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


async def test_pay_is_in_cents_and_zero_means_none(ats: Harness, database_url: str) -> None:
    found = await synced(ats, database_url)

    rows = await found.rows(
        "SELECT p.min, p.max, p.currency FROM job_compensation p JOIN job j ON j.id = p.job_id "
        "WHERE j.connection_id = {me}"
    )
    assert [tuple(row) for row in rows] == [(50_000, 65_000, "EUR")]


async def test_pay_that_changes_arrives_with_a_reconcile(
    ats: Harness, account: Harvest, database_url: str
) -> None:
    """Neither the job's date nor its post's date changes."""
    found = await synced(ats, database_url)
    [one] = [key for key, row in account.rows["pay_input_ranges"].items() if row["max_cents"]]
    account.edit("pay_input_ranges", one, max_cents=7_000_000)

    await found.sync(Mode.RECONCILE)

    pay = (
        "SELECT p.max FROM job_compensation p JOIN job j ON j.id = p.job_id "
        "WHERE j.connection_id = {me}"
    )
    assert await found.value(pay) == 70_000


async def test_a_token_that_expires_is_renewed_in_the_middle_of_a_sync(
    ats: Harness, account: Harvest, database_url: str
) -> None:
    account.token_serves = 4

    found = await synced(ats, database_url)

    assert len(account.tokens) > 2
    await assert_equal(ats, found)


@pytest.mark.parametrize("scope", ["candidates", "applications", "jobs", "pay_input_ranges"])
async def test_a_missing_scope_is_named(ats: Harness, account: Harvest, scope: str) -> None:
    account.scopes.remove(scope)
    connector = connector_for("greenhouse")
    options = {"pacing": "off", **ats.vendor.options}
    source = connector.open(connector.configure(ats.server.key, ats.base_url, options))
    report = await source.check()
    await source.close()
    missing = [one for one in report.checks if not one.ok]
    assert len(missing) == 1
    words = {"candidates": "talents"}.get(scope, scope.replace("_", " "))
    assert missing[0].name == f"read {words}"


async def test_a_credential_without_the_pay_scope_still_works(
    ats: Harness, account: Harvest, database_url: str
) -> None:
    account.scopes -= {"pay_input_ranges", "pay_inputs"}

    found = await synced(ats, database_url)

    await assert_equal(ats, found)


async def test_only_documented_requests_are_made(
    ats: Harness, account: Harvest, database_url: str
) -> None:
    """The server responds with 422 or 404 to anything else, which a fallback could hide."""
    found = await synced(ats, database_url)
    await found.sync()
    await found.sync(Mode.RECONCILE)

    assert account.odd == []
