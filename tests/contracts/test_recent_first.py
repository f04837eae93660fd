"""A first sync shows recently active people early, and has the same result as one in the usual order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count

import psycopg
import pytest
from contracts.companies import assert_equal, connected
from contracts.harness import Harness, Vendor, start
from contracts.vendors.all import REPLAYS, VENDORS
from fakes.company import Company, adds_up, in_thread
from msgspec.structs import replace

from jemmo.connectors.by_offset import passes
from jemmo.connectors.greenhouse import newest
from jemmo.connectors.jsonapi import lists as jsonapi
from jemmo.connectors.registry import connector_for
from jemmo.domain import history
from jemmo.domain.outcomes import Counts, RunReport, RunStatus
from jemmo.domain.streams import RECENT, Checkpoint, Mode, Start, Stream, StreamSpec
from jemmo.pipeline import plan, run
from jemmo.services.sync.runner import sync_slice
from jemmo.store.models import Connection
from jemmo.store.sync.tables import TABLES
from jemmo.vault import default_vault

pytestmark = pytest.mark.sample(2)

EDITED = 40
MOST_SLICES = 300
SOME_MORE = 9
"""Additional requests for testing filters and for short lists: at most 5% of any account where this is worthwhile."""
TALENTS = 420
OLDER = "2022"  # Flatchr accounts whose rows don't show who is archived
VISIBLE = """SELECT t.remote_id FROM talent t WHERE t.connection_id = '{me}'
    AND t.excluded_reason IS NULL AND t.remote_deleted_at IS NULL"""
ACTIVE = f"""{VISIBLE} AND (t.remote_updated_at >= %s OR EXISTS (
    SELECT FROM application a WHERE a.talent_id = t.id AND a.status = 'ACTIVE' AND a.remote_updated_at >= %s))"""


def _can(vendor: Vendor) -> bool:
    return connector_for(vendor.name).capabilities.recent_first and vendor.edition != OLDER


@pytest.fixture(
    params=[one for one in (*VENDORS, *REPLAYS) if _can(one)], ids=lambda vendor: vendor.label
)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    found: Vendor = request.param
    return found


@pytest.fixture
async def ats(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Harness]:
    """An account with only long lists, in which some people from the middle have just changed."""
    monkeypatch.setattr(newest, "NEWEST_PAGES", 1)
    monkeypatch.setattr(passes, "MOST_PAGES_AT_ONCE", 1)
    monkeypatch.setattr(jsonapi, "MOST_PAGES_AT_ONCE", 1)
    async with start(vendor, talents=TALENTS) as harness:
        talents = sorted(await harness.truth(Stream.TALENTS))
        for talent in talents[:: len(talents) // EDITED]:
            await harness.edit_talent(talent)
        harness.forget_requests()
        yield harness


class Crash(Exception):
    """Simulates the end of the process."""


class Onlooker:
    """Records who is visible when the recent part has been read, and after how many requests."""

    def __init__(self, ats: Harness, found: Company, *, crashes: bool = False) -> None:
        self.ats, self.found, self.crashes = ats, found, crashes
        self.shown: set[str] | None = None
        self.requests = 0

    def update(self, stream: Stream, counts: Counts, checkpoint: Checkpoint) -> None:
        pass

    def recent_is_read(self) -> None:
        self.requests = self.ats.requests
        self.shown = _ids(self.found, VISIBLE)
        if self.crashes:
            raise Crash


def _ids(found: Company, query: str, *values: object) -> set[str]:
    with psycopg.connect(found.database_url) as db:
        asked = query.replace("{me}", str(found.id)).encode()
        return {row[0] for row in db.execute(asked, values)}


def _people(found: Company) -> set[str]:
    since = datetime.now(UTC) - RECENT
    return _ids(found, ACTIVE, since, since)


@contextmanager
def _all_in_one_go(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    begins = plan.start_of

    def start_of(spec: StreamSpec, point: Checkpoint) -> Start:
        return replace(begins(spec, point), recent=None)

    with monkeypatch.context() as patch:
        patch.setattr(run, "start_of", start_of)
        yield


async def _held(found: Company) -> dict[str, set[tuple[object, ...]]]:
    """Return the stored records of each stream: ids, content, and visibility."""
    held = {}
    for stream, table in TABLES.items():
        columns = "remote_id, content_hash, remote_deleted_at IS NULL"
        if stream in {Stream.JOBS, Stream.TALENTS}:
            columns += ", excluded_reason"
        rows = await found.rows(f"SELECT {columns} FROM {table.name} WHERE connection_id = {{me}}")
        held[str(stream)] = {tuple(row) for row in rows}
    links = await found.rows(
        "SELECT a.remote_id, t.remote_id, j.remote_id, s.remote_id FROM application a "
        "LEFT JOIN talent t ON t.id = a.talent_id LEFT JOIN job j ON j.id = a.job_id "
        "LEFT JOIN stage s ON s.id = a.stage_id WHERE a.connection_id = {me}"
    )
    return {**held, "links": {tuple(row) for row in links}}


def _limit(found: Company) -> None:
    connection = Connection.objects.get(id=found.id)
    years = {**connection.options, history.YEARS: "5"}
    connection.options = history.dated(years, connection.options, datetime.now(UTC).date())
    connection.save(update_fields=["options"])


async def test_active_people_are_shown_early_and_the_result_is_the_same(
    ats: Harness, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _all_in_one_go(monkeypatch):
        before = await connected(ats, database_url, org="before")
        asked_before = (await before.sync()).requests
    found = await connected(ats, database_url)
    onlooker = Onlooker(ats, found)
    ats.forget_requests()

    report = await found.sync(progress=onlooker)

    assert report.status is RunStatus.SUCCEEDED, report
    assert report.recent_ready
    assert adds_up(report), report
    people = _people(found)
    assert onlooker.shown is not None
    assert len(people) >= 10
    assert len(people & onlooker.shown) > 0.9 * len(people)
    assert onlooker.requests < report.requests - 2
    assert report.requests <= 1.05 * asked_before + SOME_MORE
    assert await _held(found) == await _held(before)
    await assert_equal(ats, found)


async def test_a_sync_killed_after_the_recent_part_continues(
    ats: Harness, database_url: str
) -> None:
    found = await connected(ats, database_url)
    with pytest.raises(Crash):
        await found.sync(progress=Onlooker(ats, found, crashes=True))

    report: RunReport = await found.sync()

    assert (report.mode, report.status) == (Mode.INITIAL, RunStatus.SUCCEEDED), report
    await assert_equal(ats, found)
    assert (await found.verify()).equal


@pytest.mark.parametrize("pages", [pytest.param(1, marks=pytest.mark.long), 4])
async def test_a_sync_stopped_every_few_pages_finishes(
    ats: Harness, database_url: str, pages: int
) -> None:
    found = await connected(ats, database_url)
    slices, hold, read = 0, None, count(1)
    while True:
        done = await sync_slice(
            found.id,
            database_url=database_url,
            vault=default_vault(),
            goes_on=hold,
            slice_over=lambda _: next(read) % pages == 0,
        )
        slices, hold, report = slices + 1, done.hold, done.report
        if done.ended or slices == MOST_SLICES:
            break

    assert (report.mode, report.status) == (Mode.INITIAL, RunStatus.SUCCEEDED), slices
    assert slices > 1
    await assert_equal(ats, found)
    assert (await found.verify()).equal


async def test_recent_first_is_announced_for_limited_histories_only_if_true(
    ats: Harness, database_url: str
) -> None:
    connector = connector_for(ats.vendor.name)
    found = await connected(ats, database_url)
    await in_thread(lambda: _limit(found))
    onlooker = Onlooker(ats, found)

    report = await found.sync(progress=onlooker)

    assert report.status is RunStatus.SUCCEEDED, report
    is_early = onlooker.shown is not None and onlooker.requests < report.requests - 2
    assert is_early == connector.recent_with_history
