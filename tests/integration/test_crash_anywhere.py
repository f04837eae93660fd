"""The store's main property: the same final rows for any pages, repeats, order, and crashes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from fakes.company import Company, adds_up, company
from fakes.effort import examples
from fakes.running import in_order, run_source
from fakes.source import SPECS, Crash, FakeSource, Pages
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jemmo.domain.enums import ApplicationStatus, JobStatus
from jemmo.domain.errors import TransientError
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.records import Application, Job, Record, Stage, Talent
from jemmo.domain.streams import Mode, Stream

pytestmark = pytest.mark.one_server

DAY = datetime(2026, 1, 1, tzinfo=UTC)
TABLES = ("job", "stage", "talent", "application", "pending_link", "stage_event", "talent_contacts")


def at(day: int) -> datetime:
    return DAY + timedelta(days=day)


def a_world(
    jobs: int, talents: int, links: list[tuple[int, int, int]]
) -> dict[Stream, list[Record]]:
    """Jobs with two stages each, talents, and applications, whose links may be broken."""
    stages = [(job, name) for job in range(jobs) for name in ("Inbox", "Hired")]
    return {
        Stream.JOBS: [
            Job(
                remote_id=f"j{n}",
                title=f"Job {n}",
                status=JobStatus.ARCHIVED if n % 3 == 2 else JobStatus.OPEN,
                remote_updated_at=at(n),
            )
            for n in range(jobs)
        ],
        Stream.STAGES: [
            Stage(remote_id=f"s{job}{name}", name=name, job_remote_id=f"j{job}")
            for job, name in stages
        ],
        Stream.TALENTS: [
            Talent(remote_id=f"t{n}", first_name=f"Talent {n}", remote_updated_at=at(n))
            for n in range(talents)
        ],
        Stream.APPLICATIONS: [
            Application(
                remote_id=f"a{n}",
                talent_remote_id=f"t{talent}",
                job_remote_id=f"j{job}",
                stage_remote_id=f"s{job}Inbox",
                status=list(ApplicationStatus)[status],
                remote_updated_at=at(n),
            )
            for n, (talent, job, status) in enumerate(links)
        ],
    }


worlds = st.builds(
    a_world,
    st.integers(0, 4),
    st.integers(0, 8),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.integers(0, 2)), max_size=12),
)


@st.composite
def paged(draw: st.DrawFn, world: dict[Stream, list[Record]]) -> Pages:
    """Draw pages with the world's records in any order, some of them twice."""
    pages: dict[Stream, list[list[Record]]] = {}
    for stream, records in world.items():
        again = draw(st.lists(st.sampled_from(records), max_size=3)) if records else []
        listed = draw(st.permutations([*records, *again]))
        size = draw(st.integers(1, 5))
        pages[stream] = [listed[n : n + size] for n in range(0, len(listed), size)]
    return pages


async def fresh(database_url: str, org: str) -> Company:
    return await company(database_url, base_url="http://127.0.0.1:1", org=org)


async def content(found: Company) -> list[object]:
    """Return everything that people or programs can see of a connection, without our own ids and times."""
    seen: list[object] = []
    for query in (
        "SELECT remote_id, title, status, excluded_reason, remote_deleted_at IS NULL FROM job t",
        "SELECT t.remote_id, t.name, j.remote_id FROM stage t LEFT JOIN job j ON j.id = t.job_id",
        "SELECT remote_id, first_name, excluded_reason, remote_updated_at, content_hash FROM talent t",
        "SELECT t.remote_id, t.status, x.remote_id, j.remote_id, s.remote_id FROM application t "
        "LEFT JOIN talent x ON x.id = t.talent_id LEFT JOIN job j ON j.id = t.job_id "
        "LEFT JOIN stage s ON s.id = t.stage_id",
        "SELECT stream, remote_id, target, target_remote_id FROM pending_link t",
    ):
        seen.append(await found.rows(query + " WHERE t.connection_id = {me} ORDER BY 1, 2, 3"))
    return seen


@pytest.mark.soak
@examples(12)
@given(data=st.data())
def test_any_pages_any_order_and_any_crash_end_in_the_same_rows(
    database_url: str, data: st.DataObject
) -> None:
    world = data.draw(worlds)
    pages = data.draw(paged(world))
    order = data.draw(st.permutations(SPECS))
    crashes = data.draw(st.lists(st.integers(0, 6), max_size=4))
    name = f"x{data.draw(st.uuids()).hex}"

    async def both() -> tuple[list[object], list[object]]:
        clean = await fresh(database_url, name + "clean")
        await run_source(FakeSource({stream: [world[stream]] for stream in world}), clean)
        broken = await fresh(database_url, name + "broken")
        for crash in crashes:
            source = FakeSource(pages, fail_after=crash)
            with suppress(Crash):
                await run_source(in_order(source, order), broken)
        report = await run_source(in_order(FakeSource(pages), order), broken)
        assert report.status is RunStatus.SUCCEEDED, report
        return await content(clean), await content(broken)

    clean, broken = asyncio.run(both())
    assert clean == broken


@pytest.mark.long
@pytest.mark.soak
@examples(8)
@given(data=st.data())
def test_reading_everything_again_changes_nothing(database_url: str, data: st.DataObject) -> None:
    world = data.draw(worlds)
    pages = data.draw(paged(world))
    name = f"x{data.draw(st.uuids()).hex}"

    async def twice() -> tuple[list[object], list[object]]:
        found = await fresh(database_url, name)
        await run_source(FakeSource(pages), found)
        once = await content(found)
        mode = data.draw(st.sampled_from(Mode))
        report = await run_source(FakeSource(pages), found, mode)
        assert adds_up(report), report
        assert all(one.created == one.updated == 0 for one in report.streams.values()), report
        return once, await content(found)

    once, again = asyncio.run(twice())
    assert once == again


@pytest.mark.long
@pytest.mark.soak
@examples(10)
@given(data=st.data())
def test_only_a_complete_proven_pass_leads_to_tombstones(
    database_url: str, data: st.DataObject
) -> None:
    world = data.draw(worlds)
    name = f"x{data.draw(st.uuids()).hex}"
    whole = {stream: [records] for stream, records in world.items()}
    kept = {stream: [records[::2]] for stream, records in world.items()}
    fail_after = data.draw(st.integers(0, 3) | st.none())
    claims = None if fail_after is not None else 10_000
    specs = data.draw(st.permutations(SPECS))

    async def check() -> list[object]:
        found = await fresh(database_url, name)
        await run_source(FakeSource(whole), found)
        source = FakeSource(kept, fail_after=fail_after, error=TransientError(), claims=claims)
        report = await run_source(in_order(source, specs), found, Mode.RECONCILE)
        assert report.status in {RunStatus.FAILED, RunStatus.PARTIAL}, report
        return await found.rows(
            "SELECT 'job', remote_id FROM job WHERE remote_deleted_at IS NOT NULL UNION ALL "
            "SELECT 'talent', remote_id FROM talent WHERE remote_deleted_at IS NOT NULL UNION ALL "
            "SELECT 'application', remote_id FROM application WHERE remote_deleted_at IS NOT NULL"
        )

    assert asyncio.run(check()) == []


@pytest.mark.parametrize("mode", [Mode.INCREMENTAL, Mode.INITIAL])
async def test_an_older_version_wins_only_in_a_full_read(database_url: str, mode: Mode) -> None:
    found = await fresh(database_url, "acme")
    new = Talent(remote_id="t1", first_name="New", remote_updated_at=at(2))
    old = replace(new, first_name="Old", remote_updated_at=at(1))
    await run_source(FakeSource({Stream.TALENTS: [[new]]}), found)

    await run_source(FakeSource({Stream.TALENTS: [[old]]}), found, mode)

    held = await found.record(Stream.TALENTS, "t1")
    assert held["first_name"] == ("New" if mode is Mode.INCREMENTAL else "Old")


async def test_the_newer_of_two_versions_in_a_pass_stays(database_url: str) -> None:
    found = await fresh(database_url, "acme")
    new = Talent(remote_id="t1", first_name="New", remote_updated_at=at(2))
    old = replace(new, first_name="Old", remote_updated_at=at(1))

    report = await run_source(FakeSource({Stream.TALENTS: [[new, old]]}), found)

    assert (await found.record(Stream.TALENTS, "t1"))["first_name"] == "New"
    assert adds_up(report), report
