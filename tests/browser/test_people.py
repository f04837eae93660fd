"""Accounts, members, screenshot mode and the help bubble in a real Chromium."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from fakes.browsing import serious_violations
from fakes.pictures import png
from fakes.showcase import EMAIL, PASSWORD, Showcase
from playwright.sync_api import Page, expect

from jemmo.services.accounts import accounts

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]
TOO_LARGE = "The file must be a PNG or JPEG image no larger than 900 kB."


@pytest.fixture
def staffed(showcase: Showcase) -> Showcase:
    """The showcase with an admin and a support agent who have passwords."""
    for role in ("owner", "admin"):
        accounts.add_member(showcase.org, f"{role}@acme.example", role, PASSWORD)
    agent = accounts.add_member(
        showcase.stranger, "agent@jemmo.example", "viewer", PASSWORD, verified=True
    )
    agent.is_staff = agent.is_superuser = True
    agent.save()
    return showcase


def sign_in(opens: Opens, who: str, path: str = "/jobs/", **profile: Any) -> Page:
    page = opens(f"/accounts/login/?next={path}", signed_in=False, **profile)
    page.get_by_label("Email").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
    return page


def code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, counter)))


def test_a_colleague_is_invited_and_joins(staffed: Showcase, opens: Opens) -> None:
    admin = sign_in(opens, "admin@acme.example", "/settings/members/")
    admin.get_by_label("Email address").fill("nina@acme.example")
    admin.get_by_label("Role", exact=True).select_option("viewer")
    admin.get_by_role("button", name="Send the invitation").click()
    link = admin.get_by_label("Link for nina@acme.example").input_value()

    guest = opens(urlsplit(link).path, signed_in=False)
    expect(guest.get_by_role("heading", name="Join acme")).to_be_visible()
    guest.get_by_label("Your name").fill("Nina New")
    guest.get_by_label("Choose a password").fill(PASSWORD)
    guest.get_by_role("button", name="Create my account and join").click()
    expect(guest.get_by_role("heading", name="Jobs")).to_be_visible()

    admin.reload()
    row = admin.get_by_role("row").filter(has_text="Nina New")
    row.get_by_role("combobox").select_option("recruiter")
    row.get_by_role("button", name="Change").click()
    expect(admin.get_by_text("The role was changed.")).to_be_visible()
    row.get_by_role("link", name="Remove").click()
    admin.get_by_role("button", name="Remove").click()
    expect(admin.get_by_text("The member was removed.")).to_be_visible()
    guest.reload()
    expect(guest.get_by_text("You don't belong to an organization yet")).to_be_visible()


@pytest.mark.long
def test_two_step_sign_in_is_set_up_and_required(staffed: Showcase, opens: Opens) -> None:
    page = sign_in(opens, "admin@acme.example", "/settings/profile/")
    page.get_by_role("link", name="Set up Two-step sign-in").click()
    page.get_by_role("link", name="Activate").click()
    page.get_by_label("Password").fill(
        PASSWORD
    )  # the password is required again, so an unlocked phone isn't enough
    page.get_by_role("button", name="Confirm").click()
    secret = page.get_by_label("Authenticator secret").input_value()
    page.get_by_label("Authenticator code").fill(code(secret))
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    recovery = page.locator(".codes li").first.inner_text()

    again = opens("/accounts/login/", signed_in=False)
    again.get_by_label("Email").fill("admin@acme.example")
    again.get_by_label("Password").fill(PASSWORD)
    again.get_by_role("button", name="Sign in").click()
    again.get_by_role("textbox").fill(recovery)
    again.get_by_role("button", name="Sign In").click()
    expect(again.get_by_role("heading", name="Jobs")).to_be_visible()


@pytest.mark.long
def test_too_many_attempts_have_to_wait(staffed: Showcase, opens: Opens) -> None:
    page = opens("/accounts/login/", signed_in=False)
    for _ in range(6):
        page.get_by_label("Email").fill("admin@acme.example")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".errorlist")).to_be_visible()
    page.get_by_label("Email").fill("admin@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page.locator(".errorlist")).to_contain_text("Too many failed login attempts")


@pytest.mark.long
def test_screenshot_mode_is_switched_by_keyboard(opens: Opens) -> None:
    page = opens("/talents/?q=elodie")
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("switch", name="Screenshot mode").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("Screenshot mode is on.")).to_be_visible()
    assert page.url.endswith("/talents/")
    page.get_by_role("searchbox").press_sequentially("elodie")
    expect(page.locator("#results tbody tr")).to_have_count(1)
    name = page.locator("#results tbody tr a").first.inner_text()
    page.locator("#results tbody tr a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert name in page.title()
    assert not re.search(f"Müller|Élodie|{EMAIL}", page.content())
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Élodie Müller")


@pytest.mark.long
def test_a_screenshot_is_attached_in_the_help_bubble(staffed: Showcase, opens: Opens) -> None:
    page = opens("/jobs/")
    page.locator("summary[aria-label=Account]").click()
    page.get_by_role("switch", name="Screenshot mode").click()
    page.get_by_role("button", name="Help").click()
    panel = page.get_by_role("dialog", name="Help")
    panel.get_by_label("Send a message to support").fill("Look")
    field = panel.get_by_label("Screenshot")
    field.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": bytes(900_001)})
    expect(field).to_have_js_property("validationMessage", TOO_LARGE)
    picture = png(width=8, height=8)
    field.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": picture})
    panel.get_by_role("button", name="Send").click()
    shown = panel.get_by_alt_text("Attached screenshot")
    shown.scroll_into_view_if_needed()
    expect(shown).to_have_js_property("naturalWidth", 8)
    assert serious_violations(page) == []


@pytest.mark.long
def test_the_help_bubble_sends_and_shows_the_reply(staffed: Showcase, opens: Opens) -> None:
    page = opens("/jobs/")
    bubble = page.get_by_role("button", name="Help")
    bubble.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Help")
    expect(panel.get_by_role("heading", name="Help")).to_be_focused()
    expect(panel.get_by_text("Last complete sync")).to_be_visible()
    panel.get_by_text("Attached information").click()
    expect(panel.get_by_label("Your recent actions")).to_have_value(
        re.compile(r"\d\d:\d\d UTC /jobs/")
    )
    panel.get_by_label("Send a message to support").fill("Where is my job?")
    panel.get_by_role("button", name="Send").click()
    expect(panel.get_by_text("Sent. The reply will appear here.")).to_be_visible()

    agent = sign_in(opens, "agent@jemmo.example", "/admin/store/supportthread/")
    agent.get_by_role("link", name="#").click()
    agent.get_by_label("Reply").fill("It is archived.")
    agent.get_by_role("button", name="Save", exact=True).click()

    expect(panel.get_by_text("It is archived.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(bubble).to_be_focused()
