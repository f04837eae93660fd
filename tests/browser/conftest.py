"""The web application, and a Chromium to visit it."""

from __future__ import annotations

import gc
import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
import warnings
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, current_thread, main_thread
from typing import TYPE_CHECKING, Any

import pytest
from fakes.browsing import PATIENCE
from fakes.receivers import MailServer, receivers
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pytest_django import Settings

if TYPE_CHECKING:  # models can be imported only once Django is set up, which is after this file
    from fakes.showcase import Showcase

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PASSWORD = "correct horse battery"

Opens = Callable[..., Page]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ignore connections left open when a browser leaves in the middle of a response and the server's thread ends."""
    left_open = "ignore:.*was deleted while still open:ResourceWarning"
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.filterwarnings(left_open))


@pytest.fixture(autouse=True)
def ats_never_responds(no_retry_pauses: None) -> None:
    """The showcase's ATS never responds, so retries must not wait."""


@pytest.fixture
def address(showcase: Showcase, static_files: None) -> Iterator[str]:
    """The URL of a server with the showcase."""
    with served() as found:
        yield found


expect.set_options(timeout=PATIENCE)


@contextmanager
def served() -> Iterator[str]:
    """Serve the web application on the test's database, in a thread since this process has loaded everything.

    The port is open before the server starts, so early requests wait in the queue.
    """
    import uvicorn

    from jemmo import asgi
    from jemmo.services.notifications import live
    from jemmo.web.webhooks.ingest import Hooks

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            live.close()  # ends the event streams of open pages
            await super().shutdown(sockets)

    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")
    config = uvicorn.Config(
        asgi.application, lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = Server(config)
    asgi.hooks = Hooks()  # each instance stays with the database of its first webhook
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = Thread(target=server.run, args=[[door]])
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            gc.collect()  # so that connections left open are collected here and not in a later test


@dataclass
class Office:
    """A company without connections, its members, a simulated ATS, and a worker.

    ``key`` may read everything, ``weak`` may not, ``newer`` replaces ``key``, and ``foreign`` is another company's.
    """

    address: str
    ats: str
    key: str = "admin-key-00000000000000001"
    weak: str = "weak-key-000000000000000002"
    newer: str = "admin-key-00000000000000003"
    foreign: str = "other-key-00000000000000004"

    def order(self, what: str, body: dict[str, Any]) -> Any:
        """Send an order to the simulated ATS; see its README."""
        request = urllib.request.Request(
            f"{self.ats}/__sandbox__/{what}", json.dumps(body).encode(), method="POST"
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def ids(self, kind: str) -> list[str]:
        with urllib.request.urlopen(f"{self.ats}/__sandbox__/truth/{kind}") as answer:
            return [json.loads(line)["id"] for line in answer]


@pytest.fixture
def office(database_url: str, static_files: None, settings: Settings) -> Iterator[Office]:
    from jemmo.services.accounts import accounts

    org = accounts.ensure_organisation("atelier", "Atelier")
    for role in ("owner", "admin", "recruiter", "viewer"):
        accounts.add_member(org, f"{role}@acme.example", role, PASSWORD)
    arguments = ["--talents", "240", "--key", Office.key, "--no-rate-limit"]
    arguments += ["--extra-key", f"{Office.weak}=public"]
    arguments += ["--extra-key", f"{Office.newer}=admin"]
    arguments += ["--extra-key", f"{Office.foreign}=foreign"]
    settings.JEMMO_ATS_HOSTS = ["127.0.0.1"]
    sandbox = subprocess.Popen(
        [sys.executable, "-m", "jemmo.sandbox", "teamtailor", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    worker = subprocess.Popen([sys.executable, "-m", "jemmo", "worker"], stdout=subprocess.DEVNULL)
    try:
        assert sandbox.stdout is not None
        ats = sandbox.stdout.readline().split()[3]
        with served() as address:
            yield Office(address=address, ats=ats)
    finally:
        for process in (worker, sandbox):
            process.kill()  # on SIGTERM, a worker would first finish its page at the ATS's pace
            process.wait()
        assert sandbox.stdout is not None
        sandbox.stdout.close()


@pytest.fixture(scope="package")
def chromium(showcase_template: str) -> Iterator[Browser]:
    """One browser for all of these tests, since it takes a second to start."""
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.asyncio.get_running_loop", _loop_besides_playwrights)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


def _loop_besides_playwrights() -> AbstractEventLoop:
    """Hide Playwright's loop in the main thread from Django, so that tests can query the database there."""
    if current_thread() is main_thread():
        raise RuntimeError
    return get_running_loop()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The browser without profiles; those of the test are closed after it."""
    yield chromium
    for context in chromium.contexts:
        context.close()


@pytest.fixture
def opens(address: str, browser: Browser) -> Iterator[Opens]:
    """A function that opens a page in a new browser profile, signed in as the recruiter by default.

    After the test, checks that no page logged an error, such as a script error or a violation of the content policy.
    """
    yield from _opener(browser, address, "recruiter")


@pytest.fixture
def visits(office: Office, browser: Browser) -> Iterator[Opens]:
    """Like ``opens``, for the office, signed in as the admin by default."""
    yield from _opener(browser, office.address, "admin")


def _opener(browser: Browser, address: str, usual: str) -> Iterator[Opens]:
    complaints: list[str] = []

    def open_page(path: str, *, signed_in: bool = True, role: str = usual, **profile: Any) -> Page:
        context = browser.new_context(base_url=address, locale="en-GB", **profile)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if said.type == "error" else None
        )
        if signed_in:
            page.goto(f"/accounts/login/?next={path}")
            page.get_by_label("Email").fill(f"{role}@acme.example")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(lambda url: "/accounts/" not in url)
        else:
            page.goto(path)
        return page

    yield open_page
    for context in browser.contexts:
        context.close()  # closing delivers the remaining console messages
    assert complaints == []


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server that receives the e-mails an installation sends."""
    with receivers() as (found, _):
        yield found


@pytest.fixture
def posting(
    database_url: str, static_files: None, settings: Settings, mail: MailServer
) -> Iterator[str]:
    """The URL of a new installation without accounts that can send e-mail."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    with served() as found:
        yield found


@pytest.fixture
def enters(posting: str, browser: Browser) -> Iterator[Opens]:
    yield from _opener(browser, posting, "owner")
