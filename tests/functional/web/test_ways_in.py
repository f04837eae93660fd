"""Getting in: signing in, the first start, and people without an organization."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from fakes.showcase import PASSWORD, Showcase

from jemmo.store.models import Account, Membership, Organisation

ID = "b9cb0248-07be-4174-985b-83c161d65ee2"
PAGES = (
    "/jobs/",
    f"/jobs/{ID}/",
    "/talents/",
    f"/talents/{ID}/",
    "/settings/organization/ats/",
    f"/settings/organization/ats/runs/{ID}/",
    "/status/",
    "/no-organisation/",
)
OWNER = {"organisation": "Acme Inc", "email": "Owner@Acme.example", "password": PASSWORD}


@pytest.mark.parametrize("path", PAGES)
def test_pages_require_sign_in(anonymous: Client, path: str) -> None:
    answer = anonymous.get(path)

    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={path}"


def test_a_fresh_installation_leads_to_its_first_start(anonymous: Client) -> None:
    assert anonymous.get("/")["Location"] == "/start/"
    assert anonymous.get("/start/").status_code == 200


def test_the_first_start_creates_the_owner_and_then_disappears(anonymous: Client) -> None:
    answer = anonymous.post("/start/", OWNER)

    assert (answer.status_code, answer["Location"]) == (302, "/settings/organization/ats/")
    assert anonymous.get("/settings/organization/ats/").status_code == 200
    member = Membership.objects.get()
    assert (member.account.email, member.role) == ("owner@acme.example", "owner")
    assert member.org.name == "Acme Inc"
    again = Client()
    assert again.get("/start/").status_code == 404
    assert again.post("/start/", {**OWNER, "email": "thief@acme.example"}).status_code == 404
    assert Account.objects.count() == 1


def test_the_first_visitor_gets_no_existing_organization(anonymous: Client) -> None:
    """An organization may be connected on the command line, and even synced, before anyone has an account."""
    Organisation.objects.create(slug="acme-inc", name="Acme Inc")
    answer = anonymous.post("/start/", OWNER)
    assert "jemmo user add" in answer.content.decode()
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"password": "password"}, {"email": "nobody"}, {"organisation": ""}]
)
def test_the_first_start_refuses_invalid_input(anonymous: Client, wrong: dict[str, str]) -> None:
    answer = anonymous.post("/start/", {**OWNER, **wrong})

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Account.objects.exists()
    assert not Organisation.objects.exists()


def test_signing_in_and_out(showcase: Showcase, anonymous: Client) -> None:
    given = {"login": "recruiter@acme.example", "password": "wrong"}
    refused = anonymous.post("/accounts/login/", given)
    assert refused.status_code == 200
    assert anonymous.get("/jobs/").status_code == 302

    accepted = anonymous.post("/accounts/login/", {**given, "password": PASSWORD})
    assert (accepted.status_code, accepted["Location"]) == (302, "/jobs/")
    assert anonymous.get("/jobs/").status_code == 200

    anonymous.post("/accounts/logout/")
    assert anonymous.get("/jobs/").status_code == 302


def test_there_is_no_public_sign_up(anonymous: Client) -> None:
    anonymous.post(
        "/accounts/signup/",
        {"email": "new@acme.example", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert not Account.objects.exists()


def test_a_person_without_an_organization_gets_an_explanation(anonymous: Client) -> None:
    anonymous.force_login(Account.objects.create_user("alone@acme.example"))

    assert anonymous.get("/jobs/")["Location"] == "/no-organisation/"
    assert anonymous.get("/no-organisation/").status_code == 200


def test_a_member_has_an_organisation(signed_in: Callable[[str], Client]) -> None:
    assert signed_in("viewer").get("/no-organisation/")["Location"] == "/jobs/"


def test_the_health_check_requires_no_sign_in(anonymous: Client) -> None:
    answer = anonymous.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")
