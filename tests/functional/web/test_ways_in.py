"""Who gets in: signing in, the first start, and those who belong nowhere."""

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
def test_a_page_asks_who_you_are(anybody: Client, path: str) -> None:
    answer = anybody.get(path)

    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={path}"


def test_a_fresh_installation_leads_to_its_first_start(anybody: Client) -> None:
    assert anybody.get("/")["Location"] == "/start/"
    assert anybody.get("/start/").status_code == 200


def test_the_first_start_makes_the_owner_and_is_gone_afterwards(anybody: Client) -> None:
    answer = anybody.post("/start/", OWNER)

    assert (answer.status_code, answer["Location"]) == (302, "/settings/organization/ats/")
    assert anybody.get("/settings/organization/ats/").status_code == 200
    member = Membership.objects.get()
    assert (member.account.email, member.role) == ("owner@acme.example", "owner")
    assert member.org.name == "Acme Inc"
    again = Client()
    assert again.get("/start/").status_code == 404
    assert again.post("/start/", {**OWNER, "email": "thief@acme.example"}).status_code == 404
    assert Account.objects.count() == 1


def test_the_first_who_comes_gets_no_organization_that_is_there(anybody: Client) -> None:
    """Connected on the command line, and maybe synced, before anybody has an account."""
    Organisation.objects.create(slug="acme-inc", name="Acme Inc")
    answer = anybody.post("/start/", OWNER)
    assert "jemmo user add" in answer.content.decode()
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"password": "password"}, {"email": "nobody"}, {"organisation": ""}]
)
def test_the_first_start_refuses_what_it_cannot_use(anybody: Client, wrong: dict[str, str]) -> None:
    answer = anybody.post("/start/", {**OWNER, **wrong})

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Account.objects.exists()
    assert not Organisation.objects.exists()


def test_signing_in_and_out(showcase: Showcase, anybody: Client) -> None:
    given = {"login": "recruiter@acme.example", "password": "wrong"}
    refused = anybody.post("/accounts/login/", given)
    assert refused.status_code == 200
    assert anybody.get("/jobs/").status_code == 302

    accepted = anybody.post("/accounts/login/", {**given, "password": PASSWORD})
    assert (accepted.status_code, accepted["Location"]) == (302, "/jobs/")
    assert anybody.get("/jobs/").status_code == 200

    anybody.post("/accounts/logout/")
    assert anybody.get("/jobs/").status_code == 302


def test_nobody_signs_up_by_themselves(anybody: Client) -> None:
    anybody.post(
        "/accounts/signup/",
        {"email": "new@acme.example", "password1": PASSWORD, "password2": PASSWORD},
    )

    assert not Account.objects.exists()


def test_who_belongs_nowhere_is_told_so(anybody: Client) -> None:
    anybody.force_login(Account.objects.create_user("alone@acme.example"))

    assert anybody.get("/jobs/")["Location"] == "/no-organisation/"
    assert anybody.get("/no-organisation/").status_code == 200


def test_a_member_has_an_organisation(signed_in: Callable[[str], Client]) -> None:
    assert signed_in("viewer").get("/no-organisation/")["Location"] == "/jobs/"


def test_the_health_check_asks_nobody(anybody: Client) -> None:
    answer = anybody.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")
