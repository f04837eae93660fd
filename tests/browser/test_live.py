"""Live updates of open pages, for two people of whom one makes changes, also across server restarts."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.browsing import PATIENCE, apart
from fakes.company import Company
from fakes.running import run_source
from fakes.showcase import EMAIL, NOW, PASSWORD, Showcase, _acme
from fakes.source import SPECS, FakeSource
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import Mode, Stream
from jemmo.files.folder import FolderStorage
from jemmo.services.privacy import erasure
from jemmo.store.models import Talent
from jemmo.vault import default_vault

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

ICON = re.compile("Sync (jobs|talents)")


class Site:
    """The web server, and the other processes of this test."""

    def __init__(self) -> None:
        self.address = ""
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        found = subprocess.Popen([sys.executable, "-m", "jemmo", *words])
        self.running.append(found)
        return found

    def serve(self, port: int) -> subprocess.Popen[bytes]:
        """Start `jemmo web`, which the test may stop and restart."""
        server = self.start("web", "--port", str(port))
        self.address = f"http://127.0.0.1:{port}"
        while True:
            assert server.poll() is None
            try:
                with urllib.request.urlopen(f"{self.address}/healthz"):
                    return server
            except urllib.error.URLError:
                time.sleep(0.05)

    def stop(self) -> None:
        for one in self.running:
            if one.poll() is None:
                one.terminate()
                one.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@pytest.fixture
def unserved(showcase: Showcase, static_files: None) -> Iterator[Site]:
    found = Site()
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture
def site(unserved: Site, address: str) -> Site:
    unserved.address = address
    return unserved


@pytest.fixture
def connected(showcase: Showcase, database_url: str) -> Company:
    return Company(database_url, showcase.org.connections.get().id)


def person(browser: Browser, site: Site, path: str, **profile: Any) -> Page:
    page = browser.new_context(base_url=site.address, locale="en-GB", **profile).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"/accounts/login/?next={path}")
    page.get_by_label("Email").fill("recruiter@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
    expect(page.locator("body[data-connected=yes]")).to_be_attached()
    return page


def rename(company: Company, title: str) -> None:
    """Change the job's title in the ATS and run an incremental sync."""
    pages = _acme()
    first, *others = pages[Stream.JOBS][0]
    changed = replace(first, title=title, remote_updated_at=NOW)
    pages = {**pages, Stream.JOBS: [[changed, *others]]}
    source = FakeSource(pages, specs=SPECS)
    report = apart(lambda: asyncio.run(run_source(source, company, Mode.INCREMENTAL)))
    assert report.error is None, report


@pytest.mark.long
def test_updates_are_offered_to_everyone_and_shown_on_request(
    site: Site, connected: Company, browser: Browser
) -> None:
    one, other = person(browser, site, "/jobs/"), person(browser, site, "/jobs/?q=full")
    one.evaluate("window.same = true")

    rename(connected, "Développeuse full-stack senior")

    for page in (one, other):
        expect(page.get_by_role("button", name="1 record changed. Show it")).to_be_visible()
        expect(page.get_by_role("link", name="Développeuse full-stack", exact=True)).to_be_visible()
        page.get_by_role("button", name="1 record changed. Show it").click()
        expect(page.get_by_role("link", name="Développeuse full-stack senior")).to_be_visible()
        expect(page.locator("#news")).to_be_hidden()
    expect(other).to_have_url(re.compile(r"\?q=full"))
    assert one.evaluate("window.same") is True


@pytest.fixture
def two_jobs(showcase: Showcase) -> tuple[str, str]:
    return str(showcase.job("dev").id), str(showcase.job("sales").id)


@pytest.mark.long
def test_a_records_page_offers_only_its_own_updates(
    site: Site, two_jobs: tuple[str, str], connected: Company, browser: Browser
) -> None:
    mine, unchanged = two_jobs
    page = person(browser, site, f"/jobs/{mine}/")
    beside = person(browser, site, f"/jobs/{unchanged}/")

    with beside.expect_response(lambda answer: answer.url.endswith(f"/jobs/{unchanged}/")):
        rename(connected, "Développeuse principale")

    page.get_by_role("button", name="This page has changed. Refresh it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Développeuse principale")
    expect(beside.locator("#news")).to_be_hidden()


@pytest.fixture
def elodie(showcase: Showcase) -> Talent:
    return showcase.talent("elodie")


def test_the_open_page_of_a_deleted_talent_removes_its_content(
    site: Site, elodie: Talent, connected: Company, browser: Browser
) -> None:
    page = person(browser, site, f"/talents/{elodie.id}/")
    expect(page.get_by_role("link", name=EMAIL)).to_be_visible()

    delete(connected, elodie.remote_id)

    expect(page.get_by_role("heading", name="No longer in the ATS")).to_be_visible()
    assert EMAIL not in page.content()
    assert str(elodie.last_name) not in page.content()
    page.reload()
    expect(page.get_by_role("heading", name="No longer in the ATS")).to_be_visible()


def test_the_open_page_of_an_erased_talent_removes_its_content(
    site: Site, elodie: Talent, connected: Company, browser: Browser, tmp_path: Path
) -> None:
    page = person(browser, site, f"/talents/{elodie.id}/")
    expect(page.get_by_role("link", name=EMAIL)).to_be_visible()

    storage = FolderStorage(tmp_path / "files")
    apart(lambda: erasure.erase(elodie.org, [elodie.id], vault=default_vault(), storage=storage))

    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    assert EMAIL not in page.content()
    assert str(elodie.last_name) not in page.content()


def delete(company: Company, remote_id: str) -> None:
    """Delete the talent in the ATS and run a reconcile, which notices it."""
    pages = _acme()
    left = [[one for one in page if one.remote_id != remote_id] for page in pages[Stream.TALENTS]]
    source = FakeSource({**pages, Stream.TALENTS: left}, specs=SPECS)
    report = apart(lambda: asyncio.run(run_source(source, company, Mode.RECONCILE)))
    assert report.counts(Stream.TALENTS).deleted == 1, report


@pytest.mark.long
def test_changes_during_a_server_restart_are_offered(
    unserved: Site, connected: Company, browser: Browser
) -> None:
    site, port = unserved, free_port()
    server = site.serve(port)
    page = person(browser, site, "/jobs/")
    server.terminate()
    assert server.wait(timeout=PATIENCE / 1000) in (0, -15)  # despite a page's open stream
    expect(page.locator("body[data-connected=no]")).to_be_attached()

    rename(connected, "Développeuse revenue")
    site.serve(port)

    expect(page.locator("body[data-connected=yes]")).to_be_attached()
    page.get_by_role("button", name=re.compile(r"records? changed\. Show")).click()
    expect(page.get_by_role("link", name="Développeuse revenue")).to_be_visible()


def test_both_people_see_a_started_sync_and_its_outcome(
    site: Site, connected: Company, browser: Browser, tmp_path: Path
) -> None:
    port = free_port()
    site.start("sandbox", "teamtailor", "--port", str(port), "--talents", "30")
    apart(lambda: asyncio.run(connected.move(f"http://127.0.0.1:{port}")))
    one = person(browser, site, "/talents/")
    phone = {"width": 390, "height": 844}
    other = person(browser, site, "/talents/", has_touch=True, viewport=phone)

    one.get_by_role("button", name=ICON).press("Enter")
    for page in (one, other):
        expect(page.locator(".sync-press.is-turning")).to_be_visible()
        expect(page.locator(".sync-tip")).to_contain_text(re.compile("Waiting to start|Syncing"))
    with other.expect_response(lambda answer: answer.request.method == "POST"):
        other.get_by_role("button", name=ICON).tap()  # joins the running sync
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'sync_connection'"
    assert apart(lambda: asyncio.run(connected.value(waiting))) == 1

    site.start("worker")

    for page in (one, other):
        expect(page.locator(".sync-press.is-turning")).to_have_count(0)
        expect(page.locator(".sync-tip")).to_contain_text("Synced just now")
    expect(one.get_by_role("button", name=re.compile(r"records? changed\. Show"))).to_be_visible()


@pytest.mark.long
def test_the_icon_explains_itself_on_hover_focus_and_touch(
    site: Site, connected: Company, browser: Browser
) -> None:
    mouse = person(browser, site, "/jobs/")
    tip = mouse.locator(".sync-tip")
    expect(tip).to_be_hidden()
    mouse.get_by_role("button", name="Sync jobs").hover()
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("Synced")
    mouse.mouse.move(0, 400)
    expect(tip).to_be_hidden()
    mouse.get_by_role("button", name="Sync jobs").focus()
    expect(tip).to_be_visible()
    mouse.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    phone = person(browser, site, "/jobs/", has_touch=True, viewport={"width": 390, "height": 844})
    expect(phone.locator(".sync-tip")).to_be_visible()


@pytest.mark.long
def test_signed_out_pages_show_and_receive_nothing(
    site: Site, elodie: Talent, connected: Company, browser: Browser
) -> None:
    page = person(browser, site, f"/talents/{elodie.id}/")
    expect(page.get_by_role("link", name=EMAIL)).to_be_visible()

    apart(lambda: asyncio.run(connected.rows("DELETE FROM session")))

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert EMAIL not in page.content()


@pytest.mark.long
def test_a_failed_sync_rings_the_bell_of_an_open_page(
    site: Site, connected: Company, browser: Browser
) -> None:
    page = person(browser, site, "/talents/")
    expect(page.get_by_role("link", name="Notifications", exact=True)).to_be_visible()

    async def fail() -> None:
        refused = ConfigError("key_refused", ats="Acme")
        await run_source(FakeSource(_acme(), specs=SPECS, fail_after=0, error=refused), connected)

    apart(lambda: asyncio.run(fail()))

    toast = page.locator(".toast")
    expect(toast).to_contain_text("failed")
    expect(toast).to_contain_text("Acme refused the API key")
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)
    bell = page.get_by_role("link", name="Notifications, 1 unread")
    expect(bell).to_be_visible()
    expect(page.locator("#sync-status")).to_contain_text("Sync failed")
    bell.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("link", name="Notifications", exact=True)).to_be_visible()


UNASKED = "jemmo-unasked"


@pytest.mark.sample(1)
@pytest.mark.parametrize("trigger", ["load", "every 20ms", "jemmo:sync from:body"])
def test_automatic_requests_are_marked(
    site: Site, showcase: Showcase, browser: Browser, trigger: str
) -> None:
    page = person(browser, site, "/jobs/")
    with page.expect_request(re.compile("by-itself")) as asked:
        page.evaluate(
            """(trigger) => {
                const part = document.createElement("span");
                part.setAttribute("hx-get", "/status/?by-itself");
                part.setAttribute("hx-trigger", trigger);
                document.body.append(part);
                htmx.process(part);
                document.body.dispatchEvent(new CustomEvent("jemmo:sync"));
            }""",
            trigger,
        )
    assert UNASKED in asked.value.headers
    with page.expect_request(re.compile("q=full")) as typed:
        page.get_by_role("searchbox").fill("full")
    assert UNASKED not in typed.value.headers
