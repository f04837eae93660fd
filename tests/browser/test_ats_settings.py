"""The ATS integration as used by an admin, with a simulated ATS, a worker and a Chromium."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]


def give_key(page: Page, office: Any, key: str) -> None:
    """Fill in the connect form, with the address of the simulated ATS."""
    page.get_by_label("API key").fill(key)
    further = page.locator("details.further")
    if further.get_attribute("open") is None:
        further.locator("summary").click()
    page.get_by_label("Custom address").fill(office.ats)
    page.get_by_role("button", name="Test and connect").click()


def connect(page: Page, office: Any) -> None:
    """Connect the ATS and wait for the first sync to end."""
    page.goto("/settings/organization/ats/connect/teamtailor/")
    give_key(page, office, office.key)
    page.get_by_role("button", name="Start now").click()
    expect(page.get_by_text("Synced within the last 24 hours")).to_be_visible()


def choose(page: Page, action: str) -> None:
    """Choose one of the rarer actions, which are collapsed."""
    page.locator("summary", has_text="More").click()
    page.get_by_role("link", name=action).click()


def test_an_ats_is_connected_and_its_first_sync_watched(office: Any, visits: Opens) -> None:
    page = visits("/settings/organization/ats/")
    page.get_by_role("link", name="Connect an ATS").click()
    page.get_by_role("link", name="Teamtailor").click()
    expect(page.get_by_text("Settings > Integrations > API keys")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Read candidates")).to_be_visible()

    give_key(page, office, "no-such-key-at-all")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Teamtailor refused the API key")
    expect(alert).to_contain_text("create a key with Admin scope")
    expect(page.get_by_label("API key")).to_have_value("")
    assert "no-such-key-at-all" not in page.content()

    give_key(page, office, office.weak)
    expect(alert).to_contain_text("read everything a sync needs")
    expect(alert.get_by_role("listitem").filter(has_text="Read candidates")).to_contain_text(
        "missing"
    )
    expect(alert.get_by_role("listitem").filter(has_text="Read job applications")).to_contain_text(
        "missing"
    )

    give_key(page, office, office.key)
    expect(page).to_have_url(re.compile("/plan/$"))
    expect(page.get_by_role("main")).to_contain_text("240")
    expect(page.get_by_role("main")).to_contain_text("expect up to 15 minutes")
    page.get_by_role("button", name="Start now").click()

    expect(page.get_by_text("First sync requested.")).to_be_visible()
    expect(page.get_by_text("Synced within the last 24 hours")).to_be_visible()
    card = page.locator("section.connection")
    expect(card).to_contain_text("Exemple & Co")
    expect(card).to_contain_text("••••0001")
    expect(card.get_by_role("img")).to_be_visible()
    assert office.key not in page.content()
    card.get_by_role("link", name="Initial sync").click()
    expect(page.get_by_role("row").filter(has_text="Talents")).to_contain_text("240")


@pytest.mark.long
def test_the_first_sync_can_wait_for_the_night(office: Any, visits: Opens) -> None:
    page = visits("/settings/organization/ats/connect/teamtailor/")
    give_key(page, office, office.key)

    page.get_by_role("link", name="Decide later").click()
    expect(page.get_by_text("Start your first sync when you're ready")).to_be_visible()
    page.get_by_role("link", name="Schedule the first sync").click()
    page.get_by_role("button", name="Tonight").click()

    expect(page.locator(".messages")).to_contain_text(
        re.compile("starts on .* 22:00|First sync requested")
    )
    expect(page.get_by_text("Active", exact=True)).to_be_visible()


@pytest.mark.long
def test_the_same_account_is_not_connected_twice(office: Any, visits: Opens) -> None:
    page = visits("/settings/organization/ats/")
    connect(page, office)

    page.goto("/settings/organization/ats/connect/teamtailor/")
    give_key(page, office, office.newer)
    expect(page.get_by_role("alert")).to_contain_text("already connected")
    page.get_by_role("link", name="Rotate the existing connection's key").click()
    expect(page.get_by_role("heading", name="Rotate key")).to_be_visible()
    page.goto("/settings/organization/ats/")
    expect(page.locator("section.connection")).to_have_count(1)
    expect(page.locator("section.connection")).to_contain_text("••••0001")


@pytest.mark.long
def test_it_is_paused_resumed_and_its_key_replaced(office: Any, visits: Opens) -> None:
    page = visits("/settings/organization/ats/")
    connect(page, office)

    page.get_by_role("button", name="Pause").click()
    expect(
        page.get_by_text("Paused. No syncs will start until you resume the connection.")
    ).to_be_visible()
    expect(page.get_by_text("none scheduled")).to_be_visible()
    expect(page.get_by_role("button", name="Sync now")).to_have_count(0)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Sync now")).to_be_visible()

    page.get_by_role("link", name="Rotate key").click()
    for key, answer in (
        (office.foreign, "This key belongs to another company"),
        (office.weak, "read everything a sync needs"),
        (office.key, "This key is already in use"),
        ("nonsense", "Teamtailor refused the API key"),
    ):
        page.get_by_label("New API key").fill(key)
        page.get_by_role("button", name="Test and rotate").click()
        expect(page.get_by_role("alert")).to_contain_text(answer)
    page.get_by_label("New API key").fill(office.newer)
    page.get_by_role("button", name="Test and rotate").click()

    expect(page.get_by_text("The new key works and is now in use.")).to_be_visible()
    expect(page.get_by_text("••••0003")).to_be_visible()
    expect(page.get_by_text("The old key ••••0001 may still work")).to_be_visible()
    page.get_by_role("button", name="Key revoked").click()
    expect(page.get_by_text("The old key")).to_have_count(0)
    page.get_by_role("link", name="Test connection").click()
    page.get_by_role("button", name="Test now").click()
    expect(
        page.get_by_text("The ATS is responding, and the key has the permissions it needs.")
    ).to_be_visible()


@pytest.mark.long
def test_two_requested_syncs_are_one(office: Any, visits: Opens) -> None:
    page = visits("/settings/organization/ats/")
    connect(page, office)
    before = page.locator("section.connection tbody tr").count()

    page.get_by_role("button", name="Sync now").dblclick()

    expect(page.locator("section.connection tbody tr")).to_have_count(before + 1)
    expect(page.get_by_text("Synced within the last 24 hours")).to_be_visible()


@pytest.mark.long
def test_disconnecting_keeps_or_deletes(office: Any, visits: Opens) -> None:
    page = visits("/settings/organization/ats/")
    connect(page, office)
    page.goto("/talents/")
    people = page.locator("#count").inner_text()
    assert re.match(r"[1-9]\d* talents", people)

    page.goto("/settings/organization/ats/")
    choose(page, "Disconnect")
    page.get_by_label("To confirm, type: Teamtailor").fill("Something else")
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("The name doesn't match.")).to_be_visible()
    page.get_by_label("To confirm, type: Teamtailor").fill("Teamtailor")
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("The ATS is disconnected. Its jobs and talents remain")).to_be_visible()
    expect(page.get_by_text("No ATS connected")).to_be_visible()
    page.goto("/talents/")
    expect(page.locator("#count")).to_have_text(people)

    page.goto("/settings/organization/ats/")
    page.get_by_role("link", name="Connect again").click()
    page.get_by_label("ATS address").fill(
        office.ats
    )  # there is no key left that proves the address
    page.get_by_label("New API key").fill(office.key)
    page.get_by_role("button", name="Test and rotate").click()
    expect(page.get_by_role("button", name="Sync now")).to_be_visible()
    choose(page, "Disconnect")
    page.get_by_label("Permanently delete this connection's jobs and talents").check()
    page.get_by_label("To confirm, type: Teamtailor").fill("teamtailor")
    page.get_by_role("button", name="Disconnect").click()

    expect(page.get_by_role("heading", name="No ATS is connected")).to_be_visible()
    page.goto("/talents/")
    expect(page.get_by_role("heading", name="No ATS is connected")).to_be_visible()


@pytest.mark.long
def test_paused_deletions_are_reviewed_kept_and_released(office: Any, visits: Opens) -> None:
    page = visits("/settings/organization/ats/")
    connect(page, office)
    for one in office.ids("candidates")[:100]:
        office.order("delete", {"type": "candidate", "id": one})

    ask_for_comparison(page)
    review = page.get_by_role("link", name="Review deletions: Talents").last
    expect(review).to_be_visible()
    expect(page.get_by_text("100 of 240 talents").last).to_be_visible()
    review.click()
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Next").click()
    # One of them is restricted in the ATS, and admins need a separate right to see such people.
    expect(page.get_by_text("51–99 of 99")).to_be_visible()
    expect(page.get_by_text("1 more record is confidential")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^Delete \d+ missing records")).click()
    expect(
        page.get_by_text("Deletions confirmed. A full comparison has been requested")
    ).to_be_visible()

    def followed() -> bool:
        page.goto("/settings/organization/ats/")
        waits = page.locator(".alert", has_text="Deletion confirmed.").count()
        return not waits and page.get_by_text("100 of 240 talents").count() == 0

    assert any(followed() for _ in range(300))


def ask_for_comparison(page: Page) -> None:
    page.goto("/settings/organization/ats/")
    choose(page, "Compare with the ATS")
    page.get_by_role("button", name="Compare with the ATS").click()


@pytest.mark.long
def test_a_limited_history_is_chosen_extended_and_shortened(office: Any, visits: Opens) -> None:
    page = visits("/settings/organization/ats/connect/teamtailor/")
    years = page.get_by_label("Years of history")
    years.fill("0")
    give_key(page, office, office.key)
    assert years.evaluate("field => !field.validity.valid")
    years.fill("1")
    give_key(page, office, office.key)
    main = page.get_by_role("main")
    expect(main).to_contain_text("Jemmo reads talents and applications from")
    expect(main).to_contain_text("haven't changed since then, so they aren't stored")
    page.get_by_role("button", name="Start now").click()
    expect(page.get_by_text("Synced within the last 24 hours")).to_be_visible()
    card = page.locator("section.connection")
    expect(card).to_contain_text("originally 1 year")

    page.get_by_role("link", name="Name and options").click()
    expect(years).to_have_value("1")
    years.fill("")
    page.get_by_role("button", name="Save").click()
    expect(card).not_to_contain_text("originally")
    expect(page.locator("section.connection tbody tr")).to_have_count(2)
    expect(page.get_by_text("Synced within the last 24 hours")).to_be_visible()

    page.get_by_role("link", name="Name and options").click()
    years.fill("1")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text(
        "so they will be hidden. Nothing will be deleted"
    )
    page.get_by_label("Hide these records").check()
    page.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("hidden (last changed before this date)")
