"""Helpers for browser tests: query the tables, check accessibility with axe, and measure elements."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Page

from jemmo.store.db import scope

T = TypeVar("T")
PATIENCE = 300_000  # milliseconds, so that a test fails only if something never appears, not on a busy machine


def apart(work: Callable[[], T]) -> T:
    """Query the tables in a separate thread, because Playwright runs an event loop in this one."""

    def run() -> T:
        try:
            with scope.acting_in(scope.EVERYTHING):
                return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


AXE = Axe().axe_script
# Passed checks are far larger, so they stay in the browser.
VIOLATIONS = 'axe.run({resultTypes: ["violations"]}).then(found => found.violations)'

WIDTHS = (320, 390, 768, 1280, 1920)
SCREEN = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
Found = list[tuple[str, str, list[str]]]


def violations(page: Page, *impacts: str) -> Found:
    """Return axe-core's violations of these impacts, or of any: page, rule, and elements."""
    page.evaluate(AXE)
    return [
        (page.url, one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in page.evaluate(VIOLATIONS)
        if not impacts or one["impact"] in impacts
    ]


def serious_violations(page: Page) -> Found:
    """Return the violations that axe-core rates serious or critical."""
    return violations(page, "serious", "critical")


def overflows(
    page: Page, path: str, widths: tuple[int, ...] = WIDTHS
) -> list[tuple[str, int, int]]:
    """Return the path, screen width and content width wherever the page is wider than the screen."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        content, screen = page.evaluate(SCREEN)
        found += [(path, width, content)] if content > screen else []
    return found


CUT_OFF = """(selector) => [...document.querySelectorAll(selector)]
    .filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
    .map(one => [one.className, one.scrollWidth, one.clientWidth])"""


def cut_off(page: Page, selector: str) -> list[tuple[str, str, int, int]]:
    """Return the elements whose content is wider than they are."""
    return [(page.url, *measure) for measure in page.evaluate(CUT_OFF, selector)]


# A copy with only the selected option is exactly as wide as its text.
CHOSEN = """() => [...document.querySelectorAll("select")].filter(one => one.clientWidth).flatMap(one => {
    const text = one.selectedOptions[0]?.text ?? "", copy = one.cloneNode();
    copy.append(new Option(text));
    copy.style.cssText = "position: absolute; width: max-content; max-width: none;";
    one.after(copy);
    const needed = copy.clientWidth;
    copy.remove();
    return needed > one.clientWidth + 1 ? [[text, needed, one.clientWidth]] : [];
})"""


def cut_off_choices(page: Page) -> list[tuple[str, str, int, int]]:
    """Return selects whose selected text is cut off."""
    return [(page.url, *measure) for measure in page.evaluate(CHOSEN)]
