"""An account with someone else's address gets access only to the organization that created it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from fakes import letters
from fakes.showcase import PASSWORD, Showcase
from pytest_django import Settings
from typer.testing import CliRunner

from jemmo.cli.main import app
from jemmo.domain.errors import ConfigError
from jemmo.services.accounts import accounts, members
from jemmo.store.models import Account, Invitation, Membership, Session

SignedIn = Callable[[str], Client]
CEO = "ceo@other.test"
OWN = "a battery of correct horses"
RESET = re.compile(r"/accounts/password/reset/key/\S+")


@pytest.fixture
def attacker(signed_in: SignedIn) -> Client:
    """An admin's second browser, in which they opened the displayed link and set a password."""
    admin = signed_in("admin")
    admin.post("/settings/members/invite/", {"email": CEO, "role": "recruiter"})
    shown = re.search(r"/invitations/[^\s\"<]+", admin.get("/settings/members/").content.decode())
    assert shown
    browser = Client()
    answer = browser.post(shown[0], {"name": "Not the boss", "password": PASSWORD})
    assert answer["Location"] == "/jobs/"
    return browser


def sign_in(password: str, browser: Client | None = None) -> Client:
    browser = browser or Client()
    browser.post("/accounts/login/", {"login": CEO, "password": password})
    return browser


def link(pattern: str | re.Pattern[str] = RESET) -> str:
    found = re.search(pattern, str(letters.sent()[-1].body))
    assert found
    return found[0]


def reset(password: str, browser: Client | None = None) -> Client:
    """Reset the password like the mailbox's owner."""
    browser = browser or Client()
    browser.post("/accounts/password/reset/", {"email": CEO})
    where = browser.get(link())["Location"]
    answer = browser.post(where, {"password1": password, "password2": password})
    assert answer.status_code == 302, answer.content.decode()
    return browser


def organisations(browser: Client) -> set[str]:
    answer = browser.get("/settings/profile/")
    return {name for name in ("acme", "globex") if f"<bdi>{name}</bdi>" in answer.content.decode()}


def account() -> Account:
    return Account.objects.get(email=CEO)


def test_an_operator_does_not_let_them_into_another_organization(
    attacker: Client, showcase: Showcase
) -> None:
    for password in (None, OWN):
        accounts.add_member(showcase.stranger, CEO, "owner", password)

    assert not accounts.has_access(account(), showcase.stranger)
    for browser in (attacker, sign_in(PASSWORD)):
        assert organisations(browser) == {"acme"}
        chosen = {"organisation": str(showcase.stranger.id)}
        assert browser.post("/preferences/organisation/", chosen).status_code == 404
    assert not organisations(sign_in(OWN))  # the operator's password grants no access either
    with pytest.raises(ConfigError):
        accounts.member(showcase.stranger, CEO)


def test_the_owner_of_the_mailbox_gets_in_and_they_are_out(
    attacker: Client, showcase: Showcase, settings: Settings
) -> None:
    Authenticator.objects.create(user=account(), type="totp", data={"secret": "theirs"})
    Authenticator.objects.create(user=account(), type="recovery_codes", data={"seed": "theirs"})
    accounts.add_member(showcase.stranger, CEO, "recruiter", None)
    assert Session.objects.filter(account=account()).count() == 1

    owner = reset(OWN)

    assert account().is_verified
    assert not Session.objects.filter(account=account()).exists()
    assert not Authenticator.objects.filter(user=account()).exists()
    assert attacker.get("/jobs/").status_code == 302
    assert not organisations(sign_in(PASSWORD))
    assert organisations(sign_in(OWN, owner)) == {"acme", "globex"}


def test_a_reset_keeps_second_factors_of_who_proved_the_address_before(showcase: Showcase) -> None:
    accounts.add_member(showcase.stranger, CEO, "recruiter", PASSWORD, verified=True)
    Authenticator.objects.create(user=account(), type="totp", data={"secret": "own"})
    accounts.prove(account(), OWN)
    assert Authenticator.objects.filter(user=account()).exists()


def test_the_mailed_invitation_proves_it_and_takes_the_account_over(
    attacker: Client, showcase: Showcase, signed_in: SignedIn
) -> None:
    accounts.trust(showcase.person("outsider"))
    signed_in("outsider").post("/settings/members/invite/", {"email": CEO, "role": "viewer"})
    path = link(r"/invitations/\S+")
    copied = f"/invitations/{members.link_token(Invitation.objects.latest('created_at'))}/"

    assert (
        attacker.post(copied).status_code == 410
    )  # signed in with that address, but not its owner
    owner = Client()
    assert "take over the account" in owner.get(path).content.decode()
    owner.post(path, {"name": "The boss", "password": OWN})

    assert attacker.get("/jobs/").status_code == 302
    assert organisations(owner) == {"acme", "globex"}
    assert account().name == "The boss"
    assert account().is_verified


def test_a_copied_link_creates_an_account_only_for_its_organization(
    attacker: Client, showcase: Showcase
) -> None:
    assert not account().is_verified
    assert account().confined_to == showcase.org
    Membership.objects.filter(account=account()).delete()
    members.accept(_invited(showcase), account=account(), now=_now())  # invited again
    assert organisations(attacker) == {"acme"}
    showcase.org.delete()
    accounts.add_member(showcase.stranger, CEO, "owner", None)
    assert not organisations(attacker)


def _invited(showcase: Showcase) -> str:
    admin = Membership.objects.get(org=showcase.org, account__email="admin@acme.example")
    return members.link_token(members.invite(admin, email=CEO, role="viewer", now=_now()))


def _now() -> datetime:
    return datetime.now(UTC)


def test_a_pending_owner_does_not_count_as_the_last_owner(
    attacker: Client, showcase: Showcase
) -> None:
    accounts.add_member(showcase.stranger, CEO, "owner", None)
    last = Membership.objects.get(org=showcase.stranger, account__email="outsider@acme.example")
    with pytest.raises(ConfigError, match="at least one owner"):
        members.remove(last, last.id, now=_now())


def test_an_unproved_account_cannot_change_its_address(attacker: Client) -> None:
    assert "isn't confirmed" in attacker.get("/accounts/email/").content.decode().replace(
        "&#x27;", "'"
    )
    attacker.post("/accounts/email/", {"email": "other@other.test"})
    assert not [one for one in letters.sent() if "other@other.test" in one.to]
    assert attacker.get("/settings/profile/").content.decode().count("not confirmed") == 1


def test_the_page_sends_the_link_that_proves_it(attacker: Client) -> None:
    assert attacker.post("/accounts/email/prove/").status_code == 302
    assert letters.sent()[-1].to == [CEO]
    assert "Confirm" in letters.sent()[-1].subject
    assert attacker.get("/accounts/email/prove/").status_code == 405
    attacker.get(link())  # even where they are signed in, it requires a new password
    assert not account().is_verified


@pytest.fixture
def proved(showcase: Showcase, served: None) -> Client:
    """A member of the second company who has proved their address and just entered the password."""
    accounts.add_member(showcase.stranger, "own@globex.test", "owner", PASSWORD, verified=True)
    browser = Client()
    browser.post("/accounts/login/", {"login": "own@globex.test", "password": PASSWORD})
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return browser


def ask(browser: Client, email: str) -> str:
    answer = browser.post("/accounts/email/", {"email": email}, follow=True)
    assert answer.redirect_chain == [("/accounts/email/", 302)]
    page = answer.content.decode().split("<main")[1].replace(email, "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def test_changing_an_address_does_not_reveal_existing_accounts(
    proved: Client, showcase: Showcase
) -> None:
    taken, free = ask(proved, "viewer@acme.example"), ask(proved, "nobody@acme.example")
    assert taken == free
    bodies = {letter.to[0]: letter.body for letter in letters.sent()}
    assert "confirm" in bodies["nobody@acme.example"]
    assert "/accounts/" not in bodies["viewer@acme.example"]


@pytest.mark.long
def test_a_new_address_needs_its_mailbox_and_the_account_that_asked(
    proved: Client, showcase: Showcase, recruiter: Client
) -> None:
    ask(proved, CEO)
    path = link(r"/accounts/email/confirm/\S+")

    # The mailbox's owner, with another account or none, doesn't give it away by clicking the link.
    assert Client().post(path)["Location"].startswith("/accounts/login/")
    assert recruiter.post(path).status_code == 410
    assert not Account.objects.filter(email=CEO).exists()

    assert proved.get(path).status_code == 200
    assert proved.post(path).status_code == 302
    assert account().is_verified
    assert letters.sent()[-1].to == ["own@globex.test"]  # the old address is notified
    assert proved.post(path).status_code == 410


@pytest.mark.long
def test_a_command_warns_and_verifies(
    attacker: Client, showcase: Showcase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jemmo.bootstrap.start", lambda **_: "")
    run = CliRunner().invoke

    added = run(app, ["user", "add", CEO, "--org", "globex", "--role", "admin"])
    assert added.exit_code == 0
    assert "has no access yet" in added.output
    assert organisations(attacker) == {"acme"}

    verified = run(app, ["user", "verify", CEO, "--password-stdin"], input=f"{OWN}\n")
    assert verified.exit_code == 0, verified.output
    assert attacker.get("/jobs/").status_code == 302
    assert not organisations(sign_in(PASSWORD))
    browser = sign_in(OWN)
    assert organisations(browser) == {"acme", "globex"}

    assert "1 session" in run(app, ["user", "sign-out", CEO]).output
    assert browser.get("/jobs/").status_code == 302


def test_the_first_account_of_the_command_line_is_trusted(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jemmo.bootstrap.start", lambda **_: "")
    for email, more in ((CEO, []), ("b@other.test", []), ("c@other.test", ["--verified"])):
        done = CliRunner().invoke(app, ["user", "add", email, "--org", "acme", *more])
        assert done.exit_code == 0, done.output
        assert "is now recruiter" in done.output
    verified = Account.objects.order_by("email").values_list("verified_email", flat=True)
    assert sorted(verified) == ["", "c@other.test", CEO]


def test_an_update_trusts_operators_accounts_and_confines_those_of_links(
    attacker: Client, showcase: Showcase
) -> None:
    """Accounts from before the update have no proofs, and invited ones may already be in a second organization."""
    Membership.objects.create(account=account(), org=showcase.stranger, role="owner")
    lone = Account.objects.create_user("lone@acme.example")
    Account.objects.update(verified_email="", confined_to=None)
    EmailAddress.objects.create(user=account(), email=CEO, verified=True)

    with connection.cursor() as cursor:
        cursor.execute(import_module("jemmo.store.migrations.0105_proved_addresses").PROVED)

    assert not account().is_verified
    assert [one.org for one in Membership.objects.effective().filter(account=account())] == [
        showcase.org
    ]
    assert showcase.person("recruiter").is_verified
    lone.refresh_from_db()
    assert not lone.is_verified
    assert not EmailAddress.objects.exists()
