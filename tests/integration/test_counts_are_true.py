"""A sync's numbers are the same everywhere and correct, compared with what people see and with the ATS's log."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from django.template.loader import render_to_string
from fakes.company import Company, company, in_thread, live_events

from jemmo.domain import numbers
from jemmo.domain.outcomes import RunReport
from jemmo.domain.streams import Mode, Stream
from jemmo.files.folder import FolderStorage
from jemmo.pipeline import page_writer
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.services.accounts import accounts
from jemmo.services.connections import connections, key_tests, summaries
from jemmo.services.files.download import download_files
from jemmo.services.records import refresh
from jemmo.services.webhooks.refetch import RefetchWorker
from jemmo.store.models import Connection, Notification, SyncRun
from jemmo.store.sync import sync_status
from jemmo.store.sync.writer import Writer
from jemmo.vault import default_vault
from jemmo.web.templatetags.jemmo import run_title

pytestmark = pytest.mark.one_server


async def asked(ats: SandboxServer) -> int:
    """Return the number of requests that the ATS received."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{ats.base_url}/__sandbox__/requests") as answer,
    ):
        return int((await answer.json())["total"])


@pytest.mark.long
async def test_the_request_count_matches_the_ats(database_url: str, tmp_path: Any) -> None:
    async with run_sandbox(talents=30, seed=5, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)

        async def told() -> int:
            def look() -> int:
                return summaries.connection_summary(
                    Connection.objects.get(id=found.id)
                ).requests_today

            return await in_thread(look)

        await found.sync()
        assert await told() == await asked(ats)
        storage = FolderStorage(tmp_path / "files")
        fetched = await download_files(
            found.id, database_url=database_url, vault=default_vault(), storage=storage
        )
        assert fetched.outcomes["stored"]
        assert await told() == await asked(ats)
        await in_thread(
            lambda: key_tests.check_key(Connection.objects.get(id=found.id), default_vault())
        )
        await found.verify()
        assert await told() == await asked(ats)
        (talent, *_) = sorted(await found.ids(Stream.TALENTS))
        await in_thread(
            lambda: refresh.request_record_refetch(
                found.id, Stream.TALENTS, talent, vault=default_vault()
            )
        )
        lane = RefetchWorker(database_url, default_vault())
        assert await lane.drain()
        await lane.close()
        assert await told() == await asked(ats)


async def shown(found: Company) -> dict[str, int]:
    """Return the numbers of changes shown by the two pages' icons."""

    def look() -> dict[str, int]:
        org = Connection.objects.get(id=found.id).org
        now = datetime.now(UTC)
        return {page: sync_status.icon(org, page, now=now).changed for page in ("jobs", "talents")}

    return await in_thread(look)


async def test_created_counts_match_what_people_see(database_url: str) -> None:
    async with run_sandbox(talents=120, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        report = await found.sync()
        visible = await found.counts()

    assert numbers.changed_by_stream(report.lines, numbers.RECORDS) == visible
    total = numbers.numbers_of(report.lines)
    assert (total.created, total.changed) == (sum(visible.values()), sum(visible.values()))
    icons = await shown(found)
    assert icons["jobs"] == visible["jobs"]
    assert icons["talents"] == visible["talents"] + visible["applications"]
    run = await in_thread(SyncRun.objects.get)
    assert numbers.numbers_of(run.report["streams"]) == total
    notice = await in_thread(Notification.objects.get)
    assert notice.facts["counts"] == visible


@pytest.mark.sample(1)
@pytest.mark.parametrize("only", [None, "talents"])
async def test_one_change_counts_as_one_everywhere(database_url: str, only: str | None) -> None:
    async with run_sandbox(talents=30, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        talent = await found.value(
            "SELECT remote_id FROM talent WHERE excluded_reason IS NULL ORDER BY 1 LIMIT 1"
        )
        await ats.change("edit", "candidates", talent, attributes={"first-name": "Odile"})
        (department, *_) = sorted(await found.ids(Stream.DEPARTMENTS))
        await ats.change("edit", "departments", department, attributes={"name": "Gardens"})
        events = await live_events(database_url)
        report = await found.sync(Mode.INCREMENTAL, only=only)
        told = [one async for one in events if one["kind"] == "records_changed"]

    assert numbers.numbers_of(report.lines).changed == 1
    assert await shown(found) == {"jobs": await changed_jobs(found), "talents": 1}
    assert [one["streams"]["talents"] for one in told if one["final"]] == [1]


@pytest.mark.long
async def test_applications_of_excluded_talents_are_excluded_in_every_sync(
    database_url: str,
) -> None:
    """Nobody sees them, so their changes don't count, and rereading everything excludes all stored ones."""
    async with run_sandbox(talents=120, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        first = await found.sync()
        application = await found.value(
            "SELECT a.remote_id FROM application a JOIN talent t ON t.id = a.talent_id "
            "WHERE t.excluded_reason IS NOT NULL ORDER BY 1 LIMIT 1"
        )
        site = {"referring-site": "letters.example.com"}
        await ats.change("edit", "job-applications", application, attributes=site)
        second = await found.sync(Mode.INCREMENTAL)
        again = await found.sync(Mode.INITIAL)

    assert numbers.numbers_of(second.lines).changed == 0
    assert second.counts(Stream.APPLICATIONS).excluded >= 1
    for stream in numbers.RECORDS:
        assert again.counts(stream).excluded == first.counts(stream).excluded > 0


async def test_a_talent_that_becomes_excluded_counts_as_a_change(database_url: str) -> None:
    """A rejected talent becomes excluded. Open lists must be notified, although the record is no longer visible."""
    async with run_sandbox(talents=30, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        application = await found.value(
            "SELECT min(a.remote_id) FROM application a JOIN talent t ON t.id = a.talent_id "
            "WHERE t.excluded_reason IS NULL GROUP BY t.id HAVING count(*) = 1 LIMIT 1"
        )
        before = await found.counts()
        await ats.change("reject", "job-applications", application)
        report = await found.sync(Mode.INCREMENTAL)
        after = await found.counts()

    assert after["talents"] == before["talents"] - 1
    assert report.counts(Stream.APPLICATIONS).updated == 1


async def changed_jobs(found: Company) -> int:
    """Return the changes to jobs by the last sync that read them, from its run."""
    rows = await found.rows(
        "SELECT report->'streams'->'jobs' FROM sync_run WHERE connection_id = {me} "
        "AND scope IN ('', 'jobs') ORDER BY started_at DESC LIMIT 1"
    )
    line = rows[0][0]
    return int(line["created"] + line["updated"] + line["deleted"])


@pytest.mark.long
async def test_a_running_sync_shows_no_preliminary_numbers(database_url: str) -> None:
    """Only the end of a sync shows which new talents a rule excludes; until then only that something changed."""
    async with run_sandbox(talents=120, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        events = await live_events(database_url)
        await found.sync()
        told = [one async for one in events if one["kind"] == "records_changed"]
        visible = await found.counts()

    (final,) = [one for one in told if one["final"]]
    assert {name: final["streams"][name] for name in visible} == visible


@pytest.mark.long
async def test_a_first_sync_reads_the_expected_number(database_url: str) -> None:
    """The estimate uses the ATS's counts at the time of connecting, which match what is read later."""
    async with run_sandbox(talents=40, seed=5, switches={"rate_limit": "false"}) as ats:

        def connect() -> Connection:
            org = accounts.ensure_organisation("acme")
            made = connections.connect(
                org, "teamtailor", "test-key", vault=default_vault(), base_url=ats.base_url
            )
            return Connection.objects.get(id=made.id)

        connection = await in_thread(connect)
        report = await Company(database_url, connection.id).sync()

    read = {name: report.counts(Stream(name)).fetched for name in numbers.RECORDS}
    assert connection.expected_totals == read


async def test_a_sync_of_jobs_does_not_update_the_talents_page(database_url: str) -> None:
    """The ATS has a new talent and a new application, which a sync of jobs can't know."""
    async with run_sandbox(talents=30, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        job = await found.value(
            "SELECT remote_id FROM job WHERE excluded_reason IS NULL ORDER BY 1 LIMIT 1"
        )
        await ats.change("edit", "jobs", job, attributes={"title": "Gardener"})
        await ats.change("create", "candidates", attributes={"first-name": "Odile"})
        await found.sync(Mode.INCREMENTAL, only="jobs", trigger="manual")

    notice = await in_thread(
        Notification.objects.order_by("-id").select_related("connection").first
    )
    assert notice is not None
    assert notice.facts["counts"] == {"jobs": 1}
    body = await in_thread(lambda: render_to_string("notices/body.txt", {"one": notice}))
    assert body.strip() == "Records changed (jobs only): 1 job."
    run = await in_thread(SyncRun.objects.order_by("-started_at").first)
    assert run_title(run) == "Incremental sync, jobs only"


async def test_missing_counts_are_not_shown_as_zero(database_url: str) -> None:
    async with run_sandbox("jarvi", talents=10, switches={"rate_limit": False}) as ats:
        found = await company(database_url, base_url=ats.base_url, provider="jarvi")
        report = await found.sync()
        known = {name for name in numbers.RECORDS if name in report.streams}

    notice = await in_thread(Notification.objects.get)
    assert set(notice.facts["counts"]) == known


def latest_title() -> str:
    return run_title(SyncRun.objects.latest("started_at"))


async def test_only_the_first_sync_is_called_initial(database_url: str) -> None:
    """An interrupted first sync continues as the first sync, but rereading everything isn't one."""
    async with run_sandbox(talents=30, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync(only="jobs")
        first = await found.sync()
        ats.faults.set("hold=/v1/jobs:1")
        running = asyncio.create_task(found.sync(Mode.INITIAL))
        async with asyncio.timeout(60):  # until its first page arrives
            while await in_thread(latest_title) != "Full reread":
                await asyncio.sleep(0.01)
        ats.faults.set("")
        second = await running

    assert (first.mode, first.again) == (Mode.INITIAL, False)
    assert (second.mode, second.again) == (Mode.INITIAL, True)
    titles = await in_thread(
        lambda: [run_title(run) for run in SyncRun.objects.order_by("started_at")]
    )
    assert titles == ["Initial sync, jobs only", "Initial sync", "Full reread"]
    kinds = await in_thread(
        lambda: list(Notification.objects.order_by("id").values_list("kind", flat=True))
    )
    assert kinds == ["first_sync_done", "first_sync_done", "sync_done"]


async def test_a_comparison_shows_its_requests_while_it_reads_ids(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    keep = Writer.report

    async def report(self: Writer, one: RunReport) -> None:
        told.append(one.requests)
        await keep(self, one)

    monkeypatch.setattr(Writer, "report", report)
    monkeypatch.setattr(page_writer, "REPORT_EVERY", 0.0)
    async with run_sandbox(talents=30, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        told.clear()
        compared = await found.sync(Mode.RECONCILE)

    assert max(told) == compared.requests
