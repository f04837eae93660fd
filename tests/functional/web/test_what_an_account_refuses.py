"""Data quality and the status show what an ATS account refuses, and since when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from django.test import Client
from django.urls import reverse
from fakes.showcase import Showcase

from jemmo.domain.refused_requests import Refusal
from jemmo.services.connections.status import overview
from jemmo.store.models import Connection
from jemmo.store.sync.refused_requests import Kept

SignedIn = Callable[[str], Client]


def _refuse(*refusals: Refusal) -> None:
    Connection.objects.update(refused=msgspec.to_builtins(Kept(refusals=list(refusals))))


def test_a_refusal_is_shown_with_its_time(showcase: Showcase, signed_in: SignedIn) -> None:
    address, owner = reverse("quality"), signed_in("owner")
    assert "refuses" not in owner.get(address).content.decode()
    now = datetime.now(UTC)
    _refuse(
        Refusal(path="custom-field-options", part="list", at=now),
        Refusal(path="candidates", part="include", names=("locations", "<b>"), at=now),
        Refusal(path="roles", part="list", at=now - timedelta(days=9999)),  # of an older key
    )

    page = owner.get(address).content.decode()

    assert "The ATS is rejecting 2 of Jemmo's requests" in page
    assert "custom-field-options" in page
    assert "include=locations,&lt;b&gt;" in page
    assert "roles" not in page
    (status,) = overview(showcase.org)
    assert [(one.path, one.part, one.at) for one in status.refused] == [
        ("candidates", "include", now),
        ("custom-field-options", "list", now),
    ]


@pytest.mark.usefixtures("showcase")
def test_a_single_refusal_is_counted_in_the_singular(signed_in: SignedIn) -> None:
    _refuse(Refusal(path="candidates", part="list", at=datetime.now(UTC)))

    page = signed_in("owner").get(reverse("quality")).content.decode()

    assert "The ATS is rejecting 1 of Jemmo's requests" in page


def test_entries_of_another_version_are_ignored(showcase: Showcase, signed_in: SignedIn) -> None:
    Connection.objects.update(refused={"refusals": 7})

    assert signed_in("owner").get(reverse("quality")).status_code == 200
    assert overview(showcase.org)[0].refused == []
