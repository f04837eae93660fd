"""Settings > API: tokens are created, shown once, and revoked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from fakes.showcase import NOW, Showcase

from jemmo.services.accounts import tokens
from jemmo.store.models import ApiToken, AuditEvent, Connection, Membership

SignedIn = Callable[[str], Client]
SHOWN = re.compile(r'value="(jemmo_[\w-]+)"')


def make(client: Client, **fields: object) -> str:
    answer = client.post("/settings/api/create/", {"name": "Warehouse", **fields})
    assert answer.status_code == 200
    found = SHOWN.search(answer.content.decode())
    assert found
    return found[1]


def test_a_token_is_shown_once_and_works(showcase: Showcase, signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    secret = make(admin, scopes=["contacts"])

    token = tokens.recognize(secret, datetime.now(UTC))
    assert token is not None
    assert (token.org, token.scopes) == (showcase.org, ["records", "contacts"])
    assert token.created_by == showcase.person("admin")
    page = admin.get("/settings/api/").content.decode()
    assert "Warehouse" in page
    assert "records, contact details" in page
    assert secret not in page
    api = Client().get("/api/v1/jobs", headers={"Authorization": f"Bearer {secret}"})
    assert api.json()["data"]


def test_a_revoked_token_is_refused(showcase: Showcase, signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    secret = make(admin)
    token = ApiToken.objects.get()
    for _ in range(2):
        answer = admin.post(f"/settings/api/{token.pk}/revoke/", follow=True)
        assert "no longer works" in answer.content.decode()

    assert tokens.recognize(secret, datetime.now(UTC)) is None
    assert "No tokens yet" in admin.get("/settings/api/").content.decode()
    noted = AuditEvent.objects.filter(org=showcase.org, action__startswith="token.")
    assert [event.action for event in noted.order_by("id")] == ["token.created", "token.revoked"]
    activity = admin.get("/settings/members/").content.decode()
    assert "created an API token" in activity


def test_people_without_confidential_access_cannot_grant_it_to_a_token(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    admin, owner = signed_in("admin"), signed_in("owner")
    fields = {"name": "x", "scopes": ["confidential"]}

    assert "confidential" not in admin.get("/settings/api/").content.decode()
    assert admin.post("/settings/api/create/", fields).status_code == 422
    assert not ApiToken.objects.exists()
    make(owner, scopes=["confidential"])
    assert ApiToken.objects.get().scopes == ["records", "confidential"]


def test_a_token_can_be_bound_to_one_of_several_connections(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    assert "All connections" not in admin.get("/settings/api/").content.decode()
    agency = Connection.objects.create(
        org=showcase.org, provider="jarvi", label="Agency", sealed_key=b"", key_set_at=NOW
    )
    stranger = Connection.objects.get(org=showcase.stranger)

    for wrong in (stranger.id, "x"):
        fields = {"name": "x", "connection": wrong}
        assert admin.post("/settings/api/create/", fields).status_code == 422
    secret = make(admin, connection=agency.id)

    token = tokens.recognize(secret, datetime.now(UTC))
    assert token is not None
    assert token.connection == agency
    assert "Only from Agency" in admin.get("/settings/api/").content.decode()
    noted = AuditEvent.objects.get(org=showcase.org, action="token.created")
    assert noted.detail["connection"] == str(agency.id)
    make(admin, connection="")
    assert ApiToken.objects.filter(connection=None).count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "x", "expires": "2020-01-01"},
        {"name": "x", "expires": "soon"},
        {"name": "x", "scopes": ["nothing"]},
    ],
)
def test_an_impossible_token_is_explained(
    showcase: Showcase, signed_in: SignedIn, fields: dict[str, object]
) -> None:
    answer = signed_in("admin").post("/settings/api/create/", fields)
    assert answer.status_code == 422
    assert "errorlist" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_another_organizations_token_is_invisible(showcase: Showcase, signed_in: SignedIn) -> None:
    now = datetime.now(UTC)
    made = tokens.create(showcase.stranger, ["records"], name="theirs", now=now)
    admin = signed_in("admin")
    assert "theirs" not in admin.get("/settings/api/").content.decode()
    assert admin.post(f"/settings/api/{made.token.pk}/revoke/").status_code == 404
    assert tokens.recognize(made.secret, now) is not None


def test_removing_a_member_mentions_their_tokens(showcase: Showcase, signed_in: SignedIn) -> None:
    make(signed_in("admin"))
    maker = Membership.objects.get(org=showcase.org, account=showcase.person("admin"))
    page = signed_in("owner").get(f"/settings/members/{maker.pk}/remove/").content.decode()
    assert "keep working" in page


def test_in_screenshot_mode_no_token_is_shown(showcase: Showcase, signed_in: SignedIn) -> None:
    admin = signed_in("admin")
    admin.post("/preferences/screenshot/", {"screenshot": "on"})
    answer = admin.post("/settings/api/create/", {"name": "Warehouse"})
    assert not SHOWN.search(answer.content.decode())
