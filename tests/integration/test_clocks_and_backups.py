"""Syncs stay correct after clock jumps, changes of daylight saving time, and restored older databases.

The clock is simulated, while the ATS, the database and the syncs are real.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.db import connections
from fakes.company import Company, company, in_thread
from fakes.processes import begin
from fakes.teamtailor_truth import assert_equal_to_truth, truth
from psycopg import sql

from jemmo import conninfo
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.services.connections import status
from jemmo.services.sync import schedule
from jemmo.store.models import Connection

pytestmark = pytest.mark.one_server

PARIS = ZoneInfo("Europe/Paris")
SEEN = "SELECT coalesce(sum(seen), 0) FROM checkpoint"


@pytest.fixture
async def ats() -> AsyncIterator[SandboxServer]:
    async with run_sandbox(talents=40, seed=5, switches={"rate_limit": False}) as server:
        yield server


async def connected(ats: SandboxServer, database_url: str) -> Company:
    return await company(
        database_url, base_url=ats.base_url, key=ats.key, options={"page_size": "10"}
    )


async def synced(found: Company, now: datetime, mode: Mode | None = None) -> RunReport:
    report = await found.sync(mode, now=lambda: now)
    assert report.status is RunStatus.SUCCEEDED, report
    return report


async def edit(ats: SandboxServer, found: Company, at: datetime, name: str) -> str:
    """Rename a talent at that time; return the id."""
    talent = max(await found.ids(Stream.TALENTS))
    moment = int(at.timestamp() * 1000)
    await ats.change("edit", "candidate", talent, attributes={"first-name": name}, at=moment)
    return talent


async def due(found: Company, now: datetime) -> bool:
    return found.id in {one.connection_id for one in await in_thread(lambda: schedule.due(now))}


async def due_at(found: Company) -> datetime:
    moment: datetime = await found.value("SELECT due_at FROM connection WHERE id = {me}")
    return moment


# --- a clock that jumps ---


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(hours=3), timedelta(days=400)])
@pytest.mark.sample(1)
async def test_a_clock_that_was_ahead_skips_nothing(
    ats: SandboxServer, database_url: str, ahead: timedelta
) -> None:
    """Changes between the true time and the stored one must not be skipped."""
    found = await connected(ats, database_url)
    await found.rows(  # the daily reconcile might become due meanwhile
        """UPDATE connection SET options = options || '{"full_sweep_cron": ""}'"""
    )
    now = datetime.now(UTC)
    await synced(found, now)
    await synced(found, now + ahead)
    assert await due_at(found) > now + ahead

    await edit(ats, found, now + timedelta(minutes=1), "Odile")
    again = await synced(found, now + timedelta(minutes=2))

    assert again.mode is (Mode.INITIAL if ahead > timedelta(minutes=15) else Mode.INCREMENTAL)
    await assert_equal_to_truth(ats, found)
    assert (await synced(found, now + timedelta(minutes=20))).mode is Mode.INCREMENTAL
    assert (await found.verify()).equal


async def test_the_schedule_continues_immediately_after_a_clock_was_a_year_ahead(
    ats: SandboxServer, database_url: str
) -> None:
    found = await connected(ats, database_url)
    now = datetime.now(UTC)
    await synced(found, now + timedelta(days=365))

    assert await due(found, now)
    await synced(found, now)
    assert now < await due_at(found) <= now + timedelta(hours=6.5)
    assert not await due(found, now)


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(hours=3), timedelta(days=400)])
@pytest.mark.sample(1)
async def test_a_clock_that_jumps_back_skips_nothing(
    ats: SandboxServer, database_url: str, back: timedelta
) -> None:
    found = await connected(ats, database_url)
    now = datetime.now(UTC)
    await synced(found, now)
    await edit(ats, found, now + timedelta(seconds=30), "Odile")

    await synced(found, now - back)
    await assert_equal_to_truth(ats, found)
    if await due_at(found) <= now:
        assert await due(found, now)

    await edit(ats, found, now + timedelta(minutes=1), "Nadia")
    await synced(found, now + timedelta(minutes=2))
    await assert_equal_to_truth(ats, found)
    assert (await found.verify()).equal


# --- an ATS whose clock is wrong ---


async def talent_named(found: Company, remote_id: str) -> str:
    return str((await found.record(Stream.TALENTS, remote_id))["first_name"])


@pytest.mark.parametrize("behind", [timedelta(minutes=40), timedelta(days=3)])
async def test_requests_use_the_clock_of_an_ats_that_is_behind(
    ats: SandboxServer, database_url: str, behind: timedelta
) -> None:
    ats.world.clock.advance(-behind.total_seconds())
    new = str(await ats.change("create", "candidate", attributes={"first-name": "Nadia"}))
    found = await connected(ats, database_url)
    first = await found.sync()
    assert "clock_off" in {one.code for one in first.warnings}

    await ats.change("edit", "candidate", new, attributes={"first-name": "Odile"})
    again = await found.sync()

    assert again.mode is Mode.INCREMENTAL
    assert await talent_named(found, new) == "Odile"
    (told,) = [one for one in again.warnings if one.code == "clock_off"]
    assert f"(-{behind.days * 24} h)" in told.message or "(-40 min)" in told.message
    (shown,) = await in_thread(status.overview)
    assert {"code": "clock_off", "message": told.message} in shown.warnings
    assert shown.last_success_at is not None
    assert datetime.now(UTC) - shown.last_success_at < timedelta(minutes=20)


@pytest.mark.long
async def test_no_edit_is_missed_permanently_after_an_ats_sets_its_clock_back(
    ats: SandboxServer, database_url: str
) -> None:
    ats.world.clock.advance(timedelta(days=2).total_seconds())
    new = str(await ats.change("create", "candidate", attributes={"first-name": "Nadia"}))
    found = await connected(ats, database_url)
    first = await found.sync()
    assert {"clock_off", "clock_ahead"} <= {one.code for one in first.warnings}

    ats.world.clock.advance(-timedelta(days=2).total_seconds())
    await ats.change("edit", "candidate", new, attributes={"first-name": "Odile"})
    assert (await found.verify()).streams[Stream.TALENTS].stale == [new]

    report = await found.sync(Mode.RECONCILE)

    assert report.status is RunStatus.SUCCEEDED, report
    assert await talent_named(found, new) == "Odile"
    assert (await found.verify()).equal
    await assert_equal_to_truth(ats, found)


@pytest.mark.parametrize("off", [timedelta(days=-400), timedelta(days=400)])
@pytest.mark.sample(1)
async def test_with_a_wrong_clock_a_comparison_deletes_exactly_the_missing_records(
    ats: SandboxServer, database_url: str, off: timedelta
) -> None:
    found = await connected(ats, database_url)
    now = datetime.now(UTC)
    await synced(found, now)
    gone = min(await found.ids(Stream.TALENTS))
    await ats.change("delete", "candidate", gone)

    await synced(found, now + off, Mode.RECONCILE)
    assert await found.ids(Stream.TALENTS) >= {one["id"] for one in await truth(ats, "candidates")}
    await synced(found, now + timedelta(minutes=1), Mode.RECONCILE)

    await assert_equal_to_truth(ats, found)
    buried = await found.rows("SELECT remote_id FROM talent WHERE remote_deleted_at IS NOT NULL")
    assert buried == [(gone,)]


# --- daylight-saving time ---


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    "noon_before",
    [
        pytest.param(datetime(2026, 3, 28, 12, tzinfo=PARIS), id="an hour is missing"),
        pytest.param(datetime(2026, 10, 24, 12, tzinfo=PARIS), id="an hour comes twice"),
    ],
)
async def test_syncs_start_on_time_across_clock_changes(
    ats: SandboxServer, database_url: str, noon_before: datetime
) -> None:
    """Two days with an interval of four hours and no syncs from 01:30 to 04:00 local time."""
    found = await connected(ats, database_url)
    await found.rows(
        "UPDATE organisation SET time_zone = 'Europe/Paris', "
        """schedule = '{"quiet": [{"start": "01:30:00", "end": "04:00:00"}]}'"""
    )
    await found.rows("UPDATE connection SET sync_every_hours = 4")
    moment, ends = noon_before.astimezone(UTC), noon_before.astimezone(UTC) + timedelta(days=2)
    starts: list[datetime] = []
    while moment < ends:
        await edit_if_there(ats, found, moment, f"Odile{len(starts)}")
        await synced(found, moment)
        starts.append(moment)
        after = await due_at(found)
        assert not await due(found, after - timedelta(seconds=1))
        assert await due(found, after)
        moment = after

    await assert_equal_to_truth(ats, found)
    for start in starts[1:]:
        wall = start.astimezone(PARIS).time().replace(tzinfo=None)
        assert not (wall.hour, wall.minute) >= (1, 30) or wall.hour >= 4, start
    gaps = [later - earlier for earlier, later in pairwise(starts[1:])]
    # A sync due at their start waits for the whole quiet hours, which last three and a half if an hour repeats.
    assert all(timedelta(0) < gap <= timedelta(hours=4 + 3.5) for gap in gaps), gaps
    assert len(starts) >= 11


async def edit_if_there(ats: SandboxServer, found: Company, at: datetime, name: str) -> None:
    if await found.ids(Stream.TALENTS):
        await edit(ats, found, at - timedelta(minutes=1), name)


# --- a restored older database ---


class Backups:
    """Copies of the test's database."""

    def __init__(self, postgres_url: str, database_url: str) -> None:
        self._server = postgres_url
        self._url = database_url
        self._made: list[str] = []

    async def take(self) -> str:
        """Copy the current database, without open connections; return the copy's URL."""
        name = conninfo.parse(self._url)["dbname"]
        copy = f"{name}_{len(self._made)}"
        await in_thread(connections.close_all)
        async with await psycopg.AsyncConnection.connect(self._server, autocommit=True) as server:
            await self._alone(server, name)
            await server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(copy), sql.Identifier(name)
                )
            )
        self._made.append(copy)
        return conninfo.changed(self._url, dbname=copy)

    async def _alone(self, server: psycopg.AsyncConnection, name: str) -> None:
        while True:
            answer = await server.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s",
                [name],
            )
            row = await answer.fetchone()
            if not row or not row[0]:
                return

    def drop(self) -> None:
        with psycopg.connect(self._server, autocommit=True) as server:
            for name in self._made:
                server.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                )


@pytest.fixture
def backups(postgres_url: str, database_url: str) -> Iterator[Backups]:
    made = Backups(postgres_url, database_url)
    yield made
    made.drop()


async def change_much(ats: SandboxServer, found: Company) -> None:
    """Make the changes that an ATS has after a backup: edits, new talents, deletions."""
    talents = sorted(await found.ids(Stream.TALENTS))
    for talent in talents[:5]:
        await ats.change("edit", "candidate", talent, attributes={"first-name": "Odile"})
    for talent in talents[5:8]:
        await ats.change("delete", "candidate", talent)
    for number in range(3):
        await ats.change("create", "candidate", attributes={"first-name": f"Nadia{number}"})


async def test_a_restored_older_database_catches_up(
    ats: SandboxServer, database_url: str, backups: Backups
) -> None:
    found = await connected(ats, database_url)
    await found.sync()
    copy = await backups.take()
    await change_much(ats, found)
    await found.sync()
    await found.sync(Mode.RECONCILE)
    await assert_equal_to_truth(ats, found)
    later = datetime.now(UTC) + timedelta(days=1)

    restored = Company(copy, found.id)
    first = await restored.sync()
    assert first.mode is Mode.INCREMENTAL
    assert first.counts(Stream.TALENTS).fetched >= 8
    daily = await synced(restored, later)

    assert daily.mode is Mode.RECONCILE
    await assert_equal_to_truth(ats, restored)
    assert (await restored.verify()).equal
    assert await restored.value("SELECT count(*) FROM talent") == await restored.value(
        "SELECT count(DISTINCT remote_id) FROM talent"
    )


@pytest.mark.long
async def test_a_database_restored_from_the_middle_of_a_sync_finishes_it(
    ats: SandboxServer, database_url: str, backups: Backups
) -> None:
    """Nobody holds its lease, its run is unfinished, and its webhooks and tasks are old."""
    found = await connected(ats, database_url)
    ats.faults.set("hold=/v1/candidates:3")
    running = await begin("sync", "--org", "acme", "--json")
    while await found.value(SEEN) < 20:
        await asyncio.sleep(0)
    running.kill()
    await running.communicate()
    ats.faults.set("")
    copy = await backups.take()
    await found.sync()
    await change_much(ats, found)

    restored = Company(copy, found.id)
    report = await restored.sync()

    assert report.mode is Mode.INITIAL
    assert report.status is RunStatus.SUCCEEDED, report
    await synced(restored, datetime.now(UTC), Mode.RECONCILE)
    await assert_equal_to_truth(ats, restored)
    runs = await restored.rows("SELECT status FROM sync_run ORDER BY started_at")
    assert [row[0] for row in runs] == ["failed", "succeeded", "succeeded"]


async def test_a_schedule_restored_from_long_ago_starts_each_sync_once(
    ats: SandboxServer, database_url: str
) -> None:
    """However long the interruption, only one sync starts."""
    found = await connected(ats, database_url)
    await found.sync()
    await found.rows("UPDATE connection SET due_at = now() - interval '90 days'")

    def start() -> list[int]:
        return [schedule.start_due(datetime.now(UTC)) for _ in range(3)]

    assert await in_thread(start) == [1, 0, 0]
    assert await found.value("SELECT count(*) FROM procrastinate_jobs") == 1
    assert await in_thread(Connection.objects.count) == 1
