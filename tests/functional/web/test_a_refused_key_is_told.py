"""A key refused by the ATS: pages say so as soon as anything has noticed it, and offer nothing that would fail."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from fakes.company import Company, company, in_thread

from jemmo.domain.errors import JemmoError
from jemmo.domain.streams import Mode, Stream
from jemmo.files.folder import FolderStorage
from jemmo.sandbox.server import SandboxServer, run_sandbox
from jemmo.services.accounts import accounts
from jemmo.services.connections import status
from jemmo.services.files.download import download_files
from jemmo.services.records import quality, refresh
from jemmo.services.records.refresh import RecordRef
from jemmo.services.sync import runner, schedule
from jemmo.store.models import Connection, Notification, Organisation, SyncRun
from jemmo.store.sync import freshness
from jemmo.vault import default_vault

pytestmark = [pytest.mark.one_server, pytest.mark.usefixtures("served")]


@pytest.fixture
async def ats() -> AsyncIterator[SandboxServer]:
    async with run_sandbox(talents=10, switches={"rate_limit": False}) as server:
        yield server


def text_of(name: str, *arguments: object, role: str = "owner", post: bool = False) -> str:
    org = Organisation.objects.get()
    member = accounts.add_member(org, f"{role}@example.com", role, "long enough 12", verified=True)
    browser = Client(HTTP_HX_REQUEST="true")
    browser.force_login(member)
    address = reverse(name, args=arguments)
    answer = browser.post(address) if post else browser.get(address)
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def refuse(ats: SandboxServer) -> None:
    ats.faults.set("expired_key=0")


def accept(ats: SandboxServer) -> None:
    ats.faults.set("")


async def by_test(found: Company, _: str) -> None:
    assert "refused the API key" in await in_thread(
        lambda: text_of("ats_test", found.id, post=True)
    )


async def by_counts(found: Company, _: str) -> None:
    def ask() -> None:
        quality.report(Organisation.objects.get(), vault=default_vault())

    await in_thread(ask)


async def by_refetch(found: Company, database_url: str) -> None:
    talent = sorted(await found.ids(Stream.TALENTS))[0]
    target = RecordRef(connection_id=found.id, stream=Stream.TALENTS, remote_id=talent)

    def ask() -> None:
        refresh.refetch_now(target, database_url=database_url, vault=default_vault(), patience=5)

    await in_thread(ask)


async def by_comparison(found: Company, _: str) -> None:
    with pytest.raises(JemmoError, match="refused"):
        await found.verify()


async def by_files(found: Company, database_url: str) -> None:
    with TemporaryDirectory() as folder:
        summary = await download_files(
            found.id,
            database_url=database_url,
            vault=default_vault(),
            storage=FolderStorage(Path(folder)),
        )
    assert summary.error is not None


@pytest.mark.parametrize("notices", [by_test, by_counts, by_refetch, by_comparison, by_files])
@pytest.mark.sample(2)
async def test_every_page_shows_a_refused_key_whatever_noticed_it(
    database_url: str, ats: SandboxServer, notices: object
) -> None:
    found = await company(database_url, base_url=ats.base_url)
    await found.sync()
    refuse(ats)
    await notices(found, database_url)  # type: ignore[operator]

    def check() -> None:
        for place in (
            text_of("ats_card", found.id),
            text_of("sync_icon", "talents"),
            text_of("help").partition("Attached information")[0],
        ):
            assert "refused the API key" in place
            assert "sync failed" not in place.lower()  # the last sync succeeded
            assert (
                "ago" not in place.partition("refused the API key")[0]
            )  # and it hadn't noticed the refusal
        assert text_of("sync_status") == "Key refused"
        [line] = status.overview()
        assert (line.colour, (line.error or {})["code"]) == ("red", "key_refused")
        # The next sync, which records the refusal and notifies people, is due.
        assert [due.connection_id for due in schedule.due(datetime.now(UTC))] == [found.id]

    await in_thread(check)
    await found.sync()
    assert await in_thread(
        lambda: (Connection.objects.get().state, Notification.objects.latest("last_at").kind)
    ) == ("refused", "sync_failed")
    assert (await in_thread(lambda: text_of("ats_card", found.id))).count("Key refused") == 1


async def test_a_key_that_works_again_is_no_longer_called_refused(
    database_url: str, ats: SandboxServer
) -> None:
    found = await company(database_url, base_url=ats.base_url)
    await found.sync()
    refuse(ats)
    await by_test(found, database_url)
    accept(ats)

    def check() -> None:
        # Not only the button proves it, but also the comparison of counts.
        quality.report(Organisation.objects.get(), vault=default_vault())
        [line] = status.overview()
        assert (line.state, line.error, line.colour) == ("active", None, "green")

    await in_thread(check)
    refuse(ats)
    await found.sync()
    assert await found.state() == "refused"
    accept(ats)
    await in_thread(check)


async def test_an_outage_during_a_test_is_not_a_failed_sync(database_url: str) -> None:
    async with run_sandbox(talents=5, switches={"rate_limit": False}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
    assert "reach" in await in_thread(lambda: text_of("ats_test", found.id, post=True))
    card = await in_thread(lambda: text_of("ats_card", found.id))
    assert "failed" not in card


async def test_a_click_says_that_it_skips_a_refused_connection(
    database_url: str, ats: SandboxServer
) -> None:
    found = await company(database_url, base_url=ats.base_url)
    await found.sync()
    async with run_sandbox(talents=5, switches={"rate_limit": False}) as other:
        second = await company(database_url, base_url=other.base_url)
        await second.sync()
        refuse(ats)
        await found.sync()
        icon = await in_thread(lambda: text_of("sync_icon", "talents"))
        assert "Sync the other connections" in icon
        assert "Try again" not in icon
        await in_thread(lambda: text_of("sync_icon", "talents", post=True))
        queued = await found.rows(
            "SELECT args->>'connection_id' FROM procrastinate_jobs WHERE task_name = 'sync_connection'"
        )
        assert {row[0] for row in queued} == {str(second.id)}


async def test_a_sync_that_has_just_started_has_the_right_name(
    database_url: str, ats: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its mode is stored, a comparison must not be listed as the initial sync."""
    found = await company(database_url, base_url=ats.base_url)
    await found.sync()
    begun: list[tuple[str, bool]] = []
    set_mode = runner._set_mode

    async def choose(*arguments: Any, **named: Any) -> None:
        running = await found.rows(
            "SELECT mode, report->'again' FROM sync_run WHERE status = 'running' AND connection_id = {me}"
        )
        begun.extend(running)
        await set_mode(*arguments, **named)

    monkeypatch.setattr(runner, "_set_mode", choose)
    for mode in (Mode.RECONCILE, None, Mode.INITIAL):
        await found.sync(mode)
    assert begun == [("reconcile", False), ("incremental", False), ("initial", True)]


async def test_an_option_that_reads_more_causes_no_second_first_sync(database_url: str) -> None:
    """Applications that become readable through an option are read in full, perhaps years after the first sync."""
    async with run_sandbox(
        "jarvi", talents=12, switches={"applications": "profile", "rate_limit": False}
    ) as ats:
        found = await company(database_url, base_url=ats.base_url, provider="jarvi", key=ats.key)
        assert (await found.sync()).again is False
        await found.rows(
            "UPDATE connection SET options = options || %s::jsonb WHERE id = {me}",
            '{"application_paths": "profiles.projectsProfiles"}',
        )
        report = await found.sync()

    def check() -> None:
        assert freshness.synced_at(found.id)["applications"]
        run = SyncRun.objects.latest("started_at")
        assert run.again
        firsts = Notification.objects.filter(kind="first_sync_done")
        assert firsts.count() == 1

    assert report.again
    await in_thread(check)
