"""Limited history: people without changes since then aren't read, and nobody is stored incompletely."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from connectors.teamtailor.conftest import Connect
from fakes.company import Company, adds_up, in_thread
from fakes.teamtailor_truth import KINDS, assert_equal_to_truth, truth

from jemmo.connectors.jsonapi import lists
from jemmo.domain import history
from jemmo.domain.outcomes import Counts, RunStatus
from jemmo.domain.streams import Checkpoint, Mode, Stream
from jemmo.sandbox import SandboxServer
from jemmo.services.connections import connections
from jemmo.store.models import Connection
from jemmo.vault import default_vault

SMALL = {"page_size": "10"}
PEOPLE = (Stream.TALENTS, Stream.APPLICATIONS)


@pytest.fixture(params=["in one go", "recent first"])
def parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Short lists, which are read in one go, and long ones, which start with recent records."""
    if request.param == "recent first":
        monkeypatch.setattr(lists, "MOST_PAGES_AT_ONCE", 2)
        monkeypatch.setattr(lists, "MOST_PAGES_OF_JOBS", 0)
    yield


def years(count: int) -> dict[str, str]:
    return history.dated({**SMALL, history.YEARS: str(count)}, {}, datetime.now(UTC).date())


async def within(sandbox: SandboxServer, count: int | None) -> dict[Stream, set[str]]:
    """Return the ids of everyone with a change in the last ``count`` years; ``None`` for all."""
    limit = history.limit_of(years(count)) if count else None
    first = limit.timestamp() * 1000 if limit else 0
    talents = await truth(sandbox, "candidates")
    applications = await truth(sandbox, "job-applications")
    owner = {one["id"]: one["relationships"]["candidate"][0] for one in applications}
    people = {one["id"] for one in talents if one["updated-at-ms"] >= first}
    people |= {owner[one["id"]] for one in applications if one["updated-at-ms"] >= first}
    return {
        Stream.TALENTS: people,
        Stream.APPLICATIONS: {key for key in owner if owner[key] in people},
    }


async def assert_holds(
    sandbox: SandboxServer, company: Company, people: dict[Stream, set[str]]
) -> None:
    """Assert that exactly these people are stored, and everything else completely."""
    for stream, kind in KINDS.items():
        if stream is Stream.NOTES:  # not read with a limited history: test_notes.py
            continue
        every = {one["id"] for one in await truth(sandbox, kind)}
        assert await company.ids(stream) == people.get(stream, every), stream


async def choose(company: Company, count: int | None, *, hides_ok: bool = False) -> None:
    """Choose another number of years on the connection's page."""

    def change() -> None:
        connection = Connection.objects.get(id=company.id)
        chosen = {**connection.options, history.YEARS: str(count or "")}
        connections.change(
            connection,
            label="",
            options=chosen,
            sync_every_hours=6,
            seen=connections.connection_fingerprint(connection),
            vault=default_vault(),
            hides_ok=hides_ok,
        )

    await in_thread(change)


async def visible(company: Company) -> set[str]:
    found = await company.rows(
        "SELECT remote_id FROM talent WHERE connection_id = {me} AND excluded_reason IS NULL "
        "AND remote_deleted_at IS NULL"
    )
    return {row[0] for row in found}


class Crash(Exception):
    """Simulates the end of the process."""


class Crashing:
    """Crashes after a number of pages."""

    def __init__(self, after: int) -> None:
        self.left = after

    def update(self, stream: Stream, counts: Counts, checkpoint: Checkpoint) -> None:
        self.left -= 1
        if not self.left:
            raise Crash

    def recent_is_read(self) -> None:
        pass


@pytest.mark.usefixtures("parts")
async def test_the_first_sync_stores_exactly_the_people_within_the_limit(connect: Connect) -> None:
    sandbox, company = await connect(talents=300, options=years(1))
    people = await within(sandbox, 1)

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    assert adds_up(report), report
    everybody = await within(sandbox, None)
    assert 20 < len(people[Stream.TALENTS]) < len(everybody[Stream.TALENTS]) - 20
    await assert_holds(sandbox, company, people)
    for stream in PEOPLE:
        counts = report.streams[stream]
        assert counts.created + counts.excluded == len(people[stream])


@pytest.mark.sample(1)
@pytest.mark.usefixtures("parts")
async def test_nothing_is_missing_changed_or_deleted_because_of_the_limit(connect: Connect) -> None:
    sandbox, company = await connect(talents=200, options=years(1))
    people = await within(sandbox, 1)
    await company.sync()

    for mode in (None, Mode.RECONCILE, Mode.INITIAL):
        report = await company.sync(mode)
        assert report.status is RunStatus.SUCCEEDED, report
        assert not any(one.created + one.deleted for one in report.streams.values()), report
        await assert_holds(sandbox, company, people)
    verdict = await company.verify()
    assert verdict.equal, verdict
    everybody = await within(sandbox, None)
    for stream in PEOPLE:
        assert verdict.streams[stream].left_out == len(everybody[stream]) - len(people[stream])


@pytest.mark.sample(1)
@pytest.mark.usefixtures("parts")
async def test_a_longer_history_adds_exactly_the_rest_despite_crashes(
    connect: Connect,
) -> None:
    sandbox, company = await connect(talents=200, options=years(1))
    await company.sync()
    before, after = await within(sandbox, 1), await within(sandbox, 2)
    await choose(company, 2)

    modes = []
    for pages in (3, 4, 6, 9, 1000):
        with suppress(Crash):
            modes.append((await company.sync(progress=Crashing(pages))).mode)
    assert modes[0] is Mode.INITIAL
    await assert_holds(sandbox, company, after)
    assert len(after[Stream.TALENTS]) > len(before[Stream.TALENTS])
    assert (await company.sync()).mode is Mode.INCREMENTAL
    assert (await company.verify()).equal


async def test_without_a_limit_everything_arrives(connect: Connect) -> None:
    sandbox, company = await connect(talents=100, options=years(1))
    await company.sync()
    await choose(company, None)

    report = await company.sync()

    assert (report.mode, report.status) == (Mode.INITIAL, RunStatus.SUCCEEDED)
    await assert_equal_to_truth(sandbox, company)
    assert (await company.sync()).mode is Mode.INCREMENTAL
    verdict = await company.verify()
    assert verdict.equal
    assert not any(one.left_out for one in verdict.streams.values())


@pytest.mark.long
async def test_a_shorter_history_hides_records_and_a_longer_one_shows_them_without_rereading(
    connect: Connect,
) -> None:
    from jemmo.services.connections.history_limit import HistoryHides

    sandbox, company = await connect(talents=200, options=SMALL)
    await company.sync()
    all_visible = await visible(company)
    people = (await within(sandbox, 1))[Stream.TALENTS]

    with pytest.raises(HistoryHides) as told:
        await choose(company, 1)
    assert told.value.older.talents == len(all_visible - people) > 0
    assert await visible(company) == all_visible
    await choose(company, 1, hides_ok=True)

    assert await visible(company) == all_visible & people
    report = await company.sync(Mode.RECONCILE)
    assert report.status is RunStatus.SUCCEEDED, report
    assert not any(one.deleted for one in report.streams.values())
    assert (await company.verify()).equal
    await choose(company, None)
    assert await visible(company) == all_visible
    assert (await company.sync()).mode is not Mode.INITIAL


async def outsider(sandbox: SandboxServer) -> tuple[str, set[str]]:
    """Return someone whose last change is more than a year ago, and their applications."""
    people, everybody = await within(sandbox, 1), await within(sandbox, None)
    for one in await truth(sandbox, "candidates"):
        own = set(map(str, one["relationships"]["job-applications"]))
        if one["id"] in everybody[Stream.TALENTS] - people[Stream.TALENTS] and own:
            return one["id"], own
    raise AssertionError


async def test_an_older_person_who_applies_again_arrives_completely(connect: Connect) -> None:
    sandbox, company = await connect(talents=100, options=years(1))
    await company.sync()
    talent, own = await outsider(sandbox)
    job = sorted(await company.ids(Stream.JOBS))[0]
    new = await sandbox.change(
        "create", "job-applications", relationships={"candidate": int(talent), "job": int(job)}
    )

    report = await company.sync()

    assert report.mode is Mode.INCREMENTAL
    assert talent in await company.ids(Stream.TALENTS)
    assert own | {str(new)} <= await company.ids(Stream.APPLICATIONS)
    assert talent in await visible(company)
    assert (await company.verify()).equal


async def test_an_older_person_who_is_edited_arrives_completely(connect: Connect) -> None:
    sandbox, company = await connect(talents=100, options=years(1))
    await company.sync()
    talent, own = await outsider(sandbox)
    await sandbox.change("edit", "candidates", talent, attributes={"pitch": "Back again"})

    await company.sync()

    assert talent in await company.ids(Stream.TALENTS)
    assert own <= await company.ids(Stream.APPLICATIONS)


async def test_a_deleted_record_within_the_limit_is_noticed(connect: Connect) -> None:
    sandbox, company = await connect(talents=100, options=years(1))
    await company.sync()
    people = await within(sandbox, 1)
    talent = sorted(people[Stream.TALENTS])[0]
    await sandbox.change("delete", "candidates", talent)

    report = await company.sync(Mode.RECONCILE)

    assert report.streams[Stream.TALENTS].deleted == 1
    await assert_holds(sandbox, company, await within(sandbox, 1))


REFUSES: list[dict[str, Any]] = [
    {"switches": {"refused": "filter:candidates.updated-at,filter:job-applications.updated-at"}},
    {"switches": {"refused": "include:candidates.job-applications"}},
    {"faults": "unknown_filter_ignored", "switches": {"refused": "filter:candidates.updated-at"}},
]


@pytest.mark.parametrize("given", REFUSES, ids=str)
@pytest.mark.sample(1)
async def test_an_account_that_cannot_be_limited_is_read_in_full_and_shows_the_same_people(
    connect: Connect, given: dict[str, Any]
) -> None:
    sandbox, company = await connect(talents=100, options=years(1), **given)

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    people = (await within(sandbox, 1))[Stream.TALENTS]
    assert people <= await company.ids(Stream.TALENTS)
    assert await visible(company) <= people
    report = await company.sync(Mode.RECONCILE)
    assert report.status is RunStatus.SUCCEEDED, report
    assert (await company.verify()).equal


@pytest.mark.long
async def test_people_within_the_limit_are_reread(connect: Connect) -> None:
    sandbox, company = await connect(talents=60, options=years(1))
    await company.sync()
    await company.rows(
        "UPDATE talent SET first_name = NULL, content_hash = '' WHERE connection_id = {me}"
    )
    later = datetime.now(UTC)
    for _ in range(8):
        later += timedelta(days=1)
        await company.sync(Mode.RECONCILE, now=partial(lambda at: at, later))
    people = await within(sandbox, 1)
    held = dict(
        await company.rows("SELECT remote_id, first_name FROM talent WHERE connection_id = {me}")
    )
    assert set(held) == people[Stream.TALENTS]
    for one in await truth(sandbox, "candidates"):
        if one["id"] in held and one["attributes"]["first-name"]:
            assert held[one["id"]], one["id"]
