"""The page of a connection's webhooks doesn't claim more than Jemmo knows."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.template.defaultfilters import striptags
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from fakes.showcase import Showcase
from functional.web.conftest import SignedIn

from jemmo.services.webhooks import endpoints
from jemmo.store.models import Connection, WebhookAddress
from jemmo.vault import default_vault


def page_of(client: Client, connection: Connection) -> str:
    """Return the text of the page's main part."""
    markup = client.get(reverse("ats_webhooks", args=[connection.id])).content.decode()
    return " ".join(unescape(striptags(markup.partition("<main")[2])).split())


@pytest.mark.parametrize(
    ("provider", "unannounced", "status"),
    [
        ("jarvi", "Not counted", "it can't tell whether any are missing"),
        ("flatchr", "0 new records in the last 7 days", "Jemmo is receiving webhooks."),
        ("teamtailor", "0 in the last 7 days", "Jemmo is receiving webhooks."),
    ],
)
def test_only_changes_that_can_be_missed_are_counted(
    showcase: Showcase, signed_in: SignedIn, provider: str, unannounced: str, status: str
) -> None:
    Connection.objects.filter(org=showcase.org).update(provider=provider)
    connection = Connection.objects.get(org=showcase.org)
    endpoints.address(connection, default_vault())
    WebhookAddress.objects.update(last_delivery_at=timezone.now())

    page = page_of(signed_in("admin"), connection)

    assert f"Changes without a webhook {unannounced}" in page
    assert status in page


def test_webhooks_older_than_the_log_are_not_denied(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    connection = Connection.objects.get(org=showcase.org)
    endpoints.address(connection, default_vault())
    assert "No webhooks yet." in page_of(signed_in("admin"), connection)

    WebhookAddress.objects.update(last_delivery_at=timezone.now() - timedelta(days=20))

    page = page_of(signed_in("admin"), connection)
    assert "No webhooks yet." not in page
    assert "No webhooks in the last 7 days." in page
