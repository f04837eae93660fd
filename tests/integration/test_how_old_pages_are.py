"""The time on a page is correct: all earlier changes in the ATS are shown, and the status dot uses the same time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.company import Company, company, in_thread
from fakes.teamtailor_truth import truth

from jemmo.domain.freshness import PAGES
from jemmo.domain.status import Colour
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.services.connections import connections, status, summaries
from jemmo.services.connections.health import health
from jemmo.store.models import Connection, Organisation
from jemmo.store.sync import freshness, sync_status

pytestmark = pytest.mark.one_server

HOUR = timedelta(hours=1)
SHOWN: dict[str, dict[Stream, str]] = {
    "jobs": {Stream.JOBS: "jobs"},
    "talents": {Stream.TALENTS: "candidates", Stream.APPLICATIONS: "job-applications"},
}


def an_ats() -> Any:
    return run_sandbox(talents=12, seed=5, switches={"rate_limit": "false"})


async def pages(org: str = "acme") -> dict[str, freshness.Freshness]:
    """Return the texts of each page's sync icon and of the header."""
    now = datetime.now(UTC)

    def look() -> dict[str, freshness.Freshness]:
        snapshots = freshness.connection_snapshots(Organisation.objects.get(slug=org))
        shown = {page: freshness.overall(snapshots, page, now=now) for page in SHOWN}
        return {**shown, "header": freshness.overall(snapshots, *PAGES, now=now)}

    return await in_thread(look)


def at(shown: freshness.Freshness) -> datetime:
    assert shown.synced_at is not None
    return shown.synced_at


async def assert_true(ats: SandboxServer, found: Company) -> None:
    """Assert that no change made in the ATS before a page's time is missing on the page."""
    shown = await pages()
    for page, streams in SHOWN.items():
        for stream, kind in streams.items():
            held, moment = await found.ids(stream), at(shown[page])
            theirs = [one["id"] for one in await truth(ats, kind) if _created(one) < moment]
            assert set(theirs) <= held, page


def _created(one: dict[str, Any]) -> datetime:
    given = one["attributes"]["created-at"]
    return datetime.fromisoformat(given) if given else datetime.max.replace(tzinfo=UTC)


async def test_a_sync_of_jobs_does_not_update_the_talents_page(database_url: str) -> None:
    async with an_ats() as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync(now=lambda: datetime.now(UTC) - HOUR)
        before = await pages()
        new = await ats.change("create", "candidate", attributes={"first-name": "Nadia"})
        await found.sync(only="jobs")

        shown = await pages()

        assert shown["talents"].synced_at == before["talents"].synced_at
        assert shown["header"].synced_at == before["talents"].synced_at
        assert at(shown["jobs"]) > at(before["jobs"]) + HOUR / 2
        assert new not in await found.ids(Stream.TALENTS)
        await assert_true(ats, found)
        (told,) = await in_thread(lambda: health(Organisation.objects.get(), now=datetime.now(UTC)))
        assert (told.kind, told.at) == ("well", before["talents"].synced_at)
        (line,) = await in_thread(status.overview)
        assert line.last_success_at == before["talents"].synced_at
        assert line.synced_at["jobs"] == shown["jobs"].synced_at

        await found.sync(only="talents")
        assert new in await found.ids(Stream.TALENTS)
        assert at((await pages())["talents"]) > at(shown["talents"])
        await assert_true(ats, found)


async def test_a_pages_color_depends_on_its_own_streams(database_url: str) -> None:
    async with an_ats() as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync(now=lambda: datetime.now(UTC) - 30 * HOUR)
        await found.sync(only="jobs")
        colours = {name: one.colour for name, one in (await pages()).items()}
        assert colours == {
            "jobs": Colour.GREEN,
            "talents": Colour.YELLOW,
            "header": Colour.YELLOW,
        }


async def test_a_failure_is_shown_on_its_page_until_the_stream_is_read(
    database_url: str, no_retry_pauses: None
) -> None:
    async with an_ats() as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        ats.faults.set("flaky5xx=1")
        await found.sync(only="talents")
        ats.faults.set("")
        await found.sync(only="jobs")
        shown = await pages()
        (line,) = await in_thread(status.overview)

        assert (shown["jobs"].colour, shown["talents"].colour) == (Colour.GREEN, Colour.RED)
        assert (shown["header"].colour, line.colour) == (Colour.RED, Colour.RED)
        assert line.error == shown["talents"].error is not None
        await found.sync(only="talents")
        assert (await pages())["header"].colour is Colour.GREEN


async def test_a_paused_connection_is_as_old_as_its_data_whatever_failed_before(
    database_url: str, no_retry_pauses: None
) -> None:
    """Pages must not announce a retry while it is paused. After resuming, it counts as failed until a sync succeeds."""
    async with an_ats() as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        ats.faults.set("flaky5xx=1")
        await found.sync()
        failed = await pages()
        connection = await in_thread(Connection.objects.get)
        assert await in_thread(lambda: connections.pause(connection))
        paused, (line,) = await pages(), await in_thread(status.overview)
        card = await in_thread(lambda: summaries.connection_summary(Connection.objects.get()))
        assert await in_thread(lambda: connections.resume(connection))
        resumed = await pages()

    assert {one.colour for one in failed.values()} == {Colour.RED}
    assert {one.colour for one in paused.values()} == {Colour.GREEN}
    assert (line.colour, line.state, line.error) == ("green", "paused", None)
    assert (card.error, card.next_sync_at) == (None, None)
    assert resumed == failed


async def test_only_jobs_were_synced_so_talents_were_not(database_url: str) -> None:
    async with an_ats() as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync(only="jobs")
        shown = await pages()
    assert (shown["talents"].synced_at, shown["header"].synced_at) == (None, None)
    assert (shown["jobs"].colour, shown["talents"].colour) == (Colour.GREEN, Colour.YELLOW)


async def test_of_two_connections_the_older_counts(database_url: str) -> None:
    async with an_ats() as ats, an_ats() as other:
        first = await company(database_url, base_url=ats.base_url)
        second = await company(database_url, base_url=other.base_url)
        await first.sync(now=lambda: datetime.now(UTC) - HOUR)
        await second.sync()
        shown = await pages()
        oldest = await in_thread(lambda: freshness.page_synced_at(first.id, "talents"))
        assert shown["talents"].synced_at == oldest
        await second.rows("UPDATE connection SET state = 'disconnected' WHERE id = {me}")
        assert (await pages())["jobs"].synced_at != shown["talents"].synced_at


async def test_a_pass_without_proof_does_not_change_the_time(database_url: str) -> None:
    async with an_ats() as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync(now=lambda: datetime.now(UTC) - HOUR)
        before = await pages()
        ats.faults.set("expired_key=0")
        report = await found.sync(Mode.RECONCILE)
        assert report.error is not None
        assert (await pages())["header"].synced_at == before["header"].synced_at


async def test_a_page_ignores_another_pages_sync(database_url: str) -> None:
    """The other page shows neither its changes nor its progress."""
    async with an_ats() as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        await found.sync(only="talents")
        (job, *_) = sorted(await found.ids(Stream.JOBS))
        await ats.change("edit", "jobs", job, attributes={"title": "Gardener"})
        await found.sync(only="jobs")

    def icons() -> dict[str, sync_status.SyncIcon]:
        org = Connection.objects.get(id=found.id).org
        return {page: sync_status.icon(org, page, now=datetime.now(UTC)) for page in SHOWN}

    shown = await in_thread(icons)
    assert shown["jobs"].changed == 1
    assert shown["talents"].changed == 0
