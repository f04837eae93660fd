"""Endpoints of outgoing webhooks on the command line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from functional.cli.conftest import Jemmo

from jemmo.services.accounts import accounts
from jemmo.store.models import AuditEvent, Organisation, OutgoingEndpoint, OutgoingMessage

URL = ("--url", "https://app.example.com/jemmo")


@pytest.fixture(autouse=True)
def acme(database_url: str) -> None:
    accounts.ensure_organisation("acme")


def made(jemmo: Jemmo) -> dict[str, str]:
    chosen = ("--event", "records.changed", "--entity", "jobs", "--field", "jobs.title")
    words = ("--org", "acme", *URL, *chosen, "--json")
    created: dict[str, str] = jemmo("endpoint", "create", *words).last
    return created


def test_the_secret_of_an_endpoint_is_shown_once(jemmo: Jemmo) -> None:
    new = made(jemmo)
    assert new["secret"].startswith("whsec_")
    plain = jemmo("endpoint", "create", "--org", "acme", *URL, "--event", "sync.late")
    assert plain.out.startswith("whsec_")
    assert "can't show it again" in plain.err

    listed = jemmo("endpoint", "list", "--org", "acme")
    assert new["id"] in listed.out
    assert "app.example" in listed.out
    assert new["secret"] not in listed.out
    rows = jemmo("endpoint", "list", "--org", "acme", "--json").last["endpoints"]
    assert [row["entities"] for row in rows] == [[], ["jobs"]]
    assert [row["update_fields"] for row in rows] == [[], ["jobs.title"]]
    assert {row["url"] for row in rows} == {URL[1]}


def test_nothing_is_announced_while_the_organization_is_being_deleted(jemmo: Jemmo) -> None:
    key = made(jemmo)["id"]
    Organisation.objects.filter(slug="acme").update(deleted_at=datetime.now(UTC))

    tested = jemmo("endpoint", "test", key, "--org", "acme")

    assert tested.status != 0
    assert "scheduled for deletion" in " ".join(tested.err.split())
    assert "jemmo org keep" in " ".join(tested.err.split())


def test_turning_an_endpoint_off_twice_keeps_the_reason(jemmo: Jemmo) -> None:
    key = made(jemmo)["id"]
    OutgoingEndpoint.objects.update(state="off", off_reason="gone")
    assert "already off" in jemmo("endpoint", "off", key, "--org", "acme").out
    assert OutgoingEndpoint.objects.get().off_reason == "gone"
    refused = jemmo("endpoint", "test", key, "--org", "acme", "--json")
    assert refused.last["error"]["code"] == "no_test_event"

    OutgoingEndpoint.objects.update(state="active", failures=3, failing_since=datetime.now(UTC))
    assert "already on" in jemmo("endpoint", "on", key, "--org", "acme").out
    assert OutgoingEndpoint.objects.get().failures == 3
    assert not AuditEvent.objects.filter(action__startswith="endpoint.switched").exists()


def test_an_endpoint_is_tested_rotated_switched_and_deleted(jemmo: Jemmo) -> None:
    key = made(jemmo)["id"]
    assert jemmo("endpoint", "test", key, "--org", "acme").status == 0
    assert OutgoingMessage.objects.get().event == "test"
    rotated = jemmo("endpoint", "rotate", key, "--org", "acme", "--json").last
    assert rotated["secret"].startswith("whsec_")
    jemmo("endpoint", "off", key, "--org", "acme")
    assert OutgoingEndpoint.objects.get().state == "off"
    jemmo("endpoint", "on", key, "--org", "acme")
    OutgoingMessage.objects.update(state="failed")
    assert jemmo("endpoint", "replay", key, "--org", "acme", "--json").last == {"replayed": 1}
    jemmo("endpoint", "delete", key, "--org", "acme")
    assert not OutgoingEndpoint.objects.exists()
    noted = AuditEvent.objects.order_by("id").values_list("action", flat=True)
    assert list(noted) == [
        f"endpoint.{deed}"
        for deed in ("created", "rotated", "switched_off", "switched_on", "deleted")
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("create", "--url", "http://app.example.com", "--event", "sync.late"), "endpoint_refused"),
        (("create", *URL, "--event", "everything"), "endpoint_events"),
        (("create", *URL, "--event", "sync.late", "--field", "jobs.x"), "endpoint_events"),
        (("create", *URL, "--event", "sync.late", "--connection", "x"), "endpoint_events"),
        (("test", "x"), "unknown_endpoint"),
        (("test", "b9cb0248-07be-4174-985b-83c161d65ee2"), "unknown_endpoint"),
    ],
)
def test_impossible_actions_are_explained(jemmo: Jemmo, words: tuple[str, ...], code: str) -> None:
    answer = jemmo("endpoint", *words, "--org", "acme", "--json")
    assert answer.status != 0
    assert answer.last["error"]["code"] == code
    assert answer.last["error"]["next_step"]


def test_another_organizations_endpoint_is_invisible(jemmo: Jemmo) -> None:
    key = made(jemmo)["id"]
    accounts.ensure_organisation("globex")
    for deed in ("test", "rotate", "on", "off", "replay", "delete"):
        answer = jemmo("endpoint", deed, key, "--org", "globex", "--json")
        assert answer.last["error"]["code"] == "unknown_endpoint", deed
    assert OutgoingEndpoint.objects.get().state == "active"
