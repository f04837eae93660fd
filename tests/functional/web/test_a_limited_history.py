"""Pages of a connection with a limited history: what is omitted or hidden, and where to change that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client
from fakes.showcase import Showcase

from jemmo.domain import history
from jemmo.services.connections import history_limit
from jemmo.store.models import Application, Connection, Sighting, StreamCheckpoint, SyncRun, Talent

SignedIn = Callable[[str], Client]
OLD = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def limited(showcase: Showcase) -> Connection:
    """A talent whose record and applications last changed in 2020, and an id from 2020 seen by a comparison."""
    found = Connection.objects.get(org=showcase.org)
    before = dict(found.options)
    found.options = {**before, history.YEARS: "2", history.FROM: "2024-03-05"}
    found.save(update_fields=["options"])
    old = Talent.objects.filter(connection=found, is_archived=False).order_by("id").first()
    assert old is not None
    newer = Talent.objects.filter(connection=found).exclude(id=old.id)
    newer.update(remote_updated_at=datetime.now(UTC))
    Talent.objects.filter(id=old.id).update(remote_updated_at=OLD)
    Application.objects.filter(talent=old).update(remote_updated_at=OLD)
    Sighting.objects.create(
        connection=found, stream="talents", remote_id="left-out", remote_updated_at=OLD
    )
    SyncRun.objects.create(
        connection=found,
        mode="reconcile",
        status="succeeded",
        started_at=datetime.now(UTC),
        report={},
    )
    StreamCheckpoint.objects.filter(connection=found).update(complete=True)
    Connection.objects.filter(id=found.id).update(last_error=None, state="active")
    history_limit.apply(found, before)
    return found


def hidden(connection: Connection) -> Talent:
    return Talent.objects.get(connection=connection, excluded_reason="older_than_history")


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "en",
            (
                "older than the history this connection reads, which begins on 5 Mar 2024",
                "The history this connection reads begins on 5 Mar 2024",
                "This record is stored but excluded",
            ),
        ),
        (
            "fr",
            (
                "antérieure à l’historique lu par cette connexion, qui commence le 5 mars 2024",
                "L’historique lu par cette connexion commence le 5 mars 2024",
                "Cette fiche est enregistrée mais exclue",
            ),
        ),
    ],
)
def test_a_record_outside_the_history_is_explained(
    limited: Connection, signed_in: SignedIn, language: str, texts: tuple[str, ...]
) -> None:
    owner = signed_in("owner")
    old = hidden(limited).remote_id
    for asked, text in zip(("left-out", "no-such-id", old), texts, strict=True):
        page = owner.get("/settings/why/", {"q": asked}, headers={"Accept-Language": language})
        assert text in page.content.decode(), asked


def test_a_hidden_persons_page_explains_why(limited: Connection, signed_in: SignedIn) -> None:
    old = hidden(limited)
    page = signed_in("admin").get(f"/talents/{old.id}/").content.decode()
    assert "Neither this person nor their applications have changed" in page
    assert "Choose a longer history" in page
    assert "Change the rules" not in page
    assert (
        "Owners and admins can choose a longer history."
        in signed_in("recruiter").get(f"/talents/{old.id}/").content.decode()
    )


def test_the_card_says_since_when_and_how_many_are_hidden(
    limited: Connection, signed_in: SignedIn
) -> None:
    page = signed_in("viewer").get("/settings/organization/ats/").content.decode()
    assert "since 5 Mar 2024" in page
    assert "originally 2 years" in page
    assert "1 talent hidden (last changed before this date)" in page


@pytest.mark.parametrize(
    ("years", "said"),
    [
        ("0", "greater than or equal to 1"),
        ("-1", "greater than or equal to 1"),
        ("999", "less than or equal to 30"),
        ("1.5", "whole number"),
        ("two", "whole number"),
    ],
)
def test_invalid_years_are_refused(
    limited: Connection, signed_in: SignedIn, years: str, said: str
) -> None:
    page = signed_in("admin").post(
        "/settings/organization/ats/connect/teamtailor/",
        {"key": "some-key-0123456789", "option_history_years": years},
    )
    assert page.status_code == 200
    assert said in page.content.decode()
