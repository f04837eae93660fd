"""Asked of every page: room from a small phone to a wide screen, nothing that jumps, few bytes, no hindrance."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakes.browsing import hindrances
from fakes.showcase import PASSWORD, Showcase
from playwright.sync_api import Page, expect

from jemmo.services import accounts

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]
WIDTHS = (320, 390, 768, 1280, 1920)
SCREEN = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
MAX_SHIFT = 0.01  # of Chromium's measure, in which 0.1 counts as good
MAX_BYTES = 150 * 1024
SHIFT = """() => new Promise(done => {
    let sum = 0;
    const add = list => list.forEach(one => { if (!one.hadRecentInput) sum += one.value; });
    const watcher = new PerformanceObserver(list => add(list.getEntries()));
    watcher.observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
        add(watcher.takeRecords()); done(sum);
    })));
})"""
BYTES = """() => [performance.getEntriesByType("navigation"), performance.getEntriesByType("resource")].flat()
    .filter(one => !["img", "image"].includes(one.initiatorType) && !one.name.endsWith(".svg"))
    .reduce((sum, one) => sum + one.transferSize, 0)"""


@pytest.fixture
def paths(showcase: Showcase) -> list[str]:
    """Every page of a filled company, as its owner reaches it."""
    accounts.add_member(showcase.org, "owner@acme.example", "owner", PASSWORD)
    run = showcase.run()
    connection = f"/settings/ats/{run.connection_id}/"
    parts = ("", "plan/", "test/", "key/", "edit/", "disconnect/", "webhooks/", "pause/")
    settings: tuple[str, ...] = (
        "ats",
        "ats/connect",
        "ats/connect/teamtailor",
        "ats/connect/flatchr",
        "ats/rules",
    )
    settings += ("schedule", "privacy", "privacy/erasures", "privacy/retention", "privacy/access")
    settings += ("privacy/processing", "privacy/organisation")
    settings += ("logs", "why", "quality", "members", "notifications", "profile")
    return [
        *("/jobs/", "/talents/", "/talents/?q=nobody", "/notifications/", "/help/"),
        f"/jobs/{showcase.job('dev').id}/",
        f"/talents/{showcase.talent('elodie').id}/",
        f"/settings/ats/runs/{run.id}/",
        f"/settings/privacy/people/{showcase.talent('elodie').id}/",
        "/settings/why/?q=e",
        *(f"/settings/{one}/" for one in settings),
        *(f"{connection}{one}" for one in parts),
        *("/accounts/email/", "/accounts/password/change/", "/accounts/2fa/"),
    ]


def each(page: Page, paths: list[str]) -> Iterator[str]:
    for path in paths:
        page.goto(path)
        yield path


@pytest.mark.parametrize(("language", "scheme"), [("English", "light"), ("Français", "dark")])
def test_no_page_hinders_or_overflows(
    paths: list[str], opens: Opens, language: str, scheme: str
) -> None:
    out = opens("/accounts/login/", signed_in=False, color_scheme=scheme)
    out.get_by_role("button", name=language).click()
    findings: list[Any] = []
    for path in each(out, ["/accounts/login/", "/accounts/password/reset/"]):
        findings += hindrances(out) + overflows(out, path)
    page = opens("/jobs/", role="owner", color_scheme=scheme)
    page.locator("summary[aria-label=Account]").click()
    page.get_by_role("button", name=language).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        {"English": "Jobs", "Français": "Postes"}[language]
    )
    for path in each(page, paths):
        findings += hindrances(page) + overflows(page, path)
    assert findings == []


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_while_a_page_loads(paths: list[str], opens: Opens, width: int) -> None:
    page = opens("/jobs/", role="owner", viewport={"width": width, "height": 800})

    shifts = {path: page.evaluate(SHIFT) for path in each(page, paths)}

    assert {path: shift for path, shift in shifts.items() if shift > MAX_SHIFT} == {}


def test_a_first_visit_costs_little(paths: list[str], opens: Opens) -> None:
    """Each page in a browser that keeps nothing of Jemmo but the session."""
    page = opens("/jobs/", role="owner")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})

    costs = {path: page.evaluate(BYTES) for path in each(page, paths)}

    assert min(costs.values()) > 30_000  # what all pages share was measured with each
    assert {path: cost for path, cost in costs.items() if cost > MAX_BYTES} == {}


def overflows(page: Page, path: str) -> list[tuple[str, int, int]]:
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        content, screen = page.evaluate(SCREEN)
        found += [(path, width, content)] if content > screen else []
    return found
