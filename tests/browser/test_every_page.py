"""Checks every page: fits from a small phone to a wide screen, no layout shifts, few bytes, accessible."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.browsing import overflows, serious_violations
from fakes.kept import keep
from fakes.showcase import PASSWORD, Showcase
from playwright.sync_api import Page, expect

from jemmo.services.accounts import accounts
from jemmo.store.models import Talent

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]
MAX_SHIFT = 0.01  # in Chromium's measure, where 0.1 counts as good
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
def paths(
    showcase: Showcase, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Every page of a company that its owner can open; one talent has a file, one must not be contacted."""
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    accounts.add_member(showcase.org, "owner@acme.example", "owner", PASSWORD)
    run, elodie, quiet = showcase.run(), showcase.talent("elodie"), showcase.talent("filler-01")
    keep(database_url, elodie, b"%PDF-1.4\n%a resume", tmp_path / "files")
    Talent.objects.filter(id=quiet.id).update(do_not_contact_at="2026-01-01T00:00Z")
    person = f"/settings/privacy/people/{elodie.id}/"
    connection = f"/settings/organization/ats/{run.connection_id}/"
    parts = ("", "plan/", "test/", "key/", "edit/", "disconnect/", "webhooks/", "pause/")
    settings: tuple[str, ...] = (
        "organization/ats",
        "organization/ats/connect",
        "organization/ats/connect/teamtailor",
        "organization/ats/connect/flatchr",
        "organization/ats/rules",
    )
    settings += ("schedule", "privacy", "privacy/erasures", "privacy/retention", "privacy/access")
    settings += ("privacy/processing", "privacy/organisation")
    settings += ("api", "api/webhooks")
    settings += ("logs", "why", "quality", "members", "notifications", "profile")
    return [
        *("/jobs/", "/talents/", "/talents/?q=nobody", "/notifications/", "/help/"),
        "/help/guides/",
        f"/jobs/{showcase.job('dev').id}/",
        *(f"/talents/{elodie.id}/", f"/talents/{elodie.id}/contact/", f"/talents/{quiet.id}/"),
        f"/settings/organization/ats/runs/{run.id}/",
        *(person, f"{person}erase/"),
        *("/settings/why/?q=e", "/settings/why/?q=nobody"),
        *(f"/settings/{one}/" for one in settings),
        *(f"{connection}{one}" for one in parts),
        *("/accounts/email/", "/accounts/password/change/", "/accounts/2fa/"),
    ]


def each(page: Page, paths: list[str]) -> Iterator[str]:
    size = page.viewport_size
    assert size is not None
    for path in paths:
        page.set_viewport_size(size)
        page.goto(path)
        yield path


PHONE, DESK = 390, 1280


@pytest.mark.parametrize(
    ("language", "scheme", "width", "nth"),
    [
        ("English", "light", DESK, 5),  # every fifth page
        pytest.param("English", "light", DESK, 1, marks=pytest.mark.long),
        pytest.param("Français", "dark", PHONE, 1, marks=pytest.mark.long),
    ],
)
def test_no_page_is_inaccessible_overflows_or_shifts(
    paths: list[str], opens: Opens, language: str, scheme: str, width: int, nth: int
) -> None:
    paths = paths[::nth]
    looks = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    out = opens("/accounts/login/", signed_in=False, **looks)
    out.get_by_role("button", name=language).click()
    findings: list[Any] = []
    for path in each(out, ["/accounts/login/", "/accounts/password/reset/"]):
        findings += serious_violations(out) + overflows(out, path)
    page = opens("/jobs/", role="owner", **looks)
    page.locator("summary[aria-label=Account], summary[aria-label=Compte]").click()
    findings += serious_violations(page)
    page.get_by_role("button", name=language).click()
    heading, bubble = {"English": ("Jobs", "Help"), "Français": ("Postes", "Aide")}[language]
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    page.get_by_role("button", name=bubble).click()
    expect(page.locator("#help-panel #id_body")).to_be_visible()
    findings += serious_violations(page) + overflows(page, "the help bubble")
    shifts = {}
    for path in each(page, paths):
        shifts[path] = page.evaluate(SHIFT)
        findings += serious_violations(page) + overflows(page, path)
        page.set_viewport_size({"width": PHONE if width == DESK else DESK, "height": 900})
        findings += serious_violations(page)
    page = opens("/jobs/", role="recruiter", **looks)
    for _ in each(page, [one for one in paths if one.startswith(("/jobs/", "/talents/"))]):
        findings += serious_violations(page)
    assert findings == []
    assert {path: shift for path, shift in shifts.items() if shift > MAX_SHIFT} == {}


@pytest.mark.long
def test_a_first_visit_costs_little(paths: list[str], opens: Opens) -> None:
    """Opens each page in a browser that has stored only the session."""
    page = opens("/jobs/", role="owner")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})

    costs = {path: page.evaluate(BYTES) for path in each(page, paths)}

    assert min(costs.values()) > 30_000  # the shared files were measured for every page
    assert {path: cost for path, cost in costs.items() if cost > MAX_BYTES} == {}
