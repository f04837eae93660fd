"""People who may see a contact detail find the person by it, and the tables don't reveal it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from fakes.dump import dump
from fakes.showcase import EMAIL, PHONE, Showcase

from jemmo.services.base import lookups
from jemmo.services.records import searches
from jemmo.store.db.visible import SHOWN
from jemmo.store.models import Talent, TalentContacts
from jemmo.vault import default_vault

SignedIn = Callable[[str], Client]


@pytest.mark.parametrize(
    "typed", [EMAIL, EMAIL.upper(), f" {EMAIL}", PHONE, "0612345678", "00 33 6 12.34.56.78"]
)
def test_authorized_readers_can_search_by_it(
    typed: str, showcase: Showcase, recruiter: Client
) -> None:
    page = recruiter.get("/talents/", {"q": typed}).content.decode()
    assert "Müller" in page
    assert "Person05" not in page


@pytest.mark.parametrize("typed", [EMAIL, PHONE, "0612345678"])
def test_others_find_nobody_by_it(typed: str, showcase: Showcase, signed_in: SignedIn) -> None:
    for role in ("viewer", "outsider"):
        assert "Müller" not in signed_in(role).get("/talents/", {"q": typed}).content.decode()


def test_another_number_with_the_same_ending_finds_nobody(
    showcase: Showcase, recruiter: Client
) -> None:
    for typed in ("+33 7 12 34 56 78", "+32 6 12 34 56 78", "other.private@mail.example"):
        assert "Müller" not in recruiter.get("/talents/", {"q": typed}).content.decode()


def test_a_list_says_that_more_people_share_an_address(
    showcase: Showcase, recruiter: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharing = list(Talent.objects.filter(SHOWN, org=showcase.org).values_list("id", flat=True)[:2])
    monkeypatch.setattr(searches, "talents_by_contact", lambda *_args, **_more: sharing)
    for most, is_cut in ((2, False), (1, True)):
        monkeypatch.setattr(searches, "MAX_MATCHES", most)
        page = recruiter.get("/talents/", {"q": EMAIL}).content.decode()
        assert page.count('<td class="main">') == most
        assert ("some aren't listed" in page) is is_cut


def test_names_are_found_as_before(showcase: Showcase, recruiter: Client) -> None:
    assert "Müller" in recruiter.get("/talents/", {"q": "müller"}).content.decode()


def test_nothing_readable_is_stored(showcase: Showcase, database_url: str) -> None:
    row = TalentContacts.objects.get(talent=showcase.talent("elodie"))
    assert row.hashes is not None
    assert len(row.hashes) == 2
    text = dump(database_url)["talent_contacts"]
    assert "12345678" not in text
    assert "elodie" not in text
    # In another organization, the same address has another hash.
    key = lookups.lookup_key(default_vault())
    from jemmo.domain.enums import ContactKind
    from jemmo.domain.records import Contact

    one = [Contact(kind=ContactKind.EMAIL, value=EMAIL)]
    mine = lookups.contact_hasher(key, showcase.org.pk)(one)
    theirs = lookups.contact_hasher(key, showcase.stranger.pk)(one)
    assert mine != theirs
    assert set(mine) <= set(row.hashes)


def test_people_stored_earlier_become_searchable(showcase: Showcase, recruiter: Client) -> None:
    TalentContacts.objects.update(hashes=None, hashes_outdated=True)
    assert "Müller" not in recruiter.get("/talents/", {"q": PHONE}).content.decode()
    assert lookups.backfill_contact_hashes(default_vault()) == 1
    assert lookups.backfill_contact_hashes(default_vault()) == 0
    assert "Müller" in recruiter.get("/talents/", {"q": PHONE}).content.decode()
