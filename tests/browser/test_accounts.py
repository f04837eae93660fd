"""Getting in, with the related e-mails: first owner, invitation, forgotten password, new address."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from email import message_from_string, policy
from urllib.parse import urlsplit

import pytest
from fakes import letters
from fakes.receivers import MailServer
from playwright.sync_api import Page, expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]
PASSWORD = "correct horse battery"
OTHER = "another horse entirely"


@pytest.fixture
def somebody(database_url: str) -> None:
    """An owner."""
    from jemmo.services.accounts import accounts

    org = accounts.ensure_organisation("atelier", "Atelier")
    accounts.add_member(org, "owner@acme.example", "owner", PASSWORD, verified=True)


def link_in(letter: str) -> str:
    """Return the path of the first link to this site in an e-mail."""
    body = message_from_string(letter, policy=policy.default).get_content()
    found = re.search(r"http://\S+", str(body))
    assert found, body
    return urlsplit(found[0].rstrip(".")).path


def sent(mail: MailServer) -> list[str]:
    """Send what the pages have queued, and return everything that the mail server has received."""
    letters.sent()
    return mail.messages


def sign_in(page: Page, who: str, password: str) -> None:
    page.get_by_label("Email").fill(who)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def sign_out(page: Page) -> None:
    page.locator("summary[aria-label=Account]").click()
    page.get_by_role("button", name="Sign out").click()


def ask_for_letter(page: Page, who: str) -> None:
    page.locator("main input[type=email]").fill(who)
    page.locator("main form").get_by_role("button").click()
    expect(page).to_have_url(re.compile("/password/reset/done/$"))


@pytest.mark.long
def test_the_first_owner_invites_a_colleague_who_signs_in(enters: Opens, mail: MailServer) -> None:
    owner = enters("/", signed_in=False)
    expect(owner.get_by_role("heading", name="Welcome to Jemmo")).to_be_visible()
    owner.get_by_label("Organization").fill("Atelier Exemple")
    owner.get_by_label("Your email address").fill("owner@acme.example")
    owner.get_by_label("Choose a password").fill("password")
    owner.get_by_role("button", name="Create and sign in").click()
    expect(owner.locator(".errorlist")).to_contain_text("too common")
    owner.get_by_label("Choose a password").fill(PASSWORD)
    owner.get_by_role("button", name="Create and sign in").click()
    expect(owner.get_by_role("heading", name="No ATS is connected")).to_be_visible()
    expect(owner.get_by_text("Atelier Exemple").first).to_be_visible()

    owner.goto(
        "/jobs/"
    )  # without an ATS, the icon is dimmed, explains why, and links to the solution
    icon = owner.get_by_role("button", name="Sync jobs")
    expect(icon).to_have_attribute("aria-disabled", "true")
    icon.hover()
    expect(owner.locator(".sync-tip")).to_contain_text("No ATS is connected.")
    expect(owner.get_by_role("heading", name="No ATS is connected")).to_be_visible()
    owner.get_by_role("link", name="Connect an ATS in the settings").click()
    expect(owner).to_have_url(re.compile("/settings/organization/ats/$"))

    late = enters("/", signed_in=False)  # there can be no second first owner
    expect(late.get_by_role("button", name="Sign in")).to_be_visible()
    owner.goto("/settings/members/")
    owner.get_by_label("Email address").fill("nina@acme.example")
    owner.get_by_label("Role", exact=True).select_option("viewer")
    owner.get_by_role("button", name="Send the invitation").click()
    expect(owner.get_by_text("We're sending an invitation to nina@acme.example.")).to_be_visible()

    late.goto(link_in(sent(mail)[-1]))
    late.get_by_label("Your name").fill("Nina New")
    late.get_by_label("Choose a password").fill(OTHER)
    late.get_by_role("button", name="Create my account and join").click()
    expect(late.get_by_role("heading", level=1, name="Jobs")).to_be_visible()
    sign_out(late)
    sign_in(late, "nina@acme.example", OTHER)
    expect(late.get_by_role("heading", level=1, name="Jobs")).to_be_visible()
    late.goto("/settings/members/")
    expect(late.get_by_role("heading", name="Invite someone")).to_have_count(0)


@pytest.mark.long
def test_a_forgotten_password_is_replaced(somebody: None, enters: Opens, mail: MailServer) -> None:
    page = enters("/accounts/login/", signed_in=False)
    page.get_by_role("link", name="Forgot your password?").click()
    ask_for_letter(page, "owner@acme.example")

    (letter,) = sent(mail)
    page.goto(link_in(letter))
    page.locator("#id_password1").fill(OTHER)
    page.locator("#id_password2").fill(OTHER)
    page.get_by_role("button", name="Change Password").click()
    page.goto("/accounts/login/")
    sign_in(page, "owner@acme.example", PASSWORD)
    expect(page.locator(".errorlist")).to_be_visible()
    sign_in(page, "owner@acme.example", OTHER)
    expect(page.get_by_role("heading", level=1, name="Jobs")).to_be_visible()
    again = enters(link_in(letter), signed_in=False)  # a link works once
    expect(again.locator("#id_password1")).to_have_count(0)


def test_an_unknown_address_gets_the_same_response(
    somebody: None, enters: Opens, mail: MailServer
) -> None:
    page = enters("/accounts/password/reset/", signed_in=False)
    ask_for_letter(page, "nobody@acme.example")

    assert not [letter for letter in sent(mail) if "password/reset/key" in letter]


@pytest.mark.long
def test_an_address_changes_when_its_email_is_opened(
    somebody: None, enters: Opens, mail: MailServer
) -> None:
    page = enters("/jobs/")
    page.goto("/accounts/email/")
    page.get_by_label("New email address").fill("new@acme.example")
    page.get_by_role("button", name="Change my address").click()
    page.get_by_label("Password").fill(PASSWORD)  # a sensitive action requires the password again
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("We sent a link to new@acme.example.")).to_be_visible()
    expect(page.get_by_text("You sign in with owner@acme.example.")).to_be_visible()

    letter = next(one for one in sent(mail) if "To: new@acme.example" in one)
    page.goto(link_in(letter))
    page.get_by_role("button", name="Confirm").click()
    page.goto("/accounts/email/")
    expect(page.get_by_text("You sign in with new@acme.example.")).to_be_visible()
    page.goto("/jobs/")
    sign_out(page)
    sign_in(page, "new@acme.example", PASSWORD)
    expect(page.get_by_role("heading", level=1, name="Jobs")).to_be_visible()
