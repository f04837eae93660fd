"""The paths named in the guide: Settings > Organization > ATS integration, and Settings > Logs."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse
from fakes.showcase import Showcase

from jemmo.store.models import Connection, ConnectionState

SignedIn = Callable[[str], Client]
EVERYBODY = {
    "Organization": ["ATS integration", "Members"],
    "": ["Logs", "Find a record"],
    "Personal": ["Notifications", "My account"],
}
MANAGERS = {
    **EVERYBODY,
    "Organization": ["ATS integration", "Schedule", "Data quality", "Members", "Privacy", "API"],
}


class Navigation(HTMLParser):
    """The links in the settings navigation, by the heading of their group."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.groups: dict[str, list[str]] = {}
        self.addresses: dict[str, str] = {}
        self.current: list[str] = []
        self._group, self._tag, self._link = "", "", dict[str, str | None]()
        found = re.search(r'<nav class="subnav".*?</nav>', page, re.DOTALL)
        assert found
        self.feed(found[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag, self._link = tag, dict(attrs)
        if tag == "div":
            self._group = ""

    def handle_data(self, data: str) -> None:
        if not data.strip():
            return
        if self._tag == "span":
            self._group = data.strip()
        elif self._tag == "a":
            self.groups.setdefault(self._group, []).append(data.strip())
            self.addresses[data.strip()] = self._link["href"] or ""
            if "aria-current" in self._link:
                self.current.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""


@pytest.mark.parametrize(
    ("role", "groups"), [("admin", MANAGERS), ("recruiter", EVERYBODY), ("viewer", EVERYBODY)]
)
def test_settings_are_where_the_guide_says(
    showcase: Showcase, signed_in: SignedIn, role: str, groups: dict[str, list[str]]
) -> None:
    member = signed_in(role)
    navigation = Navigation(member.get("/settings/", follow=True).content.decode())

    assert navigation.groups == groups
    assert navigation.current == ["ATS integration"]
    for label, address in navigation.addresses.items():
        page = member.get(address)
        assert page.status_code == 200, label
        assert Navigation(page.content.decode()).current == [label]


def test_the_organization_opens_with_the_ats_integration(recruiter: Client) -> None:
    assert recruiter.get("/settings/organization/")["Location"] == "/settings/organization/ats/"


def test_old_addresses_lead_to_the_new_ones(showcase: Showcase, signed_in: SignedIn) -> None:
    connection = Connection.objects.get(org=showcase.org)
    admin = signed_in("admin")

    for rest in ("", f"{connection.id}/", f"{connection.id}/?before=2026-01-01", "a%20b%3Fc/"):
        answer = admin.get(f"/settings/ats/{rest}")
        assert (answer.status_code, answer["Location"]) == (
            308,
            f"/settings/organization/ats/{rest}",
        )


def test_a_form_from_before_the_move_still_works(showcase: Showcase, signed_in: SignedIn) -> None:
    connection = Connection.objects.get(org=showcase.org)

    signed_in("admin").post(f"/settings/ats/{connection.id}/pause/", follow=True)

    connection.refresh_from_db()
    assert connection.state == ConnectionState.PAUSED
    assert reverse("ats_pause", args=[connection.id]).startswith("/settings/organization/ats/")
