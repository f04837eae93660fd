"""What browser tests do besides looking: ask the tables, ask axe, and measure."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Page

from jemmo.store import scope

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """Look at the tables in a thread of its own: in this one Playwright keeps an event loop."""

    def run() -> T:
        try:
            with scope.under(scope.EVERYTHING):
                return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


AXE = Axe().axe_script
# What passes is many times as much, and stays in the browser.
VIOLATIONS = 'axe.run({resultTypes: ["violations"]}).then(found => found.violations)'

WIDTHS = (320, 390, 768, 1280, 1920)
SCREEN = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
Found = list[tuple[str, str, list[str]]]


def violations(page: Page, *impacts: str) -> Found:
    """What axe-core finds, of these impacts or of any: where, what, and the elements."""
    page.evaluate(AXE)
    return [
        (page.url, one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in page.evaluate(VIOLATIONS)
        if not impacts or one["impact"] in impacts
    ]


def hindrances(page: Page) -> Found:
    """What axe-core calls serious or critical."""
    return violations(page, "serious", "critical")


def overflows(
    page: Page, path: str, widths: tuple[int, ...] = WIDTHS
) -> list[tuple[str, int, int]]:
    """Where the page is wider than the screen, from a small phone to a wide screen."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        content, screen = page.evaluate(SCREEN)
        found += [(path, width, content)] if content > screen else []
    return found
