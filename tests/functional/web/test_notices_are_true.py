"""Notifications reflect the state at the time of reading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from fakes.showcase import Showcase

from jemmo.store.models import Connection, Notification


def body(showcase: Showcase, language: str = "en", **facts: Any) -> str:
    connection = Connection.objects.get(org=showcase.org)
    kind = facts.pop("kind", "sync_done")
    notice = Notification(
        org=showcase.org,
        kind=kind,
        connection=connection,
        facts=facts,
        last_at=datetime.now(UTC) - timedelta(days=5),
    )
    with translation.override(language):
        return render_to_string("notices/body.txt", {"one": notice, "membership": None}).strip()


@pytest.mark.parametrize(
    ("counts", "scope", "text"),
    [
        ({"jobs": 0}, "jobs", "No records changed (jobs only)."),
        ({"jobs": 1}, "jobs", "Records changed (jobs only): 1 job."),
        ({"jobs": 0, "talents": 0, "applications": 0}, "", "No records changed."),
        ({"jobs": 0, "talents": 2, "applications": 0}, "", "Records changed: 2 talents."),
        (
            {"jobs": 0, "talents": 1, "applications": 3},
            "",
            "Records changed: 1 talent, 3 applications.",
        ),
    ],
)
def test_unchanged_streams_are_not_listed_as_changed(
    showcase: Showcase, counts: dict[str, int], scope: str, text: str
) -> None:
    assert body(showcase, counts=counts, scope=scope) == text


def test_the_day_on_which_a_key_expires_is_the_same_however_late_it_is_read(
    showcase: Showcase,
) -> None:
    """Also after the key was rotated to one that is valid for longer, and after a disconnection."""
    facts: dict[str, Any] = {"kind": "key_reminder", "about": "expires", "days": 7}
    facts["expires_at"] = datetime(2026, 12, 1, 12, tzinfo=UTC).isoformat()
    for later in (datetime(2027, 12, 1, 12, tzinfo=UTC), None):
        Connection.objects.filter(org=showcase.org).update(key_expires_at=later)
        assert "The key expires on 1 Dec 2026." in body(showcase, **facts)
        assert "La clé expire le 1er décembre 2026." in body(showcase, "fr", **facts)
        assert "7" not in body(showcase, **facts)


def test_a_french_email_starts_with_the_usual_salutation(showcase: Showcase) -> None:
    notice = Notification(
        org=showcase.org,
        kind="sync_done",
        connection=Connection.objects.get(org=showcase.org),
        facts={"counts": {}},
    )
    with translation.override("fr"):
        text = render_to_string(
            "notices/email.txt", {"one": notice, "all": [notice], "org": showcase.org}
        )
    name = showcase.org.name
    assert text.startswith(f"{name}\N{NO-BREAK SPACE}: La synchronisation")
