"""A reconcile of a large account runs in slices between other syncs, each continuing where the last one stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from fakes.company import Company, company
from fakes.running import run_slice, run_source
from fakes.source import FakeSource

from jemmo.domain.errors import TransientError
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.records import Record, Talent
from jemmo.domain.streams import Mode, Page, SightingPage, Start, Stream, StreamSpec
from jemmo.pipeline import reconcile

pytestmark = pytest.mark.one_server

TALENTS = (
    StreamSpec(
        name=Stream.TALENTS,
        cursor="updated",
        lag=timedelta(0),
        thin_sweep=True,
        finds_deletions=True,
    ),
)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
A_PAGE = 50


class Silent(FakeSource):
    """An ATS whose list of changes is always empty."""

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        if start.since is not None:
            yield Page(stream=stream, raw=[], map=lambda raw, _: raw.body)
            return
        async for page in super().pages(stream, start):
            yield page


def talents(numbers: Sequence[int]) -> dict[Stream, list[list[Record]]]:
    people: list[Record] = [
        Talent(remote_id=f"{n:04}", first_name="Lou", remote_updated_at=BEGAN) for n in numbers
    ]
    return {
        Stream.TALENTS: [people[n : n + A_PAGE] for n in range(0, len(people), A_PAGE)],
    }


async def in_slices(
    make: Callable[[], FakeSource], found: Company
) -> tuple[RunReport, list[FakeSource]]:
    """Run a reconcile with one page per slice; return its report, and the source of each slice."""
    sources: list[FakeSource] = []
    hold = None
    while True:
        sources.append(make())
        done = await run_slice(
            sources[-1], found, Mode.RECONCILE, goes_on=hold, slice_over=lambda: True
        )
        if done.ended:
            return done.report, sources
        hold = done.hold
        assert len(sources) < 300, "it does not come to an end"


async def held(found: Company) -> set[str]:
    rows = await found.rows("SELECT remote_id FROM talent WHERE remote_deleted_at IS NULL")
    return {row[0] for row in rows}


def swept(sources: list[FakeSource]) -> Counter[int]:
    return Counter(place for source in sources for _, place in source.swept)


async def connected(database_url: str) -> Company:
    return await company(database_url, base_url="http://127.0.0.1:1")


async def test_no_page_of_the_sweep_is_requested_twice(database_url: str) -> None:
    found = await connected(database_url)
    await run_source(FakeSource(talents(range(1000)), specs=TALENTS), found)
    left = talents(range(100, 1000))

    report, sources = await in_slices(lambda: FakeSource(left, specs=TALENTS), found)

    assert report.status is RunStatus.SUCCEEDED, report
    assert report.counts(Stream.TALENTS).deleted == 100
    assert await held(found) == {f"{n:04}" for n in range(100, 1000)}
    assert swept(sources) == dict.fromkeys(range(18), 1)
    assert len(sources) >= 18
    assert await found.value("SELECT count(DISTINCT id) FROM sync_run") == 2


@pytest.mark.long
async def test_a_second_sweep_and_a_full_read_continue_too(database_url: str) -> None:
    """There are too many missing and new records to request them by id."""
    found = await connected(database_url)
    await run_source(FakeSource(talents(range(2000)), specs=TALENTS), found)
    now_there = talents(range(210, 2250))

    report, sources = await in_slices(lambda: Silent(now_there, specs=TALENTS), found)

    assert report.status is RunStatus.SUCCEEDED, report
    read = Counter(place for source in sources for _, place in source.read)
    assert read == dict.fromkeys(range(41), 1)
    assert report.counts(Stream.TALENTS).deleted == 210
    assert await held(found) == {f"{n:04}" for n in range(210, 2250)}
    assert swept(sources) == dict.fromkeys(range(41), 2)


@pytest.mark.long
async def test_records_that_return_before_the_second_sweep_are_not_deleted(
    database_url: str,
) -> None:
    found = await connected(database_url)
    await run_source(FakeSource(talents(range(2000)), specs=TALENTS), found)
    worlds = [talents(range(210, 2000)), talents(range(2000))]

    def make() -> FakeSource:
        return FakeSource(worlds[0] if len(made) < 36 else worlds[1], specs=TALENTS)

    made: list[FakeSource] = []

    def counted() -> FakeSource:
        made.append(make())
        return made[-1]

    report, _ = await in_slices(counted, found)

    assert report.counts(Stream.TALENTS).deleted == 0
    assert len(await held(found)) == 2000


async def test_a_sweep_without_proof_over_its_slices_deletes_nothing(database_url: str) -> None:
    found = await connected(database_url)
    await run_source(FakeSource(talents(range(400)), specs=TALENTS), found)
    left = talents(range(100, 400))

    report, _ = await in_slices(lambda: FakeSource(left, specs=TALENTS, claims=400), found)

    assert report.status is RunStatus.PARTIAL
    assert "sweep_not_proved" in {one.code for one in report.warnings}
    assert len(await held(found)) == 400
    assert await found.value("SELECT complete FROM checkpoint WHERE stream = 'talents'") is False


class Miscounting(FakeSource):
    """An ATS that counts more records than it lists from the second sweep on."""

    async def sightings(self, stream: Stream, cursor: str | None) -> AsyncIterator[SightingPage]:
        self._claims = 1000 if self.swept else None
        async for page in super().sightings(stream, cursor):
            yield page


async def test_a_second_sweep_without_proof_deletes_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "ASK_BY_NAME", 5)
    found = await connected(database_url)
    await run_source(FakeSource(talents(range(100)), specs=TALENTS), found)

    source = Miscounting(talents(range(10, 100)), specs=TALENTS)
    report = await run_source(source, found, Mode.RECONCILE)

    assert report.status is RunStatus.PARTIAL
    assert "sweep_not_proved" in {one.code for one in report.warnings}
    assert len(await held(found)) == 100


async def test_missing_records_beyond_the_limit_are_left_to_the_next_reconcile(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ATS always counts one record that it doesn't list, so each missing one must be requested."""
    monkeypatch.setattr(reconcile, "ASK_BY_NAME", 5)
    found = await connected(database_url)
    await run_source(FakeSource(talents(range(100)), specs=TALENTS, claims=101), found)
    left = talents(range(10, 100))

    first, second = [
        await run_source(FakeSource(left, specs=TALENTS, claims=91), found, Mode.RECONCILE)
        for _ in range(2)
    ]

    assert first.status is RunStatus.PARTIAL
    assert [
        warning.facts["more"] for warning in first.warnings if warning.code == "deletions_unchecked"
    ] == [5]
    assert [report.counts(Stream.TALENTS).deleted for report in (first, second)] == [5, 5]
    assert second.status is RunStatus.SUCCEEDED, second
    assert await held(found) == {f"{n:04}" for n in range(10, 100)}


async def test_another_run_starts_its_own_sweep(database_url: str) -> None:
    """Ids seen by a failed run are outdated, since records may have been deleted."""
    found = await connected(database_url)
    await run_source(FakeSource(talents(range(400)), specs=TALENTS), found)
    broken = FakeSource(talents(range(400)), specs=TALENTS, fail_after=4, error=TransientError())
    assert (await run_source(broken, found, Mode.RECONCILE)).status is RunStatus.FAILED

    whole = FakeSource(talents(range(50, 400)), specs=TALENTS)
    report = await run_source(whole, found)

    assert report.mode is Mode.RECONCILE
    assert report.status is RunStatus.SUCCEEDED, report
    assert swept([whole]) == dict.fromkeys(range(7), 1)
    assert len(await held(found)) == 350
