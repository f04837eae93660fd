"""A first sync reads recent changes before the rest; both parts together contain every record."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from connectors.teamtailor.conftest import Connect
from fakes.company import adds_up
from fakes.teamtailor_truth import assert_equal_to_truth, truth

from jemmo.connectors.jsonapi import lists
from jemmo.domain.outcomes import Counts, RunStatus
from jemmo.domain.streams import RECENT, Checkpoint, Mode, Stream
from jemmo.sandbox import SandboxServer

SMALL = {"page_size": "10"}
BOTH = (Stream.TALENTS, Stream.APPLICATIONS)
VISIBLE = "SELECT remote_id FROM talent WHERE connection_id = {me} AND excluded_reason IS NULL"


@pytest.fixture(autouse=True)
def _every_list_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST_PAGES_AT_ONCE", 2)
    monkeypatch.setattr(lists, "MOST_PAGES_OF_JOBS", 0)


class Onlooker:
    """Records the tables' content when the recent part has been read."""

    def __init__(self) -> None:
        self.points: dict[Stream, Checkpoint] = {}
        self.then: dict[Stream, Checkpoint] | None = None

    def update(self, stream: Stream, counts: Counts, checkpoint: Checkpoint) -> None:
        self.points[stream] = checkpoint

    def recent_is_read(self) -> None:
        self.then = dict(self.points)


class Crash(Exception):
    """Simulates the end of the process."""


class Meddler:
    """Randomly changes the account after each written page, and makes the sync crash now and then."""

    def __init__(self, sandbox: SandboxServer, seed: int) -> None:
        self.world = sandbox.world
        self.changes: Any = getattr(sandbox.provider, "changes")  # noqa: B009 - Teamtailor's own
        self.random = Random(seed)
        self.crashes = 3

    def update(self, stream: Stream, counts: Counts, checkpoint: Checkpoint) -> None:
        for _ in range(self.random.randrange(4)):
            self._meddle()
        if self.crashes and self.random.random() < 0.15:
            self.crashes -= 1
            raise Crash

    def recent_is_read(self) -> None:
        self._meddle()

    def _meddle(self) -> None:
        kind = self.random.choice(("candidates", "job-applications"))
        one = self.random.choice(list(self.world.ids(kind)))
        op = self.random.choice(("edit", "edit", "delete", "create"))
        if op == "create":
            self._do("create", "candidates", attributes={"first-name": "New"})
        elif op == "delete":
            self._do("delete", kind, id=one)
        else:
            name = "pitch" if kind == "candidates" else "cover-letter"
            self._do("edit", kind, id=one, attributes={name: str(self.random.random())})

    def _do(self, op: str, kind: str, **order: Any) -> None:
        self.changes.apply({"op": op, "type": kind, **order})


def _recent(records: list[dict[str, Any]]) -> set[str]:
    since = (datetime.now(UTC) - RECENT).timestamp() * 1000
    return {one["id"] for one in records if one["updated-at-ms"] >= since}


async def _talents_of(sandbox: SandboxServer, applications: set[str]) -> set[str]:
    every = await truth(sandbox, "job-applications")
    return {one["relationships"]["candidate"][0] for one in every if one["id"] in applications}


async def test_recent_records_are_stored_before_older_ones_are_read(connect: Connect) -> None:
    sandbox, company = await connect(talents=400, options=SMALL)
    onlooker = Onlooker()

    report = await company.sync(progress=onlooker)

    assert report.status is RunStatus.SUCCEEDED, report
    assert report.recent_ready
    assert adds_up(report), report
    assert not report.streams[Stream.TALENTS].unchanged
    assert onlooker.then is not None
    for stream, kind in ((Stream.TALENTS, "candidates"), (Stream.APPLICATIONS, "job-applications")):
        every = await truth(sandbox, kind)
        then, now = onlooker.then[stream], onlooker.points[stream]
        assert (
            len(_recent(every)) <= then.seen < len(_recent(every)) + 10
        )  # at most a page of the rest
        assert then.total == now.total == now.seen == len(every)
    await assert_equal_to_truth(sandbox, company)


@pytest.mark.long
async def test_a_recent_application_shows_its_talent_and_a_recent_talent_its_applications(
    connect: Connect,
) -> None:
    sandbox, company = await connect(talents=400, options=SMALL)

    class Stops(Onlooker):
        def recent_is_read(self) -> None:
            raise Crash

    with pytest.raises(Crash):
        await company.sync(progress=Stops())

    talents = _recent(await truth(sandbox, "candidates"))
    applications = _recent(await truth(sandbox, "job-applications"))
    held = await company.ids(Stream.TALENTS)
    assert talents | await _talents_of(sandbox, applications) <= held
    shown = {row[0] for row in await company.rows(VISIBLE)}
    await company.sync()
    shown_at_last = {row[0] for row in await company.rows(VISIBLE)}
    assert shown & talents == shown_at_last & talents
    await assert_equal_to_truth(sandbox, company)


@pytest.mark.sample(1)
@pytest.mark.parametrize("paging", ["number", "cursor_all"])
@pytest.mark.parametrize("seed", range(4))
async def test_the_next_syncs_complete_everything_after_changes_and_crashes(
    connect: Connect, seed: int, paging: str
) -> None:
    sandbox, company = await connect(talents=150, options=SMALL, switches={"paging": paging})
    meddler = Meddler(sandbox, seed)
    mode = Mode.INITIAL
    while mode is Mode.INITIAL:
        with suppress(Crash):
            mode = (await company.sync(progress=meddler)).mode

    edited = await company.sync(Mode.INCREMENTAL)
    assert edited.status is not RunStatus.FAILED, edited
    present = {one["id"] for one in await truth(sandbox, "candidates")}
    assert present <= await company.ids(Stream.TALENTS)
    report = await company.sync(Mode.RECONCILE)
    assert report.status is RunStatus.SUCCEEDED, report
    assert (await company.verify()).equal
    await assert_equal_to_truth(sandbox, company)


LACKS: list[dict[str, Any]] = [
    {"switches": {"refused": "filter:candidates.updated-at,filter:job-applications.updated-at"}},
    {"switches": {"refused": "sort:candidates,sort:job-applications"}},
    {"switches": {"refused": "include:candidates.job-applications"}},
    {"switches": {"bounds": "exclusive", "granularity": "s"}},
    {"faults": "broken_count=3"},
]


@pytest.mark.parametrize("given", LACKS, ids=str)
@pytest.mark.sample(2)
async def test_everything_is_read_whatever_the_account_refuses(
    connect: Connect, given: dict[str, Any]
) -> None:
    sandbox, company = await connect(talents=150, options=SMALL, **given)

    report = await company.sync()

    assert report.status in {RunStatus.SUCCEEDED, RunStatus.PARTIAL}, report
    for stream in BOTH:
        assert report.streams[stream].created + report.streams[stream].excluded > 0
    await company.sync(Mode.RECONCILE)
    await assert_equal_to_truth(sandbox, company)


async def test_an_ignored_filter_is_not_trusted(connect: Connect) -> None:
    sandbox, company = await connect(
        talents=150,
        options=SMALL,
        faults="unknown_filter_ignored",
        switches={"refused": "filter:candidates.updated-at"},
    )
    report = await company.sync()
    assert report.status is RunStatus.SUCCEEDED, report
    await assert_equal_to_truth(sandbox, company)


async def test_open_jobs_come_first(connect: Connect) -> None:
    sandbox, company = await connect(talents=400, options=SMALL)

    class Stops(Onlooker):
        def update(self, stream: Stream, counts: Counts, checkpoint: Checkpoint) -> None:
            if stream is Stream.STAGES:
                raise Crash

    with pytest.raises(Crash):
        await company.sync(progress=Stops())

    jobs = {one["id"]: one["attributes"]["human-status"] for one in await truth(sandbox, "jobs")}
    assert await company.ids(Stream.JOBS) == {key for key in jobs if jobs[key] == "published"}
    report = await company.sync()
    assert report.status is RunStatus.SUCCEEDED, report
    assert await company.ids(Stream.JOBS) == set(jobs)


async def test_a_small_account_costs_one_more_request_per_list(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_PAGES_AT_ONCE", 50)
    monkeypatch.setattr(lists, "MOST_PAGES_OF_JOBS", 5)
    _, company = await connect(talents=60)
    report = await company.sync()
    assert report.status is RunStatus.SUCCEEDED
    assert not report.recent_ready
