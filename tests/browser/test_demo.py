"""The instructions on the demo page work: a command changes a record in the ATS, and an open page shows it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from fakes.browsing import apart, overflows, violations
from playwright.sync_api import Page, expect
from pytest_django import Settings

from browser.test_ats_settings import connect
from jemmo.cli.operations.demo import State, announce
from jemmo.store.models import Connection

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

Opens = Callable[..., Page]


@pytest.mark.long
def test_a_change_in_the_simulated_ats_arrives_on_an_open_page(
    office: Any, visits: Opens, settings: Settings
) -> None:
    settings.JEMMO_DEMO = True
    page = visits("/settings/organization/ats/")
    connect(page, office)
    own = State(epoch="", key=office.key, password="", webhook_key="webhook-key")
    known = apart(lambda: Connection.objects.get().id)
    apart(lambda: announce(known, own, ats=office.ats, web=office.address))

    page.goto("/demo/")
    assert violations(page) == []
    assert overflows(page, page.url) == []
    for kind, field in (("talent", "first-name"), ("job", "title")):
        page.goto("/demo/")
        command = shlex.split(page.locator(f"#order-{kind}").input_value())
        assert command[:2] == ["curl", f"{office.ats}/__sandbox__/edit"]
        order = json.loads(command[-1])
        page.locator(f"main a[href^='/{kind}s/']").click()
        expect(page).to_have_url(re.compile(f"/{kind}s/"))
        expect(page.locator("body[data-connected=yes]")).to_be_attached()

        office.order("edit", order)

        page.locator("#news").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(order["attributes"][field])
