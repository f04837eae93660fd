"""The web application in a process of its own, and a Chromium in front of it."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
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
    """Where the showcase is served.

    The port is open before the server starts: who comes early waits in the queue.
    """
    from jemmo.vault import keyset_path

    env = {
        **os.environ,
        "JEMMO_HOME": str(web_home),
        "JEMMO_KEYSET": str(keyset_path()),
        "JEMMO_SECRET_KEY": secrets.token_hex(32),
    }
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        command = ["uvicorn", "jemmo.asgi:application", "--lifespan", "off"]
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
    complaints: list[str] = []
    with chromium() as browser:

        def open_page(path: str, *, signed_in: bool = True, **profile: Any) -> Page:
            context = browser.new_context(base_url=address, locale="en-GB", **profile)
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console",
                lambda said: complaints.append(said.text) if said.type == "error" else None,
            )
            if signed_in:
                page.goto(f"/accounts/login/?next={path}")
                page.get_by_label("E-mail").fill("recruiter@acme.example")
                page.get_by_label("Password").fill(PASSWORD)
                page.get_by_role("button", name="Sign in").click()
                page.wait_for_url(lambda url: "/accounts/" not in url)
            else:
                page.goto(path)
            return page

        yield open_page
    assert complaints == []
