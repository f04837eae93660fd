"""Takes the screenshots for the docs from a new demo: ``make screenshots``.

With ``--all DIRECTORY``, takes every page in both themes, on a wide screen and on a phone, for inspection.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from jemmo.cli.operations.demo import free_port

DOCS = Path(__file__).parent.parent / "docs" / "screenshots"
SHOWN = {path.stem for path in DOCS.glob("*.png")}
"""The screenshots used in the docs; a test fails if one is unused."""
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

PAGES = {
    "jobs": "/jobs/",
    "talents": "/talents/",
    "ats": "/settings/organization/ats/",
    "connect": "/settings/organization/ats/connect/",
    "rules": "/settings/organization/ats/rules/",
    "schedule": "/settings/schedule/",
    "privacy": "/settings/privacy/",
    "retention": "/settings/privacy/retention/",
    "access": "/settings/privacy/access/",
    "logs": "/settings/logs/",
    "why": "/settings/why/",
    "quality": "/settings/quality/",
    "members": "/settings/members/",
    "notifications": "/notifications/",
    "notification-settings": "/settings/notifications/",
    "profile": "/settings/profile/",
    "help": "/help/",
    "two-steps": "/accounts/2fa/",
    "not-found": "/nowhere/",
}
BEHIND = {  # by name: the page with the link, and the link
    "job": ("/jobs/", "tbody a"),
    "talent": ("/talents/", "tbody a"),
    "connection": ("/settings/organization/ats/", "section.connection h2 a"),
    "webhooks": ("/settings/organization/ats/", "main a[href$='/webhooks/']"),
    "run": ("/settings/organization/ats/", "main a[href^='/settings/organization/ats/runs/']"),
    "connect-one": ("/settings/organization/ats/connect/", "a[href$='/teamtailor/']"),
}
SIGNED_OUT = {"sign-in": "/accounts/login/", "forgotten": "/accounts/password/reset/"}


@contextmanager
def demonstration() -> Iterator[tuple[str, str]]:
    """Run a demo; yield its address and the password of its accounts."""
    with tempfile.TemporaryDirectory() as home:
        port = free_port()
        command = [sys.executable, "-m", "jemmo", "up", "--demo", "--port", str(port)]
        environment = {**os.environ, "JEMMO_HOME": home}
        environment.pop("DATABASE_URL", None)
        with subprocess.Popen(  # noqa: S603 - our own command
            command, env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    if "password" in line:
                        break
                else:
                    sys.exit("The demo didn't start; see above.")
                password = json.loads((Path(home) / "demo.json").read_text())["password"]
                yield f"http://127.0.0.1:{port}", password
            finally:
                process.terminate()
                process.communicate(timeout=60)


def sign_in(page: Page, base: str, email: str, password: str) -> None:
    page.goto(f"{base}/")
    page.fill("#id_login", email)
    page.fill("#id_password", password)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/jobs/")


def tell_errors(said: ConsoleMessage) -> None:
    if said.type == "error":
        print(said.text, file=sys.stderr)


def take(page: Page, base: str, pages: dict[str, str], folder: Path, tag: str) -> None:
    for name, path in pages.items():
        if folder == DOCS and name not in SHOWN:
            continue
        page.goto(base + path)
        page.screenshot(path=folder / f"{name}{tag}.png")


def take_behind(page: Page, base: str, folder: Path, tag: str) -> None:
    for name, (path, link) in BEHIND.items():
        if folder == DOCS and name not in SHOWN:
            continue
        page.goto(base + path)
        page.goto(base + str(page.locator(link).first.get_attribute("href")))
        page.screenshot(path=folder / f"{name}{tag}.png")


def browse(browser: Browser, base: str, password: str, everything: Path | None) -> None:
    sizes = (
        [("", "light", WIDE)]
        if everything is None
        else [
            (f"-{theme}-{word}", theme, size)
            for theme in ("light", "dark")
            for word, size in (("wide", WIDE), ("phone", PHONE))
        ]
    )
    folder = everything or DOCS
    folder.mkdir(parents=True, exist_ok=True)
    for tag, theme, size in sizes:
        context = browser.new_context(color_scheme=theme, viewport=size)  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", tell_errors)
        take(page, base, SIGNED_OUT, folder, tag)
        sign_in(page, base, "admin@example.com", password)
        take(page, base, PAGES, folder, tag)
        take_behind(page, base, folder, tag)
        context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="DIRECTORY")
    options = parser.parse_args()
    with demonstration() as (base, password), sync_playwright() as playwright:
        chromium = Path("/usr/bin/chromium")
        browser = playwright.chromium.launch(
            executable_path=chromium if chromium.exists() else None, args=["--no-sandbox"]
        )
        browse(browser, base, password, options.all)
        browser.close()


if __name__ == "__main__":
    main()
