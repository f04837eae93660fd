"""Contact details in other fields are hidden from viewers too."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from fakes.showcase import Showcase
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.masking import HIDDEN, without_contacts
from jemmo.services.records import exports
from jemmo.store.models import Application, Attachment, Role, Talent
from jemmo.vault import default_vault

ADDRESS = "someone.private@mail.example"
NUMBER = "+33 6 00 00 00 42"


@pytest.mark.parametrize(
    "number",
    ["+33 6 00 00 00 42", "0600000042", "06.00.00.00.42", "+44 (0)20 5550 3131", "0033600000042"],
)
def test_a_phone_number_is_removed(number: str) -> None:
    assert without_contacts(f"Call {number} today") == f"Call {HIDDEN} today"


@pytest.mark.parametrize("text", ["10 years, 2015-2020", "€40,000-50,000", "Python 3.11", "", None])
def test_other_numbers_remain(text: str | None) -> None:
    assert without_contacts(text) == text


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_an_address_is_removed_from_any_text(before: str, after: str) -> None:
    left = without_contacts(f"{before} {ADDRESS} {after}")
    assert left is not None
    assert ADDRESS not in left


@pytest.fixture
def indiscreet(showcase: Showcase) -> Talent:
    """A talent with an address and a number in every field except the contacts.

    An older version that recognized fewer formats may have stored such a record.
    """
    talent = showcase.talent("elodie")
    both = f"{ADDRESS} {NUMBER}"
    fields = {
        "a": {"type": "email", "label": "Private", "value": ADDRESS},
        "b": {"type": "text", "label": "Notes", "value": f"call {NUMBER}"},
        "c": {"type": "multi_select", "label": "More", "value": [both]},
    }
    Talent.objects.filter(id=talent.id).update(
        first_name=ADDRESS,
        headline=both,
        summary=both,
        current_company=both,
        source=ADDRESS,
        source_url=f"https://boards.example/?who={ADDRESS}",
        tags=[ADDRESS],
        custom_fields=fields,
    )
    Application.objects.filter(talent=talent).update(source=both)
    Attachment.objects.filter(talent=talent).update(file_name=f"{ADDRESS}.pdf")
    return talent


def test_a_viewer_sees_none_of_them(
    showcase: Showcase, indiscreet: Talent, viewer: Client, recruiter: Client
) -> None:
    for path in (
        f"/talents/{indiscreet.id}/",
        "/talents/",
        f"/jobs/{showcase.job('dev').id}/",
    ):
        hidden, shown = viewer.get(path).content.decode(), recruiter.get(path).content.decode()
        assert ADDRESS not in hidden
        assert NUMBER not in hidden
        assert "Müller" in hidden
        assert ADDRESS in shown


def test_nothing_is_changed_in_the_record(indiscreet: Talent, viewer: Client) -> None:
    viewer.get(f"/talents/{indiscreet.id}/")

    assert Talent.objects.get(id=indiscreet.id).first_name == ADDRESS


@pytest.mark.parametrize("query", [ADDRESS, "someone", "someone.private", "0600000042"])
def test_a_viewer_does_not_find_what_is_hidden(
    indiscreet: Talent, database_url: str, viewer: Client, recruiter: Client, query: str
) -> None:
    reindex(indiscreet)
    found = {
        who: client.get(f"/talents/?q={query}").content.decode()
        for who, client in (("viewer", viewer), ("recruiter", recruiter))
    }

    assert f"/talents/{indiscreet.id}/" not in found["viewer"]
    assert (f"/talents/{indiscreet.id}/" in found["recruiter"]) == ("." not in query)
    assert f"/talents/{indiscreet.id}/" in viewer.get("/talents/?q=muller").content.decode()


def test_a_viewer_cannot_search_addresses_in_tags(
    indiscreet: Talent, viewer: Client, recruiter: Client
) -> None:
    path = f"/talents/?tag={ADDRESS}"

    assert str(indiscreet.id) in recruiter.get(path).content.decode()
    assert str(indiscreet.id) not in viewer.get(path).content.decode()


def test_a_viewers_export_contains_none_of_them(showcase: Showcase, indiscreet: Talent) -> None:
    for role, holds in ((Role.VIEWER, False), (Role.RECRUITER, True)):
        for kind in ("talents", "applications", "resumes"):
            rows = list(exports.rows(showcase.org, kind, role=role, vault=default_vault()))
            text = str([row for row in rows if "elodie" in str(row)])
            assert (ADDRESS in text) == holds, (kind, role)
            assert str(indiscreet.remote_id) in text


def reindex(talent: Talent) -> None:
    """Rebuild the search entries from the current row, as a sync does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE talent SET headline = headline || ' 0600000042', search = to_tsvector('simple', "
            "unaccent(concat_ws(' ', first_name, last_name, headline, '0600000042'))) WHERE id = %s",
            [talent.id],
        )
