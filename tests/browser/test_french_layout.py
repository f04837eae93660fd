"""French texts are longer than English ones; nothing is cut off, from a phone to a usual screen."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from fakes.browsing import cut_off, cut_off_choices, overflows
from fakes.showcase import NOW, PASSWORD, Showcase
from playwright.sync_api import Page, expect

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode
from jemmo.services.accounts import accounts
from jemmo.store.models import SyncRun

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]
# Font widths differ between machines, so leave some margin.
WIDER_FONT = """() => document.querySelectorAll(".history").forEach(
    table => { table.style.letterSpacing = "0.05em"; })"""
BROKEN_WORDS = """() => [...document.querySelectorAll("main button")].flatMap(button => {
    const texts = document.createTreeWalker(button, NodeFilter.SHOW_TEXT), broken = [];
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
        if (text.parentElement.classList.contains("hidden")) continue;
        for (const word of text.data.matchAll(/\\S+/g)) {
            const range = document.createRange();
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            if (range.getClientRects().length > 1) broken.push(word[0]);
        }
    }
    return broken;
})"""
MANY = {"fetched": 1, "created": 123_456, "updated": 123_456, "deleted": 123_456}


@pytest.fixture
def paths(showcase: Showcase) -> list[str]:
    """The pages of a connection with every kind of sync in its history, with large numbers."""
    accounts.add_member(showcase.org, "owner@acme.example", "owner", PASSWORD)
    first = showcase.run()
    kinds = product(Mode, ("manual", "schedule", "webhook"), RunStatus)
    report = {"streams": {"talents": MANY}, "requests": 123_456, "seconds": 12_345.6}
    SyncRun.objects.bulk_create(
        SyncRun(
            connection_id=first.connection_id,
            mode=mode,
            trigger=trigger,
            status="failed" if status == "running" else status,
            started_at=NOW - timedelta(minutes=number),
            finished_at=NOW,
            report=report,
        )
        for number, (mode, trigger, status) in enumerate(kinds)
    )
    ats = "/settings/organization/ats/"
    settings = ("quality", "logs", "schedule", "privacy/access")
    return [
        *("/jobs/", "/talents/", ats, f"{ats}{first.connection_id}/", f"{ats}runs/{first.id}/"),
        *(f"/settings/{part}/" for part in settings),
    ]


@pytest.mark.long
def test_nothing_is_cut_off_in_french(paths: list[str], opens: Opens) -> None:
    page = opens("/jobs/", role="owner")
    page.locator("summary[aria-label=Account]").click()
    page.get_by_role("button", name="Français").click()
    page.locator("summary[aria-label=Compte]").click()
    expect(page.locator(".choices").first).to_be_visible()
    findings: list[tuple[object, ...]] = [*cut_off(page, ".choices")]
    for path in paths:
        for width in (1440, 1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(path)
            expect(page.locator("h1").first).to_be_visible()
            page.evaluate(WIDER_FONT)
            tables = ".scroll" if width > 390 else ".scroll:has(.history)"
            findings += cut_off(page, f"{tables}, main, .card, .tiles")
            findings += cut_off_choices(page)
            findings += overflows(page, path, (width,))
    assert findings == []


def test_a_note_explains_only_columns_that_are_shown(paths: list[str], opens: Opens) -> None:
    """On a telephone the counts of past syncs are hidden, and so is the note about them."""
    page = opens(paths[3], role="owner")
    for language, note, column in (
        ("English", "The created and updated counts don't include", "Created"),
        ("Français", "Les créations et les modifications n’incluent pas", "Créées"),
    ):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.locator("summary[aria-label=Account], summary[aria-label=Compte]").click()
        page.get_by_role("button", name=language).click()
        page.goto(paths[3])
        for width, is_shown in ((1280, True), (390, False)):
            page.set_viewport_size({"width": width, "height": 900})
            expect(page.get_by_role("columnheader", name=column)).to_be_visible(visible=is_shown)
            expect(page.get_by_text(note)).to_be_visible(visible=is_shown)


def test_no_word_of_a_button_is_broken_in_french(paths: list[str], opens: Opens) -> None:
    page = opens("/settings/members/", role="owner")
    page.locator("summary[aria-label=Account]").click()
    page.get_by_role("button", name="Français").click()
    for width in (1440, 1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("/settings/members/")
        expect(page.locator("main button").first).to_be_visible()
        assert page.evaluate(BROKEN_WORDS) == [], width
