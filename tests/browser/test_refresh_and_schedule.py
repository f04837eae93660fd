"""A recruiter refreshes a record and an admin sets the schedule, with a simulated ATS, a worker and a Chromium."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from fakes.browsing import overflows, violations
from playwright.sync_api import Page, expect

from browser.test_ats_settings import connect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]


def rename(office: Any, talent: str, name: str) -> None:
    order = {"type": "candidates", "id": talent, "attributes": {"first-name": name}}
    office.order("edit", order)


@pytest.mark.long
def test_a_talent_is_refreshed_on_its_page(office: Any, visits: Opens) -> None:
    admin = visits("/settings/organization/ats/")
    connect(admin, office)
    page = visits("/talents/", role="recruiter")
    page.locator("#results tbody a").first.click()
    expect(page).to_have_url(re.compile(r"/talents/[0-9a-f-]{36}/$"))
    origin = page.locator("aside").get_by_text(re.compile(r"no\. \d+")).inner_text()
    talent = origin.removeprefix("no. ")
    refresh = page.get_by_role("button", name="Refresh from the ATS")
    page.evaluate("window.neverReloaded = true")

    rename(office, talent, "Zénobie")
    refresh.focus()
    page.keyboard.press("Enter")

    told = page.locator("#refresh-told")
    expect(told).to_contain_text("Read from the ATS")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Zénobie")
    assert page.evaluate("window.neverReloaded")
    expect(refresh).to_be_focused()
    expect(refresh).not_to_have_attribute("aria-disabled", "true")
    assert violations(page) == []

    admin.goto("/settings/organization/ats/")
    admin.get_by_role("button", name="Pause").click()
    page.reload()
    expect(told).to_contain_text("This connection is paused.")
    expect(refresh).to_have_attribute("aria-disabled", "true")


@pytest.mark.long
def test_the_schedule_is_set_and_its_effect_is_shown(office: Any, visits: Opens) -> None:
    page = visits("/settings/organization/ats/")
    connect(page, office)
    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Schedule").click()
    starts = page.locator(".starts .start")
    expect(starts).to_have_count(4)

    line = page.get_by_role("group", name="Quiet hours, line 1")
    for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"):
        line.get_by_text(day).click()
    line.get_by_label("From").fill("00:00")
    line.get_by_label("To").fill("00:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("cover the whole week")

    line = page.get_by_role("group", name="Quiet hours, line 1")
    line.get_by_label("To").fill("21:00")
    page.get_by_label("Time zone").select_option("America/New_York")
    page.get_by_label("During off-peak hours").check()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Saved.")).to_be_visible()
    for start in starts.all_inner_texts():
        assert re.search(r"\b2[123]:\d\d", start), start
    expect(page.get_by_role("group", name="Quiet hours, line 2")).to_be_visible()
    assert violations(page) == []
    assert overflows(page, "the schedule", (360, 1440)) == []
