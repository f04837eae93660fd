"""The web application in a process of its own, and a Chromium in front of it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes.receivers import MailServer, receivers
from playwright.sync_api import Browser, Page, sync_playwright

if TYPE_CHECKING:  # models can be imported only once Django is set up, which is after this file
    from fakes.showcase import Showcase

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PASSWORD = "correct horse battery"

Opens = Callable[..., Page]


@pytest.fixture(scope="session")
def web_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of its own with the static files collected, for this process's servers."""
    home = tmp_path_factory.mktemp("web-home")
    subprocess.run(
        [sys.executable, "-m", "django", "collectstatic", "--noinput", "-v", "0"],
        env={**os.environ, "JEMMO_HOME": str(home)},
        check=True,
    )
    return home


@pytest.fixture
def showcase(database_url: str) -> Showcase:
    from fakes.showcase import showcase

    return showcase(database_url)


@pytest.fixture
def address(showcase: Showcase, web_home: Path) -> Iterator[str]:
    """Where the showcase is served."""
    with served(web_home) as found:
        yield found


@contextmanager
def served(web_home: Path, **more: str) -> Iterator[str]:
    """The web application over the test's database.

    The port is open before the server starts: who comes early waits in the queue.
    """
    env = {**_environment(web_home), **more}
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        command = ["uvicorn", "jemmo.asgi:application", "--lifespan", "off"]
        command += ["--timeout-graceful-shutdown", "1"]  # open pages hear news until then
        server = subprocess.Popen(
            [sys.executable, "-m", *command, "--log-level", "warning", "--fd", str(door.fileno())],
            env=env,
            pass_fds=[door.fileno()],
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _environment(web_home: Path) -> dict[str, str]:
    from jemmo.vault import keyset_path

    return {
        **os.environ,
        "JEMMO_HOME": str(web_home),
        "JEMMO_KEYSET": str(keyset_path()),
        "JEMMO_SECRET_KEY": secrets.token_hex(32),
    }


@dataclass
class Office:
    """A company without any connection, its people, an ATS that answers, and a worker.

    The keys: one that may read everything, one that may not, one that replaces the first, one of another company.
    """

    address: str
    ats: str
    key: str = "admin-key-00000000000000001"
    weak: str = "weak-key-000000000000000002"
    newer: str = "admin-key-00000000000000003"
    foreign: str = "other-key-00000000000000004"

    def order(self, what: str, body: dict[str, Any]) -> Any:
        """An order to the simulated ATS: see its README."""
        request = urllib.request.Request(
            f"{self.ats}/__sandbox__/{what}", json.dumps(body).encode(), method="POST"
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def ids(self, kind: str) -> list[str]:
        with urllib.request.urlopen(f"{self.ats}/__sandbox__/truth/{kind}") as answer:
            return [json.loads(line)["id"] for line in answer]


@pytest.fixture
def office(database_url: str, web_home: Path) -> Iterator[Office]:
    from jemmo.services import accounts

    org = accounts.ensure_organisation("atelier", "Atelier")
    for role in ("owner", "admin", "recruiter", "viewer"):
        accounts.add_member(org, f"{role}@acme.example", role, PASSWORD)
    arguments = ["--talents", "240", "--key", Office.key, "--no-rate-limit"]
    arguments += ["--extra-key", f"{Office.weak}=public"]
    arguments += ["--extra-key", f"{Office.newer}=admin"]
    arguments += ["--extra-key", f"{Office.foreign}=foreign"]
    sandbox = subprocess.Popen(
        [sys.executable, "-m", "jemmo.sandbox", "teamtailor", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    worker = subprocess.Popen(
        [sys.executable, "-m", "jemmo", "worker"],
        env=_environment(web_home),
        stdout=subprocess.DEVNULL,
    )
    try:
        assert sandbox.stdout is not None
        ats = sandbox.stdout.readline().split()[3]
        with served(web_home, JEMMO_ATS_HOSTS="127.0.0.1") as address:
            yield Office(address=address, ats=ats)
    finally:
        for process in (sandbox, worker):
            process.terminate()
            process.wait()
        assert sandbox.stdout is not None
        sandbox.stdout.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def opens(address: str) -> Iterator[Opens]:
    """Opens a page of a new browser profile, signed in as the recruiter unless told otherwise.

    Afterwards no page may have complained: neither about a script nor about the content policy.
    """
    yield from _browser(address, "recruiter")


@pytest.fixture
def visits(office: Office) -> Iterator[Opens]:
    """The same in the office, signed in as the admin unless told otherwise."""
    yield from _browser(office.address, "admin")


def _browser(address: str, usual: str) -> Iterator[Opens]:
    complaints: list[str] = []
    with chromium() as browser:

        def open_page(
            path: str, *, signed_in: bool = True, role: str = usual, **profile: Any
        ) -> Page:
            context = browser.new_context(base_url=address, locale="en-GB", **profile)
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console",
                lambda said: complaints.append(said.text) if said.type == "error" else None,
            )
            if signed_in:
                page.goto(f"/accounts/login/?next={path}")
                page.get_by_label("E-mail").fill(f"{role}@acme.example")
                page.get_by_label("Password").fill(PASSWORD)
                page.get_by_role("button", name="Sign in").click()
                page.wait_for_url(lambda url: "/accounts/" not in url)
            else:
                page.goto(path)
            return page

        yield open_page
    assert complaints == []


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """The letters that an installation sends."""
    with receivers() as (found, _):
        yield found


@pytest.fixture
def posting(database_url: str, web_home: Path, mail: MailServer) -> Iterator[str]:
    """Where an installation is served that sends e-mail and has nobody in it yet."""
    with served(web_home, JEMMO_EMAIL_URL=f"smtp://127.0.0.1:{mail.port}?tls=no") as found:
        yield found


@pytest.fixture
def enters(posting: str) -> Iterator[Opens]:
    yield from _browser(posting, "owner")
