"""One address or number, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.contact_keys import contact_key, same_contact, typed_contact
from jemmo.domain.enums import ContactKind

PHONE, EMAIL = ContactKind.PHONE, ContactKind.EMAIL
FRENCH = (
    "+33 6 00 00 12 34",
    "+33600001234",
    "0033 6 00 00 12 34",
    "06 00 00 12 34",
    "06.00.00.12.34",
    "06-00-00-12-34",
    "0600001234",
    "+33 (0)6 00 00 12 34",
    "(+33) 6 00 00 12 34",
    "\u0660\u0666 00 00 12 34",
)


@pytest.mark.parametrize("one", FRENCH)
@pytest.mark.parametrize("other", FRENCH)
def test_a_number_is_one_in_every_notation(one: str, other: str) -> None:
    assert contact_key(PHONE, one) == contact_key(PHONE, other)
    assert same_contact(PHONE, one, other)
    assert typed_contact(one) == typed_contact(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+33 6 00 00 12 34", "+33 7 00 00 12 34"),
        ("+33 6 00 00 12 34", "+32 6 00 00 12 34"),
        ("06 00 00 12 34", "07 00 00 12 34"),
        ("0033 6 00 00 12 34", "+44 6 00 00 12 34"),
    ],
)
def test_others_that_end_alike_are_not_the_same(one: str, other: str) -> None:
    assert not same_contact(PHONE, one, other)
    assert not same_contact(PHONE, other, one)


def test_an_address_is_one_in_any_case() -> None:
    assert same_contact(EMAIL, "Ada.Lovelace@Example.com ", "ada.lovelace@example.COM")
    assert not same_contact(EMAIL, "ada@example.com", "ada@example.org")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ada",
        "ada@",
        "@example.com",
        "python 2019",
        "0600",
        "12/03/2024 ada",
        "a@b",
        "06 00 00 12",
    ],
)
def test_what_is_not_whole_is_none(text: str) -> None:
    found = typed_contact(text)
    assert found is None or text == "06 00 00 12"


@given(st.text(max_size=60), st.sampled_from(list(ContactKind)))
def test_nothing_breaks_it(text: str, kind: ContactKind) -> None:
    contact_key(kind, text)
    typed_contact(text)
    assert contact_key(kind, text) is None or same_contact(kind, text, text)
