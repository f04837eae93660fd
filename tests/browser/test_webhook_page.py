"""An admin sets up a connection's webhooks: address, signing key, received webhooks, replay."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from fakes.showcase import PASSWORD, Showcase
from playwright.sync_api import Page, expect

from jemmo.services.accounts import accounts

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]
KEY = "a-signature-key"
CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture
def page_path(showcase: Showcase) -> str:
    accounts.add_member(showcase.org, "admin@acme.example", "admin", PASSWORD)
    return f"/settings/organization/ats/{showcase.run().connection_id}/webhooks/"


def send(address: str, event: str, key: str = KEY) -> int:
    """Send a webhook signed like Teamtailor's; return the response status."""
    body = json.dumps({"payload": {"event_name": event, "data": {"id": "7001"}}}).encode()
    second = str(int(time.time()))
    digits = hmac.new(key.encode(), f"{second}.".encode() + body, hashlib.sha256).hexdigest()
    signature = base64.b64encode(f"t={second},v2={digits}".encode()).decode()
    request = urllib.request.Request(address, body, {"TT-Signature": signature}, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def address_on(page: Page) -> str:
    return page.get_by_label("Secret address").input_value()


@pytest.mark.long
def test_webhooks_are_set_up_and_replayed(page_path: str, opens: Opens) -> None:
    page = opens("/settings/organization/ats/", role="admin", permissions=CLIPBOARD)
    page.get_by_role("link", name="Set up webhooks").click()
    expect(page.get_by_text("Settings > Integrations > Webhooks > New webhook")).to_be_visible()
    expect(page.get_by_text("Webhooks aren't set up")).to_be_visible()

    page.get_by_role("button", name="Create address").click()
    first = address_on(page)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/hooks/[\w-]{40,}/", first)
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == first
    page.goto(page_path)  # later it is shown only on request
    assert first not in page.content()
    expect(page.get_by_text("The signature key is missing")).to_be_visible()
    assert send(first, "candidate.update") == 401

    page.get_by_role("textbox", name="Signature key").fill("x" * 600)
    page.get_by_role("button", name="Save key").click()
    expect(page.get_by_role("alert")).to_contain_text("This doesn't look like a signature key.")
    page.get_by_role("textbox", name="Signature key").fill(KEY)
    page.get_by_role("button", name="Save key").click()
    expect(page.get_by_text("Signature key saved.")).to_be_visible()
    assert KEY not in page.content()
    assert send(first, "candidate.update") == 200
    assert send(first, "candidate.update", key="another") == 401

    row = page.get_by_role("row").filter(has_text="candidate.update")
    expect(row).to_contain_text("Accepted", timeout=30_000)  # without a reload
    refused = "Jemmo refused the latest webhook because of its signature."
    expect(page.get_by_text(refused)).to_be_visible(timeout=30_000)
    expect(page.get_by_text("1 webhook is stored")).to_be_visible()
    page.reload()
    page.get_by_label("Time received").select_option("168")
    page.get_by_role("button", name="Replay webhooks").click()
    expect(page.get_by_text("Webhooks replayed: 1. Records being refetched: 1.")).to_be_visible()


@pytest.mark.long
def test_the_address_is_replaced_once(page_path: str, opens: Opens) -> None:
    one = opens(page_path, role="admin")
    one.get_by_role("button", name="Create address").click()
    first = address_on(one)
    other = opens(page_path, role="admin")
    for page in (one, other):
        page.goto(page_path)
        page.get_by_role("link", name="Replace address").click()
        expect(
            page.get_by_text("The current address will stop working immediately.")
        ).to_be_visible()

    one.get_by_role("button", name="Replace address").click()
    expect(one.get_by_text("This is the new address.")).to_be_visible()
    second = address_on(one)
    assert second != first
    assert send(first, "candidate.update") == 404
    other.get_by_role(
        "button", name="Replace address"
    ).click()  # they meant to replace the first one

    assert address_on(other) == second
    expect(other.get_by_text("This is the new address.")).to_have_count(0)


@pytest.mark.long
def test_screenshots_never_show_it(page_path: str, opens: Opens) -> None:
    page = opens(page_path, role="admin")
    page.get_by_role("button", name="Create address").click()
    secret = address_on(page)
    page.locator("summary[aria-label=Account]").click()
    page.get_by_role("switch", name="Screenshot mode").click()

    page.goto(page_path)
    page.get_by_role("button", name="Show address").click()
    expect(page.get_by_role("heading", name="Webhook address")).to_be_visible()
    assert secret not in page.content()
    assert page.get_by_label("Secret address").count() == 0


def test_other_members_find_no_such_page(page_path: str, opens: Opens) -> None:
    page = opens("/settings/organization/ats/")

    expect(page.get_by_role("link", name="Set up webhooks")).to_have_count(0)
    answers = [page.context.request.get(page_path).status]
    answers += [page.context.request.get(f"{page_path}renew/").status]
    assert answers == [404, 404]
