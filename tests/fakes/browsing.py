"""What browser tests do besides looking: ask the tables, ask axe, and measure."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from axe_playwright_python.sync_playwright import Axe
from django.db import connections
from playwright.sync_api import Page

from jemmo.store.db import scope

T = TypeVar("T")
PATIENCE = 300_000  # milliseconds: a page fails because something never comes, not because the machine is busy


def apart(work: Callable[[], T]) -> T:
    """Look at the tables in a thread of its own: in this one Playwright keeps an event loop."""

    def run() -> T:
        try:
            with scope.acting_in(scope.EVERYTHING):
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


CUT_OFF = """(selector) => [...document.querySelectorAll(selector)]
    .filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
    .map(one => [one.className, one.scrollWidth, one.clientWidth])"""


def cut_off(page: Page, selector: str) -> list[tuple[str, str, int, int]]:
    """What is wider than the room it has, though nothing says that it can be scrolled."""
    return [(page.url, *measure) for measure in page.evaluate(CUT_OFF, selector)]


# A copy that offers the chosen text alone is as wide as this text needs.
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
    """Lists to choose from whose chosen text has not room enough."""
    return [(page.url, *measure) for measure in page.evaluate(CHOSEN)]
