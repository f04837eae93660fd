"""The demo: its support replies in the help chat, and its page exists only in a demo."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from fakes.showcase import Showcase
from pytest_django import Settings

from jemmo.services.accounts import accounts
from jemmo.store.models import Connection, SupportMessage, SupportThread

SignedIn = Callable[[str], Client]


@pytest.fixture
def support(showcase: Showcase, served: None) -> Client:
    client = Client()
    client.force_login(accounts.ensure_support("support@example.com", "a long demo password"))
    return client


def test_support_lands_on_the_conversations(support: Client) -> None:
    arrived = support.get("/", follow=True)

    assert arrived.redirect_chain[-1] == (reverse("admin:index"), 302)
    assert arrived.status_code == 200


def test_the_help_chat_is_seen_from_both_sides(support: Client, recruiter: Client) -> None:
    recruiter.post(reverse("help"), {"body": "Where is my candidate?"})
    thread = SupportThread.objects.get()

    page = reverse("admin:store_supportthread_change", args=[thread.id])
    assert "Where is my candidate?" in support.get(page).content.decode()
    support.post(page, {"answer": "Excluded by a rule."})

    assert "Excluded by a rule." in recruiter.get(reverse("help")).content.decode()
    assert SupportMessage.objects.filter(by_support=True).count() == 1


def test_the_support_account_is_created_once(showcase: Showcase) -> None:
    made = accounts.ensure_support("support@example.com", "a long demo password")

    assert accounts.ensure_support("support@example.com", "another password") == made
    made.refresh_from_db()
    assert made.check_password("a long demo password")


@pytest.mark.parametrize("role", ["admin", "recruiter", "viewer"])
def test_the_page_exists_only_in_a_demo(
    showcase: Showcase, signed_in: SignedIn, settings: Settings, role: str
) -> None:
    Connection.objects.filter(org=showcase.org).update(base_url="http://127.0.0.1:41873")
    member = signed_in(role)
    for demo in (False, True):
        settings.JEMMO_DEMO = demo
        assert member.get("/demo/").status_code == (200 if demo else 404)
        jobs = member.get(reverse("jobs")).content.decode()
        assert ('href="/demo/"' in jobs) is demo

    page = member.get("/demo/").content.decode()
    assert "http://127.0.0.1:41873" in page
    assert (reverse("ats_resync", args=[Connection.objects.get(org=showcase.org).id]) in page) is (
        role == "admin"
    )


def test_an_organization_without_the_simulated_ats_gets_no_commands(
    showcase: Showcase, recruiter: Client, settings: Settings
) -> None:
    settings.JEMMO_DEMO = True
    Connection.objects.filter(org=showcase.org).update(base_url="https://api.teamtailor.com")

    page = recruiter.get("/demo/").content.decode()

    assert "curl" not in page
    assert "not connected" in page
