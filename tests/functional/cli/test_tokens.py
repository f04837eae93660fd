"""Tokens on the command line: created, listed, revoked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from functional.cli.conftest import Jemmo

from jemmo.services.accounts import accounts, tokens
from jemmo.store.models import ApiToken, AuditEvent, Connection, Organisation

UNKNOWN = "b9cb0248-07be-4174-985b-83c161d65ee2"


@pytest.fixture(autouse=True)
def acme(database_url: str) -> None:
    accounts.ensure_organisation("acme")


def test_a_token_is_shown_once(jemmo: Jemmo) -> None:
    made = jemmo("token", "create", "--org", "acme", "--scope", "records", "--json")
    plain = jemmo("token", "create", "--org", "acme", "--scope", "contacts", "--name", "crm")
    listed = jemmo("token", "list", "--org", "acme")

    assert made.status == plain.status == listed.status == 0
    token = ApiToken.objects.get(pk=made.last["id"])
    assert tokens.recognize(made.last["token"], token.created_at) == token
    secret = plain.out.strip()
    assert tokens.recognize(secret, token.created_at) is not None
    assert "can't show the token again" in plain.err
    assert "crm" in listed.out
    assert str(token.pk) in listed.out, "it can be revoked by what the list shows"
    for shown in (made.last["token"], secret):
        assert shown not in listed.out


def test_a_revoked_token_stops_working(jemmo: Jemmo) -> None:
    made = jemmo("token", "create", "--org", "acme", "--scope", "records", "--json").last
    for _ in range(2):
        assert jemmo("token", "revoke", made["id"], "--org", "acme", "--json").last == {
            "id": made["id"],
            "revoked": True,
        }

    created_at = ApiToken.objects.get(pk=made["id"]).created_at
    assert tokens.recognize(made["token"], created_at) is None
    assert jemmo("token", "list", "--org", "acme", "--json").last == {"tokens": []}
    noted = AuditEvent.objects.order_by("id").values_list("action", flat=True)
    assert list(noted) == ["token.created", "token.revoked"]


def test_a_token_is_bound_to_a_connection(jemmo: Jemmo) -> None:
    org = Organisation.objects.get(slug="acme")
    now = datetime.now(UTC)
    connection = Connection.objects.create(
        org=org, provider="jarvi", sealed_key=b"", key_set_at=now
    )
    words = ("--org", "acme", "--scope", "records", "--connection", str(connection.id), "--json")
    made = jemmo("token", "create", *words).last
    token = ApiToken.objects.get(pk=made["id"])
    assert tokens.scope_of(token).connection == connection.id
    (row,) = jemmo("token", "list", "--org", "acme", "--json").last["tokens"]
    assert row["connection_id"] == str(connection.id)


def test_the_last_day_counts_fully(jemmo: Jemmo) -> None:
    words = ("--org", "acme", "--scope", "records", "--expires", "2099-12-31", "--json")
    made = jemmo("token", "create", *words).last
    ends = ApiToken.objects.get(pk=made["id"]).expires_at
    assert ends is not None
    assert ends.isoformat() == "2099-12-31T23:59:59+00:00"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("create", "--scope", "everything"), "scope"),
        (("create", "--scope", "records", "--expires", "soon"), "date"),
        (("create", "--scope", "records", "--expires", "2020-01-01"), "token_expiry"),
        (("create", "--scope", "records", "--connection", "x"), "no_connection"),
        (("create", "--scope", "records", "--connection", UNKNOWN), "no_connection"),
        (("revoke", "x"), "unknown_token"),
        (("revoke", UNKNOWN), "unknown_token"),
    ],
)
def test_invalid_input_is_explained(jemmo: Jemmo, words: tuple[str, ...], code: str) -> None:
    done = jemmo("token", *words, "--org", "acme", "--json")
    assert done.status == 4
    assert done.last["error"]["code"] == code
    assert done.last["error"]["next_step"]


def test_another_organizations_token_cannot_be_revoked(jemmo: Jemmo) -> None:
    accounts.ensure_organisation("globex")
    made = jemmo("token", "create", "--org", "acme", "--scope", "records", "--json").last
    assert jemmo("token", "revoke", made["id"], "--org", "globex").status == 4
    assert jemmo("token", "list", "--org", "acme", "--json").last["tokens"]
