"""While a connection's data is being deleted, and afterwards, pages and the command line say what is true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from fakes.company import in_thread
from fakes.hooks import Hooked, hooked
from fakes.showcase import Showcase
from functional.web.conftest import SignedIn

from jemmo.cli.connections.connections import _lines
from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import Outcome
from jemmo.services.accounts import accounts
from jemmo.services.connections import connection_deletion, connections, status
from jemmo.services.webhooks import endpoints
from jemmo.store.models import Connection, HeldDeletion, Organisation, Talent
from jemmo.vault import default_vault

pytestmark = [pytest.mark.one_server, pytest.mark.usefixtures("served")]
SAYS: dict[str, dict[str, Any]] = {
    "en": {
        "deleting": "This connection's jobs and talents are being deleted in the background.",
        "claims": ("Receiving", "Last synced", "In Jemmo", "Next sync", "Capped at", "Webhooks"),
        "none": "No ATS is connected",
        "not yet": "connected yet",
    },
    "fr": {
        "deleting": "Les postes et les talents de cette connexion sont en cours de suppression",
        "claims": ("Reçus", "Dernière synchronisation", "Dans Jemmo", "Webhooks"),
        "none": "Aucun ATS n’est connecté",
        "not yet": "encore connecté",
    },
}


def text_of(markup: str) -> str:
    plain = re.sub(r"<[^>]*>", " ", markup).replace("&#x27;", "'")
    return " ".join(plain.split())


def card(connection: Connection, language: str) -> str:
    member = accounts.add_member(
        connection.org, "owner@example.com", "owner", "long enough 12", verified=True
    )
    browser = Client()
    browser.force_login(member)
    browser.cookies["django_language"] = language
    answer = browser.get(reverse("ats_card", args=[connection.id]))
    # The history of its syncs stays true.
    return text_of(answer.content.decode().partition('class="scroll"')[0])


async def test_a_connection_that_is_being_deleted_claims_nothing(database_url: str) -> None:
    async with hooked(database_url) as found:
        person = sorted(await found.company.ids(Stream.TALENTS))[0]
        body = json.dumps({"payload": {"event_name": "candidate.update", "data": {"id": person}}})
        assert await found.signed(body) == 200
        await found.drain()
        before = await found.connection(lambda one: card(one, "en"))
        assert all(claim in before for claim in SAYS["en"]["claims"])
        await in_thread(lambda: HeldDeletion.objects.create(
            connection_id=found.company.id, stream="talents", missing=30, present=40
        ))  # fmt: skip

        await found.connection(lambda one: connections.disconnect(one, delete=True))

        await _is_true_of_a_leaving_one(found, body)


async def _is_true_of_a_leaving_one(found: Hooked, body: str) -> None:
    assert await found.signed(body) != 200
    await found.counted(Outcome.DISCONNECTED)
    for language, says in SAYS.items():
        shown = await found.connection(lambda one, to=language: card(one, to))
        assert says["deleting"] in shown
        for claim in says["claims"]:
            assert claim not in shown, (language, claim)
    seen = await found.status()
    assert (seen.health, "refuses its webhooks" in seen.words) == ("disconnected", True)

    def lines() -> tuple[str, object]:
        row = status.status_of(Connection.objects.select_related("org").get(), datetime.now(UTC))
        return "\n".join(_lines(row, datetime.now(UTC))), row.decision

    printed, decision = await in_thread(lines)
    assert decision is None, "no sync will delete or keep anything here"
    assert "being deleted" in printed
    assert not re.search(r"\d+ (jobs|talents|applications)|last success", printed)


def test_webhooks_of_a_disconnected_connection_are_refused_and_said_to_be(
    showcase: Showcase, signed_in: SignedIn
) -> None:
    (connection,) = showcase.org.connections.all()
    endpoints.address(connection, default_vault())
    connection.state = "disconnected"
    connection.save()

    shown = text_of(
        signed_in("admin").get(reverse("ats_card", args=[connection.id])).content.decode()
    )

    assert "Webhooks Refused: disconnected" in shown


@pytest.fixture
def removed(showcase: Showcase) -> Iterator[Organisation]:
    """The company after its only connection was deleted with its data."""
    for connection in showcase.org.connections.all():
        connections.disconnect(connection, delete=True)
        connection_deletion.erase(connection.id)
    assert not Talent.objects.filter(org=showcase.org).exists()
    yield showcase.org


PAGES = ("jobs", "talents", "ats", "quality", "guides", "help", "privacy_processing")


@pytest.mark.parametrize("language", SAYS)
def test_a_removed_ats_is_not_said_to_be_still_to_come(
    removed: Organisation, signed_in: SignedIn, language: str
) -> None:
    says = SAYS[language]
    for role in ("admin", "viewer"):
        reader = signed_in(role)
        reader.cookies["django_language"] = language
        for name in PAGES:
            answer = reader.get(reverse(name))
            if answer.status_code == 404:
                continue  # not for viewers
            shown = text_of(answer.content.decode())
            assert says["none"] in shown, (role, name)
            assert says["not yet"] not in shown, (role, name)
        explained = text_of(reader.get(reverse("why"), {"q": "elodie"}).content.decode())
        assert says["none"] in explained
        assert says["not yet"] not in explained
