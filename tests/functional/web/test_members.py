"""Members: who may invite, change and remove whom, and what an invitation link allows."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse
from fakes import letters
from fakes.showcase import PASSWORD, Showcase

from jemmo.domain.errors import ConfigError
from jemmo.services.accounts import accounts, members
from jemmo.store.db import scope
from jemmo.store.models import Account, AuditEvent, Connection, Invitation, Membership, Talent

SignedIn = Callable[[str], Client]
NEW = "new@acme.example"
ROLES = ("owner", "admin", "recruiter", "viewer")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def of(showcase: Showcase, role: str) -> Membership:
    return Membership.objects.get(org=showcase.org, account__email=f"{role}@acme.example")


def link(client: Client) -> str:
    found = re.search(r"/invitations/[^\s\"<]+", client.get("/settings/members/").content.decode())
    assert found
    return found[0]


def invite(client: Client, email: str = NEW, role: str = "recruiter") -> int:
    return client.post("/settings/members/invite/", {"email": email, "role": role}).status_code


def test_an_invitation_is_sent_and_creates_an_account(
    signed_in: SignedIn, showcase: Showcase
) -> None:
    admin = signed_in("admin")
    assert invite(admin) == 302
    path = link(admin)
    assert letters.sent()[0].to == [NEW]
    assert (
        path not in letters.sent()[0].body
    )  # the link that proves the address is only in the e-mail

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


def test_a_link_to_copy_is_not_told_from_an_email_that_never_leaves(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = signed_in("admin")
    invite(admin)
    for leaves in (True, False):
        monkeypatch.setattr(
            "jemmo.services.notifications.mailing.is_set_up", lambda leaves=leaves: leaves
        )
        page = admin.get("/settings/members/").content.decode()
        assert ("The link in the email" in page) is leaves
        assert ("A copied link doesn't prove" in page) is not leaves


def test_an_invited_person_joins_only_with_their_own_account(
    signed_in: SignedIn, showcase: Showcase
) -> None:
    outsider, admin = signed_in("outsider"), signed_in("admin")
    accounts.trust(showcase.person("outsider"))
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
    assert Membership.objects.effective().filter(account=showcase.person("outsider")).count() == 2


@pytest.mark.parametrize("wrong", ["password", "acme.example", "12345678"])
def test_a_weak_password_is_refused(signed_in: SignedIn, wrong: str) -> None:
    admin = signed_in("admin")
    invite(admin)

    answer = Client().post(link(admin), {"name": "Nina", "password": wrong})

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Account.objects.filter(email=NEW).exists()


def test_expired_withdrawn_and_forged_links_are_refused(signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    invite(admin)
    path = link(admin)
    made = Invitation.objects.get()

    assert Client().get(path[:-2] + "x/").status_code == 410
    assert Client().get("/invitations/nothing/").status_code == 410
    Invitation.objects.update(expires_at=NOW - timedelta(days=900))
    assert Client().get(path).status_code == 410
    assert invite(admin) == 302  # an expired invitation doesn't block a new one
    fresh = Invitation.objects.exclude(id=made.id).get()
    admin.post(f"/settings/members/invitations/{fresh.id}/revoke/")
    assert Client().get(f"/invitations/{members.link_token(fresh)}/").status_code == 410


@pytest.mark.parametrize("deed", ["remove", "leave", "demote", "deactivate", "user add"])
def test_removed_members_cannot_return_through_their_own_invitation(
    signed_in: SignedIn, showcase: Showcase, deed: str
) -> None:
    admin, owner, target = signed_in("admin"), signed_in("owner"), of(showcase, "admin")
    invite(admin, "second-self@mail.example", "admin")
    path = link(admin)
    match deed:
        case "remove":
            owner.post(f"/settings/members/{target.id}/remove/")
        case "leave":
            admin.post(f"/settings/members/{target.id}/remove/")
        case "demote":
            given = {"role": "recruiter", "was": "admin"}
            owner.post(f"/settings/members/{target.id}/role/", given)
        case "deactivate":
            Account.objects.filter(id=target.account_id).update(is_active=False)
        case _:  # an operator assigns another role
            Membership.objects.filter(id=target.id).update(role="viewer")

    guest = Client()
    assert guest.get(path).status_code == 410
    assert guest.post(path, {"name": "Sly", "password": PASSWORD}).status_code == 410
    assert not Account.objects.filter(email="second-self@mail.example").exists()
    is_withdrawn = Invitation.objects.get().revoked_at is not None
    assert is_withdrawn is (deed in {"remove", "leave", "demote"})


def test_invitations_stay_valid_while_the_inviter_may_grant_the_role(
    signed_in: SignedIn, showcase: Showcase
) -> None:
    owner, admin = of(showcase, "owner"), of(showcase, "admin")
    Membership.objects.filter(id=admin.id).update(role="owner")
    mine = [
        members.invite(owner, email=f"{role}2@mail.example", role=role, now=NOW)
        for role in ("owner", "viewer")
    ]

    members.change_role(admin, owner.id, role="admin", was="owner", now=NOW)

    with pytest.raises(ConfigError):
        members.invitation(members.link_token(mine[0]), now=NOW)
    assert members.invitation(members.link_token(mine[1]), now=NOW).invitation == mine[1]


def test_duplicate_and_unauthorized_invitations_are_refused(
    signed_in: SignedIn, showcase: Showcase
) -> None:
    admin = signed_in("admin")

    assert [invite(admin), invite(admin)] == [302, 422]
    assert invite(admin, "viewer@acme.example") == 422
    assert invite(admin, "boss@acme.example", "owner") == 422
    assert invite(admin, "not an address") == 422
    assert invite(signed_in("owner"), "boss@acme.example", "owner") == 302


def test_invitations_cannot_be_used_for_mass_mail(signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    answers = [invite(admin, f"new{number}@acme.example") for number in range(31)]
    assert answers == [302] * 30 + [429]


@pytest.mark.parametrize("role", ["recruiter", "viewer"])
def test_members_without_management_rights_can_only_look(
    signed_in: SignedIn, showcase: Showcase, role: str
) -> None:
    client, target = signed_in(role), of(showcase, "admin")
    page = client.get("/settings/members/").content.decode()

    assert "admin@acme.example" in page
    assert "Activity" not in page
    assert invite(client) == 404
    given = {"role": "viewer", "was": "admin"}
    assert client.post(f"/settings/members/{target.id}/role/", given).status_code == 404
    assert client.post(f"/settings/members/{target.id}/remove/").status_code == 403
    assert of(showcase, "admin").role == "admin"


def test_another_organization_is_invisible(signed_in: SignedIn, showcase: Showcase) -> None:
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


def test_an_admin_can_neither_create_nor_change_owners(
    signed_in: SignedIn, showcase: Showcase
) -> None:
    admin, owner, viewer = signed_in("admin"), of(showcase, "owner"), of(showcase, "viewer")

    admin.post(f"/settings/members/{owner.id}/role/", {"role": "viewer", "was": "owner"})
    admin.post(f"/settings/members/{viewer.id}/role/", {"role": "owner", "was": "viewer"})

    assert admin.post(f"/settings/members/{owner.id}/remove/").status_code == 403
    assert [of(showcase, who).role for who in ("owner", "viewer")] == ["owner", "viewer"]


def test_access_to_confidential_records_is_granted_and_revoked(
    signed_in: SignedIn, showcase: Showcase
) -> None:
    Talent.objects.filter(remote_id="elodie").update(is_private=True)
    page = f"/talents/{showcase.talent('elodie').id}/"
    place = {role: Membership.objects.get(account=showcase.person(role)) for role in ROLES}

    def post(actor: str, target: str, **form: str) -> int:
        where = reverse("member_confidential", args=[place[target].pk])
        return signed_in(actor).post(where, form).status_code

    def seen() -> set[str]:
        return {role for role in ROLES if signed_in(role).get(page).status_code == 200}

    assert seen() == {"owner"}
    assert post("owner", "recruiter", sees="on") == 302
    assert seen() == {"owner", "recruiter"}
    assert post("admin", "admin", sees="on") == 302
    assert post("admin", "viewer", sees="on") == 302
    assert post("admin", "recruiter") == 302
    assert seen() == {"owner", "admin", "viewer"}
    assert post("recruiter", "recruiter", sees="on") == 404
    assert post("viewer", "recruiter", sees="on") == 404
    assert post("admin", "owner") == 302
    assert seen() == {"owner", "admin", "viewer"}
    listed = signed_in("owner").get("/settings/members/").content.decode()
    assert "turned on access to confidential records for" in listed
    assert "turned off access to confidential records for" in listed
    kinds = AuditEvent.objects.filter(action__startswith="member.confidential")
    assert kinds.count() == 4
    lists = signed_in("viewer").get("/talents/?q=elodie").content.decode()
    assert "Private</span>" in lists


def test_the_last_owner_stays(signed_in: SignedIn, showcase: Showcase) -> None:
    client, owner, admin = signed_in("owner"), of(showcase, "owner"), of(showcase, "admin")

    client.post(f"/settings/members/{owner.id}/role/", {"role": "viewer", "was": "owner"})
    refused = client.post(f"/settings/members/{owner.id}/remove/", follow=True)
    assert "needs at least one owner" in refused.content.decode()
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

    assert "Someone else made a change" in late.content.decode()
    assert of(showcase, "viewer").role == "recruiter"


def test_if_two_owners_leave_at_once_one_remains(showcase: Showcase) -> None:
    Membership.objects.filter(org=showcase.org, account__email="admin@acme.example").update(
        role="owner"
    )
    both = [of(showcase, "owner"), of(showcase, "admin")]

    def leave(one: Membership) -> str:
        try:
            with scope.acting_in(scope.EVERYTHING):  # threads start without a scope
                members.remove(one, one.id, now=NOW)
        except ConfigError as error:
            return error.code
        finally:
            connections.close_all()
        return "left"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(leave, both)) == ["last_owner", "left"]
    assert Membership.objects.filter(org=showcase.org, role="owner").count() == 1


def test_markup_in_a_name_is_escaped(signed_in: SignedIn, showcase: Showcase) -> None:
    Account.objects.filter(email="viewer@acme.example").update(name='<script>alert("x")</script>')

    page = signed_in("admin").get("/settings/members/").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.fixture
def without_mail(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"


@pytest.mark.usefixtures("without_mail")
def test_without_a_mail_server_nothing_is_reported_as_sent(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    answer = admin.post(
        "/settings/members/invite/", {"email": NEW, "role": "viewer"}, follow=True
    ).content.decode()

    assert "no invitation was sent" in answer
    assert "sending an invitation" not in answer
    made = Invitation.objects.get(email=NEW)
    assert members.link_token(made) in answer  # for the admin to copy
    assert members.mailed_token(made) not in answer
    reset = Client().post("/accounts/password/reset/", {"email": NEW}, follow=True).content.decode()
    assert "so we can't send a link" in reset
    assert "jemmo user verify" in reset
    assert "on its way" not in reset
    shown = admin.get("/settings/notifications/").content.decode()
    assert "JEMMO_EMAIL_URL" in shown
    viewer = signed_in("viewer").get("/settings/notifications/").content.decode()
    assert "JEMMO_EMAIL_URL" not in viewer
    assert "Ask an owner or admin" in viewer
    assert letters.sent() == []


@pytest.mark.parametrize("role", ["recruiter", "viewer"])
def test_members_without_the_right_see_who_can(
    showcase: Showcase, signed_in: SignedIn, role: str
) -> None:
    connection = showcase.org.connections.get()
    Connection.objects.filter(id=connection.id).update(
        last_error={"code": "key_refused", "message": "401", "next_step": "Create a new key."}
    )
    client = signed_in(role)
    page = client.get("/settings/quality/").content.decode()
    assert "deleted in the ATS" not in page
    assert "Only owners and admins" in page
    assert 'href="/settings/members/"' in page
    card = client.get(f"/settings/organization/ats/{connection.id}/").content.decode()
    assert "Ask an owner or admin of your organization." in card
    assert "rotate the key here" not in card
    manager = (
        signed_in("admin").get(f"/settings/organization/ats/{connection.id}/").content.decode()
    )
    assert "rotate the key here" in manager
    Connection.objects.filter(id=connection.id).update(state="paused")
    icon = client.get("/sync/jobs/", headers={"HX-Request": "true"}).content.decode()
    assert "Resume syncs in the settings" not in icon
    assert "Ask an owner or admin of your organization." in icon
