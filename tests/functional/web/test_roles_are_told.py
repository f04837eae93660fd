"""Next steps that a role doesn't allow name who can take them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from fakes.showcase import Showcase

from jemmo.store.models import (
    Connection,
    ConnectionState,
    HeldDeletion,
    Notification,
    StreamCheckpoint,
)

SignedIn = Callable[[str], Client]
ASK = "Ask an owner or admin of your organization."


def refused(connection: Connection) -> None:
    Connection.objects.filter(id=connection.id).update(
        state=ConnectionState.REFUSED,
        last_error={"code": "key_refused", "message": "Refused (401).", "next_step": "Create it."},
    )


def paused(connection: Connection) -> None:
    Connection.objects.filter(id=connection.id).update(state=ConnectionState.PAUSED)


def held(connection: Connection) -> None:
    HeldDeletion.objects.create(connection=connection, stream="talents", missing=6, present=8)


def disconnected(connection: Connection) -> None:
    connection.org.connections.all().delete()


def text_of(client: Client, name: str) -> str:
    page = client.get(reverse(name)).content.decode().partition('<main id="main"')[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("</main>")[0]))


@pytest.mark.parametrize(
    ("happens", "advice", "ask"),
    [
        (refused, "Create a new key in the ATS", ASK),
        (paused, "Someone paused syncs.", ASK),
        (held, "delete or keep the records here", "An owner or admin must decide."),
        (disconnected, "Connect your ATS", ASK),
    ],
)
@pytest.mark.parametrize("role", ["admin", "recruiter", "viewer"])
@pytest.mark.sample(4)
def test_help_suggests_only_permitted_steps(
    showcase: Showcase,
    signed_in: SignedIn,
    role: str,
    happens: Callable[[Connection], None],
    advice: str,
    ask: str,
) -> None:
    happens(Connection.objects.get(org=showcase.org))

    told = text_of(signed_in(role), "help").partition("Guides")[0]

    assert (advice in told) is (role == "admin")
    assert (ask in told) is (role != "admin")


@pytest.mark.parametrize("role", ["admin", "recruiter", "viewer"])
def test_a_viewer_is_not_told_to_start_a_sync(
    showcase: Showcase, signed_in: SignedIn, role: str
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=3)
    StreamCheckpoint.objects.filter(connection__org=showcase.org).update(synced_at=long_ago)

    told = text_of(signed_in(role), "help")

    assert ("Start a sync manually" in told) is (role != "viewer")
    assert ("Recruiters, admins, and owners can start a sync." in told) is (role == "viewer")


@pytest.mark.parametrize("role", ["admin", "recruiter", "viewer"])
def test_key_reminders_are_for_people_who_can_act(
    showcase: Showcase, signed_in: SignedIn, role: str
) -> None:
    Connection.objects.filter(org=showcase.org).update(
        key_set_at=datetime.now(UTC) - timedelta(days=120), key_hint="9999", old_key_hint="0001"
    )

    told = text_of(signed_in(role), "ats")

    assert "The API key is 120 days old." in told
    assert "The old key ••••0001 may still work." in told
    for advice in ("Rotate the key every 90 days.", "Revoke the old key in the ATS now."):
        assert (advice in told) is (role == "admin")
    assert told.count(ASK) == (0 if role == "admin" else 2)


@pytest.mark.parametrize("role", ["admin", "recruiter", "viewer"])
def test_a_key_reminder_names_who_can_act(
    showcase: Showcase, signed_in: SignedIn, role: str
) -> None:
    Notification.objects.create(
        org=showcase.org,
        connection=Connection.objects.get(org=showcase.org),
        kind="key_reminder",
        facts={"about": "expires", "days": 5},
    )

    told = text_of(signed_in(role), "notification_list")

    assert ("create a new key in the ATS" in told) is (role == "admin")
    assert (ASK in told) is (role != "admin")


PAGES = ("schedule", "quality", "privacy", "ats_choose", "ats_rules", "privacy_retention")


@pytest.mark.parametrize("role", ["recruiter", "viewer"])
def test_forbidden_pages_say_who_can(showcase: Showcase, signed_in: SignedIn, role: str) -> None:
    member = signed_in(role)
    for name in PAGES:
        page = member.get(reverse(name))
        told = page.content.decode()
        assert page.status_code == 404
        assert "Only owners and admins of your organization can open this page." in told, name
        assert reverse("members") in told
        assert "deleted in the ATS" not in told
    assert member.get(reverse("members")).status_code == 200


def test_a_viewer_who_starts_a_sync_learns_who_can(viewer: Client) -> None:
    answer = viewer.post(reverse("sync_icon", args=["jobs"]))

    assert answer.status_code == 403
    assert "Recruiters, admins, and owners in your organization can do this." in (
        answer.content.decode()
    )


@pytest.mark.parametrize("role", ["owner", "admin", "recruiter", "viewer"])
def test_refusals_name_who_may_act(showcase: Showcase, signed_in: SignedIn, role: str) -> None:
    """Nobody is referred to people with the same role."""
    client = signed_in(role)
    recruiters = "Recruiters, admins, and owners in your organization can do this."

    support = client.get("/admin/", follow=True)
    talent = showcase.talent("elodie")
    refreshed = client.post(reverse("refresh", args=["talent", talent.id]))

    assert support.status_code == 403
    assert "<h1>This page is for Jemmo's support staff</h1>" in support.content.decode()
    assert "Recruiters" not in support.content.decode()
    assert (refreshed.status_code == 403) is (role == "viewer")
    assert (recruiters in refreshed.content.decode()) is (role == "viewer")


@pytest.mark.parametrize(("role", "who"), [("admin", "Only an owner"), ("recruiter", "Owners")])
def test_only_owners_may_remove_an_owner(
    showcase: Showcase, signed_in: SignedIn, role: str, who: str
) -> None:
    owner = showcase.person("owner").memberships.get(org=showcase.org)

    refused = signed_in(role).get(reverse("member_remove", args=[owner.id]))

    assert refused.status_code == 403
    assert f"{who} of your organization" in refused.content.decode().replace("and admins ", "")
