"""Settings > Logs and the search for a record, as used by a recruiter."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

import pytest
from fakes.showcase import EMAIL, Showcase
from playwright.sync_api import Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]


@pytest.fixture
def kept_out(showcase: Showcase) -> None:
    from jemmo.store.models import Connection, Rejection

    Rejection.objects.bulk_create(
        Rejection(
            connection=Connection.objects.get(org=showcase.org),
            stream="talents",
            remote_id=f"7000{number}",
            code="no_name",
            message=f"Talent {number} of {EMAIL} has no name.",
        )
        for number in range(3)
    )


def test_a_search_filters_the_log_and_is_in_the_url(kept_out: None, opens: Opens) -> None:
    page = opens("/settings/logs/")
    entries = page.locator("ol.log > li")
    expect(entries).to_have_count(3)

    page.get_by_role("searchbox").press_sequentially("70002")
    expect(entries).to_have_count(1)
    expect(page).to_have_url(re.compile("[?&]q=70002"))
    page.reload()
    expect(entries).to_have_count(1)
    page.get_by_label("Severity").select_option("Error")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_role("link", name="Clear", exact=True).click()
    expect(entries).to_have_count(3)


def test_an_entry_is_copied_for_support_without_contact_details(
    kept_out: None, opens: Opens
) -> None:
    page = opens("/settings/logs/?q=70001", permissions=["clipboard-read", "clipboard-write"])
    assert EMAIL not in page.content()

    button = page.get_by_role("button", name="Copy for support")
    button.click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "code: no_name" in copied
    assert "remote_id: 70001" in copied
    assert "next_step: " in copied
    assert EMAIL not in copied


@pytest.mark.long
def test_an_entry_links_to_the_explanation_of_its_record(kept_out: None, opens: Opens) -> None:
    page = opens("/settings/logs/?q=70000")

    page.get_by_role("link", name="Explain this record").click()

    expect(page.get_by_text("The ATS sent this record, but Jemmo rejected it")).to_be_visible()
    page.get_by_role("searchbox").fill("draft")
    page.keyboard.press("Enter")
    expect(
        page.get_by_text("one of your organization's rules excludes it: Draft jobs.")
    ).to_be_visible()


@pytest.mark.long
def test_an_empty_result_links_to_the_explanation(kept_out: None, opens: Opens) -> None:
    page = opens("/talents/?q=idle")

    page.get_by_role("link", name="Why is this record missing?").click()

    expect(page.get_by_text("Talents without an active application")).to_be_visible()
