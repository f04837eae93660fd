"""Help > Guides, and external links: correct information for the right people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from fakes.showcase import NOW, Showcase
from pytest_django import Settings

from jemmo.connectors.registry import CONNECTORS
from jemmo.domain.estimate import FIRST_SYNCS, promised
from jemmo.services.sync.schedule import next_sync_at
from jemmo.store.models import Connection, SyncRun, WebhookAddress

SignedIn = Callable[[str], Client]
HOME_PAGES = {"www.flatchr.io", "www.jarvi.tech", "flatchr.io", "jarvi.tech"}


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_status_pages_and_docs_are_not_home_pages(name: str) -> None:
    connector = CONNECTORS[name]

    docs = urlsplit(connector.docs_url)
    assert docs.scheme == "https"
    assert docs.hostname not in HOME_PAGES
    if connector.status_page:
        assert (urlsplit(connector.status_page).hostname or "").startswith("status.")


def connection_of(showcase: Showcase, provider: str) -> Connection:
    Connection.objects.filter(org=showcase.org).update(
        provider=provider,
        label="",
        last_error={"code": "ats_unavailable", "message": "It failed.", "next_step": "Wait."},
    )
    return Connection.objects.get(org=showcase.org)


@pytest.mark.parametrize("provider", sorted(CONNECTORS))
def test_pages_link_to_the_documentation_and_to_a_real_status_page_alone(
    showcase: Showcase, signed_in: SignedIn, provider: str
) -> None:
    connection, admin = connection_of(showcase, provider), signed_in("admin")
    connector = CONNECTORS[provider]
    addresses = [
        reverse("ats_connect", args=[provider]),
        *(reverse(name, args=[connection.id]) for name in ("ats_key", "ats_edit")),
        *(reverse("ats_connection", args=[connection.id]), reverse("guides")),
    ]
    for address in addresses:
        page = admin.get(address).content.decode()
        assert f'href="{connector.docs_url}"' in page, address
        for name in HOME_PAGES:
            assert f"//{name}" not in page, address
    card = admin.get(reverse("ats")).content.decode()
    assert ("status page" in card) is bool(connector.status_page)


def test_an_entry_of_the_log_about_the_key_links_to_the_documentation(
    showcase: Showcase, recruiter: Client
) -> None:
    error = {"code": "key_refused", "message": "Refused (401).", "next_step": "Create a key."}
    SyncRun.objects.create(
        connection=Connection.objects.get(org=showcase.org),
        mode="incremental",
        status="failed",
        started_at=NOW,
        finished_at=NOW,
        report={"error": error},
    )

    page = recruiter.get(reverse("logs"), {"severity": "error"}).content.decode()

    assert 'href="https://docs.teamtailor.com"' in page


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition('<main id="main"')[2]))


def test_the_schedule_is_that_of_the_connections(showcase: Showcase, recruiter: Client) -> None:
    at = datetime.now(UTC) + timedelta(hours=2)
    connections = Connection.objects.filter(org=showcase.org)
    connections.update(sync_every_hours=4, label="Our ATS", due_at=at)
    assert next_sync_at(connections.get(), datetime.now(UTC)) == at

    page = recruiter.get(reverse("guides")).content.decode()

    assert "Our ATS : every 4 h · next sync" in text_of(page)
    shown = re.search(r'next sync <time datetime="([^"]+)"', page)
    assert shown
    assert datetime.fromisoformat(shown[1]) == at.replace(microsecond=0)
    Connection.objects.filter(org=showcase.org).update(state="paused")
    assert "Our ATS : Paused" in text_of(recruiter.get(reverse("guides")).content.decode())


def test_durations_match_the_plan() -> None:
    for row in FIRST_SYNCS:
        for records in (row.least, row.most or row.least):
            assert promised(records) == (row.low, row.high)


def test_first_syncs_only_have_a_maximum_duration(recruiter: Client) -> None:
    """A small first sync takes seconds, so only a maximum duration is correct."""
    page = text_of(recruiter.get(reverse("guides")).content.decode())
    for row in FIRST_SYNCS:
        longest = f"up to {row.high} min" if row.high <= 60 else f"up to {row.high // 60} h"
        assert longest in page
    assert not re.search(r"\d–\d+ (min|h)\b", page)


@pytest.mark.parametrize("role", ["admin", "recruiter", "viewer"])
def test_every_link_of_the_guides_leads_to_a_page_that_the_reader_may_open(
    showcase: Showcase, signed_in: SignedIn, role: str
) -> None:
    member = signed_in(role)
    main = member.get(reverse("guides")).content.decode().partition('<main id="main"')[2]
    inside = set(re.findall(r'href="(/[^"]*)"', main.partition("</main>")[0]))

    assert {reverse("ats"), reverse("logs"), reverse("why"), reverse("help")} <= inside
    for address in inside:
        assert member.get(address).status_code == 200, address
    assert ("start a sync yourself" in main) is (role != "viewer")
    assert ("Check the error in Settings &gt; Logs, then retry." in main) is (role == "admin")


def test_help_leads_to_the_guides(recruiter: Client) -> None:
    for more in ({}, {"HX-Request": "true"}):
        page = recruiter.get(reverse("help"), headers=more).content.decode()
        assert f'href="{reverse("guides")}"' in page


def test_the_support_address_is_shown_if_there_is_one(
    recruiter: Client, settings: Settings
) -> None:
    for address in ("", "support@example.com"):
        settings.SUPPORT_EMAIL = address
        for name in ("help", "guides"):
            page = recruiter.get(reverse(name)).content.decode()
            assert ("mailto:" in page) is bool(address)
            assert ('href="mailto:support@example.com"' in page) is bool(address)


@pytest.mark.parametrize(
    ("last_delivery_at", "missed", "shown"), [(None, 0, False), (NOW, 0, True), (NOW, 7, False)]
)
def test_changes_arrive_by_webhook_only_while_webhooks_arrive(
    showcase: Showcase,
    recruiter: Client,
    last_delivery_at: datetime | None,
    missed: int,
    shown: bool,
) -> None:
    """If the last changes arrived without webhooks, the card says so, and the guides must agree."""
    connection = Connection.objects.get(org=showcase.org)
    WebhookAddress.objects.update_or_create(
        connection=connection,
        defaults={
            "digest": b"x" * 32,
            "sealed_secret": b"x",
            "requested_at": NOW,
            "made_at": NOW,
            "last_delivery_at": last_delivery_at,
            "missed": missed,
        },
    )

    guides = text_of(recruiter.get(reverse("guides")).content.decode())

    assert ("changes also arrive by webhook" in guides) is shown
