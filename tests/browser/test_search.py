"""Searching a list: the displayed count, clearing the search, and what remains after signing out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]


def test_the_count_is_announced_and_a_search_can_be_cleared(opens: Opens) -> None:
    page = opens("/talents/")
    told = page.locator("#count")
    clear = page.get_by_role("link", name="Clear", exact=True)
    expect(told).to_have_text("62 talents")
    expect(clear).to_be_hidden()

    page.get_by_label("Stage").select_option("Interview")
    expect(told).to_have_text("1 talent")
    expect(page).to_have_url(re.compile("stage=INTERVIEW"))
    page.get_by_role("searchbox").fill("nobody")
    expect(told).to_have_text("0 talents")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()

    clear.click()
    expect(page).to_have_url(re.compile("/talents/$"))
    expect(told).to_have_text("62 talents")


@pytest.mark.long
def test_going_back_after_searching_shows_the_earlier_list(opens: Opens) -> None:
    page = opens("/talents/")
    page.get_by_role("searchbox").fill("elod")
    expect(page.locator("#count")).to_have_text("1 talent")

    page.go_back()

    expect(page.locator("#count")).to_have_text("62 talents")
    expect(page.get_by_role("banner")).to_have_count(1)


@pytest.mark.long
def test_nothing_remains_in_the_browser_after_signing_out(opens: Opens) -> None:
    page = opens("/talents/")
    page.get_by_role("searchbox").fill("elod")
    expect(page.locator("#count")).to_have_text("1 talent")
    assert "Müller" not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")

    page.locator("summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.go_back()

    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    expect(page.get_by_text("Müller")).to_have_count(0)


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_account_pages_are_accessible(opens: Opens, scheme: str) -> None:
    page = opens("/jobs/", color_scheme=scheme)
    findings = []
    for path in ("/accounts/password/change/", "/accounts/password/reset/", "/accounts/2fa/"):
        page.goto(path)
        findings += [
            (path, one["id"], [node["html"][:200] for node in one["nodes"]])
            for one in Axe().run(page).response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
    assert findings == []
