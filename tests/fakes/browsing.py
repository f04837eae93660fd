"""What browser tests do besides looking: ask the tables, and ask axe."""

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


def hindrances(page: Page) -> list[tuple[str, str, list[str]]]:
    """What axe-core calls serious or critical: where, what, and the elements."""
    return [
        (page.url, one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
