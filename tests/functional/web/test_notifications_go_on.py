"""One receiver that can't get a message doesn't hold up the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from fakes.showcase import Showcase

from jemmo.domain.errors import ConfigError
from jemmo.domain.outgoing import Event
from jemmo.rest_client.outward import check_address
from jemmo.services.base.contexts import chat_context
from jemmo.services.connections import key_care
from jemmo.services.notifications import notifications
from jemmo.services.outgoing import endpoints
from jemmo.store.models import Account, Connection, Delivery, OrganisationNotices
from jemmo.vault import default_vault

SignedIn = Callable[[str], Client]
NOW = datetime.now(UTC) + timedelta(hours=1)  # after the members have joined
NO_HOSTS = ("https://hooks..slack.com/x", f"https://{'x' * 64}.example/x")


@pytest.fixture
def connection(showcase: Showcase) -> Connection:
    """A connection whose key expires soon, of which the owner and the admin are to be notified."""
    connection: Connection = showcase.org.connections.get()
    connection.key_set_at = NOW - timedelta(days=20)
    connection.key_expires_at = NOW + timedelta(days=6)
    connection.save()
    return connection


def send() -> int:
    return notifications.send_due(vault=default_vault(), now=NOW + timedelta(hours=1))


def test_a_message_that_cannot_be_written_does_not_hold_up_the_others(
    connection: Connection,
) -> None:
    Account.objects.filter(email="owner@acme.example").update(email="no address\n")
    key_care.queue_key_reminders(NOW)
    assert send() == 1
    assert [letter.to for letter in mail.outbox] == [["admin@acme.example"]]
    failed = Delivery.objects.get(membership__account__email="no address\n")
    assert failed.error
    assert failed.next_try_at is not None
    assert failed.next_try_at > NOW


def test_a_name_on_two_lines_makes_a_subject_of_one(connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(label="Acme\rFrance")
    key_care.queue_key_reminders(NOW)
    assert send() == 2
    assert "Acme France" in mail.outbox[0].subject


@pytest.mark.parametrize("url", NO_HOSTS)
def test_a_chat_without_a_possible_host_does_not_hold_up_email(
    url: str, connection: Connection
) -> None:
    sealed = default_vault().seal(url.encode(), chat_context(connection.org_id))
    OrganisationNotices.objects.create(
        org=connection.org, chat_when="always", sealed_chat_url=sealed, chat_host="x"
    )
    key_care.queue_key_reminders(NOW)
    assert Delivery.objects.filter(channel="chat").update(next_try_at=NOW - timedelta(1)) == 1
    assert send() == 2
    assert Delivery.objects.get(channel="chat").error


@pytest.mark.parametrize("url", NO_HOSTS)
def test_an_impossible_host_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_address(url)
    assert refused.value.variant == "address"


def test_names_are_stored_on_one_line(
    showcase: Showcase, connection: Connection, signed_in: SignedIn
) -> None:
    admin = signed_in("admin")
    answer = admin.post("/settings/api/create/", {"name": "Data\r\x1bwarehouse", "scopes": []})
    assert answer.status_code in {200, 302}
    assert showcase.org.api_tokens.latest("created_at").name == "Data warehouse"
    choice = endpoints.Choice(
        name="Career\r\nsite", url="https://example.com/", events=[Event.LATE]
    )
    made = endpoints.create(showcase.org, choice, vault=default_vault(), now=NOW)
    assert made.endpoint.name == "Career site"
