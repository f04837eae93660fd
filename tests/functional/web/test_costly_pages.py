"""Work that reads all of an organization's records runs once at a time, so that others get pages meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from fakes import programs
from fakes.showcase import Showcase

from jemmo.services.accounts import tokens
from jemmo.services.base import costly

SignedIn = Callable[[str], Client]
PAGES = (
    "/settings/why/?q=elodie",
    "/settings/quality/",
    "/settings/privacy/processing/",
    "/settings/privacy/processing/record.md",
)
OPERATIONS = ("digest", "digest?entity=talents&parts=4", "why?record=elodie")


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> costly.Places:
    own = costly.Places(2, wait=0)
    monkeypatch.setattr(costly, "places", lambda: own)
    return own


@pytest.fixture
def busy(showcase: Showcase, places: costly.Places) -> Iterator[None]:
    with places.place(showcase.org.id):
        yield


@pytest.mark.parametrize("address", PAGES)
def test_a_second_page_of_the_organization_comes_later(
    signed_in: SignedIn, busy: None, address: str
) -> None:
    answer = signed_in("admin").get(address)

    assert answer.status_code == 503
    assert answer["Retry-After"]


def test_so_does_a_preview_of_retention_rules_and_a_search_for_a_person(
    signed_in: SignedIn, busy: None
) -> None:
    admin = signed_in("admin")
    seen = admin.get("/settings/privacy/retention/").context["form"]["seen"].value()
    rules = {"seen": seen, "idle_months": 1, "counts": "update", "deleted_days": 30}

    preview = admin.post("/settings/privacy/retention/", {**rules, "access_months": 12})

    assert preview.status_code == 503
    assert admin.post("/settings/privacy/", {"who": "elodie"}).status_code == 503


def test_other_pages_and_organizations_come_at_once(
    showcase: Showcase, signed_in: SignedIn, busy: None
) -> None:
    assert signed_in("admin").get("/talents/").status_code == 200
    assert signed_in("outsider").get(PAGES[0]).status_code == 200


@pytest.mark.parametrize("operation", OPERATIONS)
def test_programs_are_asked_to_come_back(
    showcase: Showcase, static_files: None, busy: None, operation: str
) -> None:
    made = tokens.create(showcase.org, ["records"], name="test", now=datetime.now(UTC))

    answer = programs.send(operation, made.secret)

    assert (answer.status_code, answer.json()["code"]) == (503, "reads_wait")
    assert answer["Retry-After"] == str(costly.RETRY_SECONDS)


def test_the_place_is_free_again_afterward(signed_in: SignedIn, places: costly.Places) -> None:
    admin = signed_in("admin")

    assert {admin.get(address).status_code for address in PAGES} == {200}
