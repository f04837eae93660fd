"""Members: who may invite, change and remove whom, and what a link is worth."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connections
from django.test import Client
from fakes.showcase import PASSWORD, Showcase

from jemmo.domain.errors import ConfigError
from jemmo.services import members
from jemmo.store import scope
from jemmo.store.models import Account, AuditEvent, Invitation, Membership

SignedIn = Callable[[str], Client]
NEW = "new@acme.example"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def of(showcase: Showcase, role: str) -> Membership:
    return Membership.objects.get(org=showcase.org, account__email=f"{role}@acme.example")


def link(client: Client) -> str:
    found = re.search(r"/invitations/[^\s\"<]+", client.get("/settings/members/").content.decode())
    assert found
    return found[0]


def invite(client: Client, email: str = NEW, role: str = "recruiter") -> int:
    return client.post("/settings/members/invite/", {"email": email, "role": role}).status_code


def test_an_invitation_is_sent_and_makes_an_account(
    signed_in: SignedIn, showcase: Showcase
) -> None:
    admin = signed_in("admin")
    assert invite(admin) == 302
    path = link(admin)
    assert mail.outbox[0].to == [NEW]
    assert path in mail.outbox[0].body

    guest = Client()
    assert guest.get(path).status_code == 200
    answer = guest.post(path, {"name": "Nina New", "password": PASSWORD})

    assert (answer.status_code, answer["Location"]) == (302, "/jobs/")
    assert guest.get("/jobs/").status_code == 200
    joined = Membership.objects.get(account__email=NEW)
    assert (joined.org, joined.role) == (showcase.org, "recruiter")
    assert Client().get(path).status_code == 410
    assert [event.action for event in AuditEvent.objects.order_by("id")] == [
        "member.invited",
        "member.joined",
    ]


def test_who_has_an_account_joins_with_it_and_no_other(
    signed_in: SignedIn, showcase: Showcase
) -> None:
    outsider, admin = signed_in("outsider"), signed_in("admin")
    invite(admin, "outsider@acme.example", "viewer")
    path = link(admin)

    assert (
        Client()
        .post(path, {"name": "x", "password": PASSWORD})["Location"]
        .startswith("/accounts/login/")
    )
    assert admin.post(path).status_code == 410
    assert outsider.post(path)["Location"] == "/jobs/"
    assert outsider.get("/talents/?q=elodie").content.decode().count("Müller") >= 1
    assert Membership.objects.filter(account=showcase.person("outsider")).count() == 2


@pytest.mark.parametrize("wrong", ["password", "acme.example", "12345678"])
def test_a_weak_password_makes_no_account(signed_in: SignedIn, wrong: str) -> None:
    admin = signed_in("admin")
    invite(admin)

    answer = Client().post(link(admin), {"name": "Nina", "password": wrong})

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Account.objects.filter(email=NEW).exists()


def test_a_link_dies_by_age_by_withdrawal_and_by_forgery(signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    invite(admin)
    path = link(admin)
    made = Invitation.objects.get()

    assert Client().get(path[:-2] + "x/").status_code == 410
    assert Client().get("/invitations/nothing/").status_code == 410
    Invitation.objects.update(expires_at=NOW - timedelta(days=900))
    assert Client().get(path).status_code == 410
    assert invite(admin) == 302  # what ran out stands in nobody's way
    fresh = Invitation.objects.exclude(id=made.id).get()
    admin.post(f"/settings/members/invitations/{fresh.id}/revoke/")
    assert Client().get(f"/invitations/{members.link_token(fresh)}/").status_code == 410


def test_nobody_is_invited_twice_or_as_what_the_inviter_may_not_give(
    signed_in: SignedIn, showcase: Showcase
) -> None:
    admin = signed_in("admin")

    assert [invite(admin), invite(admin)] == [302, 422]
    assert invite(admin, "viewer@acme.example") == 422
    assert invite(admin, "boss@acme.example", "owner") == 422
    assert invite(admin, "not an address") == 422
    assert invite(signed_in("owner"), "boss@acme.example", "owner") == 302


@pytest.mark.parametrize("role", ["recruiter", "viewer"])
def test_who_does_not_manage_looks_on(signed_in: SignedIn, showcase: Showcase, role: str) -> None:
    client, target = signed_in(role), of(showcase, "admin")
    page = client.get("/settings/members/").content.decode()

    assert "admin@acme.example" in page
    assert "Who did what" not in page
    assert invite(client) == 404
    given = {"role": "viewer", "was": "admin"}
    assert client.post(f"/settings/members/{target.id}/role/", given).status_code == 404
    assert client.post(f"/settings/members/{target.id}/remove/").status_code == 403
    assert of(showcase, "admin").role == "admin"


def test_another_organisation_is_not_there(signed_in: SignedIn, showcase: Showcase) -> None:
    outsider, admin, target = signed_in("outsider"), signed_in("admin"), of(showcase, "viewer")
    invite(admin)
    theirs = Invitation.objects.get().id

    given = {"role": "admin", "was": "viewer"}
    answers = [
        outsider.post(f"/settings/members/{target.id}/role/", given),
        outsider.get(f"/settings/members/{target.id}/remove/"),
        outsider.post(f"/settings/members/{target.id}/remove/"),
        outsider.post(f"/settings/members/invitations/{theirs}/revoke/"),
    ]
    assert [one.status_code for one in answers] == [404] * 4
    assert "acme" not in re.sub(
        "outsider@acme", "", outsider.get("/settings/members/").content.decode()
    )


def test_an_admin_neither_makes_nor_touches_an_owner(
    signed_in: SignedIn, showcase: Showcase
) -> None:
    admin, owner, viewer = signed_in("admin"), of(showcase, "owner"), of(showcase, "viewer")

    admin.post(f"/settings/members/{owner.id}/role/", {"role": "viewer", "was": "owner"})
    admin.post(f"/settings/members/{viewer.id}/role/", {"role": "owner", "was": "viewer"})

    assert admin.post(f"/settings/members/{owner.id}/remove/").status_code == 403
    assert [of(showcase, who).role for who in ("owner", "viewer")] == ["owner", "viewer"]


def test_the_last_owner_stays(signed_in: SignedIn, showcase: Showcase) -> None:
    client, owner, admin = signed_in("owner"), of(showcase, "owner"), of(showcase, "admin")

    client.post(f"/settings/members/{owner.id}/role/", {"role": "viewer", "was": "owner"})
    refused = client.post(f"/settings/members/{owner.id}/remove/", follow=True)
    assert "keeps at least one owner" in refused.content.decode()
    client.post(f"/settings/members/{admin.id}/role/", {"role": "owner", "was": "admin"})
    left = client.post(f"/settings/members/{owner.id}/remove/")

    assert left.status_code == 302
    assert client.get("/jobs/")["Location"] == "/no-organisation/"
    assert of(showcase, "admin").role == "owner"


def test_two_admins_at_once_do_not_overwrite_each_other(
    signed_in: SignedIn, showcase: Showcase
) -> None:
    viewer = of(showcase, "viewer")
    path = f"/settings/members/{viewer.id}/role/"
    signed_in("owner").post(path, {"role": "recruiter", "was": "viewer"})

    late = signed_in("admin").post(path, {"role": "admin", "was": "viewer"}, follow=True)

    assert "Somebody else changed this" in late.content.decode()
    assert of(showcase, "viewer").role == "recruiter"


def test_two_owners_who_leave_at_once_leave_one(showcase: Showcase) -> None:
    Membership.objects.filter(org=showcase.org, account__email="admin@acme.example").update(
        role="owner"
    )
    both = [of(showcase, "owner"), of(showcase, "admin")]

    def leave(one: Membership) -> str:
        try:
            with scope.under(scope.EVERYTHING):  # a thread begins without
                members.remove(one, one.id, now=NOW)
        except ConfigError as error:
            return error.code
        finally:
            connections.close_all()
        return "left"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leave, both)) == ["last_owner", "left"]
    assert Membership.objects.filter(org=showcase.org, role="owner").count() == 1


def test_markup_in_a_name_stays_text(signed_in: SignedIn, showcase: Showcase) -> None:
    Account.objects.filter(email="viewer@acme.example").update(name='<script>alert("x")</script>')

    page = signed_in("admin").get("/settings/members/").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
