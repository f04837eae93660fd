"""Faults of Teamtailor lead to clear errors or counted rejections, and the next sync recovers."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from connectors.teamtailor.conftest import Connect
from fakes.company import adds_up
from fakes.teamtailor_truth import assert_equal_to_truth, truth

from jemmo.domain.errors import FailureMode
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream
from jemmo.rest_client import client
from jemmo.sandbox.teamtailor import lookups

SURVIVED = ["flaky5xx", "html", "truncated", "cut_json", "flaky5xx,html=0.1,cut_json=0.1"]
DEADLY = [
    ("flaky5xx=1", "ats_unavailable", FailureMode.TRANSIENT),
    ("html=1", "not_an_api", FailureMode.PERMANENT),
    ("truncated=1", "connection_lost", FailureMode.TRANSIENT),
    ("cut_json=1", "broken_answer", FailureMode.TRANSIENT),
    ("stall=1", "timeout", FailureMode.TRANSIENT),
    ("page_repeat", "page_repeats", FailureMode.PERMANENT),
    ("foreign_next", "foreign_link", FailureMode.PERMANENT),
    ("expired_key=0", "key_refused", FailureMode.CONFIG),
    ("expired_key=12", "key_refused", FailureMode.CONFIG),
]
ODD_RECORDS = [
    *("nulls", "nulls=1", "wrong_types", "wrong_types=1", "huge", "nasty_text=1", "bad_dates=1"),
    *("record_without_id", "orphans", "nulls,wrong_types,nasty_text,bad_dates,orphans"),
]


@pytest.mark.sample(2)
@pytest.mark.parametrize("fault", SURVIVED)
@pytest.mark.usefixtures("no_retry_pauses")
async def test_occasional_failures_are_retried(connect: Connect, fault: str) -> None:
    sandbox, company = await connect(faults=fault)

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    assert report.requests > len(report.streams)
    sandbox.faults.set("")
    await assert_equal_to_truth(sandbox, company)


@pytest.mark.parametrize(("fault", "code", "failure"), DEADLY, ids=lambda value: str(value))
@pytest.mark.sample(3)
@pytest.mark.usefixtures("no_retry_pauses")
async def test_a_persistent_failure_is_reported_and_the_next_sync_recovers(
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    code: str,
    failure: FailureMode,
) -> None:
    if "stall" in fault:
        monkeypatch.setattr(client, "_TIMEOUT", aiohttp.ClientTimeout(sock_read=0.1))
    sandbox, company = await connect(faults=fault)

    report = await company.sync()

    assert (report.status, report.failure) == (RunStatus.FAILED, failure), report
    assert report.error is not None
    assert report.error["code"] == code
    assert report.error["message"]
    assert report.error["next_step"]
    assert sandbox.key not in str(report.error)
    assert await company.value("SELECT count(*) FROM lease") == 0
    sandbox.faults.set("")
    again = await company.sync()
    assert (again.mode, again.status) == (Mode.INITIAL, RunStatus.SUCCEEDED), again
    await assert_equal_to_truth(sandbox, company)


@pytest.mark.parametrize("fault", ["flaky5xx=1", "page_repeat", "foreign_next", "expired_key=6"])
@pytest.mark.sample(1)
@pytest.mark.usefixtures("no_retry_pauses")
async def test_an_interrupted_reconcile_deletes_nothing(connect: Connect, fault: str) -> None:
    sandbox, company = await connect()
    await company.sync()
    for record in sorted(sandbox.world.ids("candidates"))[:3]:
        await sandbox.change("delete", "candidates", record)
    sandbox.faults.set(fault)

    report = await company.sync(Mode.RECONCILE)

    assert report.status is RunStatus.FAILED, report
    assert await tombstones(company) == 0
    sandbox.faults.set("")
    again = await company.sync(Mode.RECONCILE)
    assert again.status is RunStatus.SUCCEEDED, again
    await assert_equal_to_truth(sandbox, company)


@pytest.mark.sample(3)
@pytest.mark.parametrize("fault", ODD_RECORDS)
async def test_odd_records_are_stored_or_rejected_and_counted(connect: Connect, fault: str) -> None:
    sandbox, company = await connect(faults=fault)

    report = await company.sync()

    assert report.status in {RunStatus.SUCCEEDED, RunStatus.PARTIAL}, report
    assert adds_up(report), report
    for stream, counts in report.streams.items():
        held = len(await company.ids(stream))
        assert held + counts.rejected == counts.fetched, stream
    sandbox.faults.set("")
    again = await company.sync(Mode.INITIAL)
    assert again.status is RunStatus.SUCCEEDED, again
    assert adds_up(again), again
    await assert_equal_to_truth(sandbox, company)
    query = "SELECT count(*) FROM rejection WHERE remote_id IS NOT NULL"
    assert await company.value(query) == 0


@pytest.mark.sample(1)
@pytest.mark.parametrize("mode", [Mode.INCREMENTAL, Mode.RECONCILE])
async def test_odd_records_break_no_mode(connect: Connect, mode: Mode) -> None:
    sandbox, company = await connect()
    await company.sync()
    for record in sorted(sandbox.world.ids("candidates")):
        await sandbox.change("edit", "candidates", record, attributes={"first-name": "Odile"})
    sandbox.faults.set("wrong_types=0.5,nasty_text=0.5,bad_dates=0.5,nulls=0.3")

    report = await company.sync(mode)

    assert report.status in {RunStatus.SUCCEEDED, RunStatus.PARTIAL}, report
    assert await tombstones(company) == 0


@pytest.mark.long
async def test_the_next_reconcile_reads_a_rejected_record_that_was_fixed(
    connect: Connect,
) -> None:
    sandbox, company = await connect(faults="nulls=1")
    first = await company.sync()
    assert sum(counts.rejected for counts in first.streams.values()) > 0
    sandbox.faults.set("")

    report = await company.sync(Mode.RECONCILE)

    assert report.status is RunStatus.SUCCEEDED, report
    assert await company.ids(Stream.JOBS) == {one["id"] for one in await truth(sandbox, "jobs")}
    assert await company.ids(Stream.STAGES) == {one["id"] for one in await truth(sandbox, "stages")}


async def test_a_count_that_is_too_high_makes_the_sync_partial_and_the_next_one_a_reconcile(
    connect: Connect,
) -> None:
    sandbox, company = await connect(faults="broken_count=7")

    report = await company.sync()

    assert report.status is RunStatus.PARTIAL, report
    assert {one.code for one in report.warnings} == {"not_proved_complete"}
    await assert_equal_to_truth(sandbox, company)
    sandbox.faults.set("")
    again = await company.sync()
    assert (again.mode, again.status) == (Mode.RECONCILE, RunStatus.SUCCEEDED), again
    assert (await company.sync()).mode is Mode.INCREMENTAL


async def test_nothing_is_deleted_while_the_count_proves_nothing(connect: Connect) -> None:
    sandbox, company = await connect()
    await company.sync()
    await sandbox.change("delete", "candidates", min(sandbox.world.ids("candidates")))
    sandbox.faults.set("broken_count=70")

    report = await company.sync(Mode.RECONCILE)

    assert report.status is RunStatus.PARTIAL, report
    assert await tombstones(company) == 0


async def test_a_count_that_is_always_off_by_one_is_reported_once_and_blocks_no_deletion(
    connect: Connect,
) -> None:
    sandbox, company = await connect(faults="broken_count=1")
    assert (await company.sync()).status is RunStatus.PARTIAL
    await sandbox.change("delete", "candidates", min(sandbox.world.ids("candidates")))

    report = await company.sync()

    assert (report.mode, report.status) == (Mode.RECONCILE, RunStatus.SUCCEEDED), report
    assert report.counts(Stream.TALENTS).deleted == 1
    assert report.warnings == []
    await assert_equal_to_truth(sandbox, company)
    for mode in (None, Mode.RECONCILE):
        again = await company.sync(mode)
        assert (again.status, again.warnings) == (RunStatus.SUCCEEDED, []), again
    assert (await company.sync()).mode is Mode.INCREMENTAL


@pytest.mark.long
async def test_a_count_newly_off_by_one_still_deletes_missing_people(
    connect: Connect,
) -> None:
    sandbox, company = await connect()
    await company.sync()
    await sandbox.change("delete", "candidates", min(sandbox.world.ids("candidates")))
    sandbox.faults.set("broken_count=1")

    report = await company.sync(Mode.RECONCILE)

    assert {one.code for one in report.warnings} == {"count_differs", "not_proved_complete"}
    await assert_equal_to_truth(sandbox, company)
    assert (await company.sync()).status is RunStatus.SUCCEEDED


async def test_the_key_is_not_sent_to_another_host(connect: Connect) -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4096))
        writer.close()

    listener = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    _, company = await connect(faults=f"foreign_next=http://localhost:{port}")

    report = await company.sync()

    listener.close()
    await listener.wait_closed()
    assert report.error is not None
    assert report.error["code"] == "foreign_link"
    assert heard == []


async def test_a_sync_continues_if_the_ats_moves_to_another_address(
    connect: Connect,
) -> None:
    sandbox, company = await connect(faults="expired_key=14", talents=200)
    assert (await company.sync()).status is RunStatus.FAILED
    moved, _ = await connect(talents=200, org="other")
    await company.move(moved.base_url)
    await company.rows("UPDATE connection SET state = 'active' WHERE id = {me}")

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    await assert_equal_to_truth(moved, company)


async def test_an_application_waits_for_its_missing_talent(
    connect: Connect,
) -> None:
    sandbox, company = await connect(faults="orphans=1")
    await company.sync()
    waiting = "SELECT count(*) FROM pending_link WHERE connection_id = {me}"
    assert await company.value(waiting) > 0
    assert (await company.verify()).broken_relations
    sandbox.faults.set("")

    await company.sync(Mode.INITIAL)

    assert await company.value(waiting) == 0
    assert not (await company.verify()).broken_relations
    await assert_equal_to_truth(sandbox, company)


async def tombstones(company: object) -> int:
    tables = ("job", "talent", "application", "stage", "department", "ats_user", "reject_reason")
    return sum(
        [
            await company.value(  # type: ignore[attr-defined]
                f"SELECT count(*) FROM {table} WHERE remote_deleted_at IS NOT NULL"
            )
            for table in tables
        ]
    )


async def test_a_department_without_a_name_is_rejected_and_its_jobs_are_not_broken(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = len(lookups.DEPARTMENTS)
    monkeypatch.setattr(lookups, "DEPARTMENTS", (" ",) * number)
    _, company = await connect()

    for mode in (Mode.INITIAL, Mode.INCREMENTAL, Mode.RECONCILE):
        report = await company.sync(mode)
        codes = {note.code.partition(":")[0] for note in report.warnings}
        verdict = await company.verify()

        assert verdict.streams[Stream.DEPARTMENTS].rejected == number
        assert await company.value(
            "SELECT count(*) FROM job WHERE connection_id = {me} "
            "AND department_remote_id IS NOT NULL AND department_id IS NULL"
        )
        assert verdict.equal, verdict.problems
        assert "dangling_relation" not in codes
