"""The same address or number is recognized in any spelling, even with other text in the field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.contact_finder import find_contacts
from jemmo.domain.contact_keys import (
    contact_keys,
    holds,
    same_contact,
    single_contacts,
    typed_contacts,
)
from jemmo.domain.enums import ContactKind
from jemmo.domain.records import Contact
from jemmo.domain.redaction import contacts_in_texts

ADA, BOB = "ada.exemple@example.com", "bob@example.org"
MOBILE, HOME = "+33 6 00 00 12 34", "01 00 00 56 78"
FRENCH = (
    "+33 6 00 00 12 34",
    "+33600001234",
    "0033 6 00 00 12 34",
    "011 33 6 00 00 12 34",
    "06 00 00 12 34",
    "06.00.00.12.34",
    "06-00-00-12-34",
    "0600001234",
    "+33 (0)6 00 00 12 34",
    "(+33) 6 00 00 12 34",
    "\u0660\u0666 00 00 12 34",
    "tel:+33600001234",
    "\u200b06\u200b 00 00 12 34\ufeff",
    "06 00 00 12 34.",
)
ADDRESSES = (
    "{}",
    " {} ",
    "{}.",
    "{};",
    "<{}>",
    "Ada <{}>",
    '"Exemple, Ada" <{}>',
    "mailto:{}",
    "mailto:{}?subject=Application",
    "{} (private)",
    "private: {}",
    "\u200b{}\u200b",
    "\ufeff{}",
    "{}\u00a0",
    "'{}'",
)
BETWEEN = ("; ", ";", ", ", ",", " / ", "/", " ", "\n", " | ", "|", " & ", " or ", " ou ", "\t")
NUMBERS = (
    "{}",
    "{} ext. 12",
    "{} ext 1234",
    "{} x12",
    "{} poste 12",
    "{} #12",
    "{};ext=12",
    "{},,12#",
    "{} (mobile)",
    "Mobile: {}",
    "tel:{}",
    "{}.",
    "\u200b{}",
)


def email(value: str) -> Contact:
    return Contact(kind=ContactKind.EMAIL, value=value)


def phone(value: str) -> Contact:
    return Contact(kind=ContactKind.PHONE, value=value)


def is_found(field: Contact, typed: str) -> bool:
    """Whether a person is found: first by the key, then by the decrypted value."""
    wanted = typed_contacts(typed)
    keys = {(one.kind, key) for one in single_contacts(field) for key in contact_keys(one)}
    by_key = any((one.kind, key) in keys for one in wanted for key in contact_keys(one))
    return by_key and any(holds(field, one) for one in wanted)


@pytest.mark.parametrize("stored", FRENCH)
@pytest.mark.parametrize("typed", FRENCH)
def test_a_number_is_the_same_in_every_notation(stored: str, typed: str) -> None:
    assert is_found(phone(stored), typed)
    assert is_found(email(stored), typed), "typed into the wrong field"


@pytest.mark.parametrize("typed", ADDRESSES)
@pytest.mark.parametrize("stored", ADDRESSES)
def test_an_address_is_found_next_to_any_text(stored: str, typed: str) -> None:
    assert is_found(email(stored.format(ADA.upper())), typed.format(ADA))
    assert is_found(phone(stored.format(ADA)), typed.format(ADA)), "typed into the wrong field"
    assert not is_found(email(stored.format(ADA)), typed.format(BOB))


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize(("one", "other"), [("{}", "{}"), ("Ada <{}>", "Bob <{}>")])
def test_each_address_of_a_field_is_found(between: str, one: str, other: str) -> None:
    field = email(one.format(ADA) + between + other.format(BOB))
    assert is_found(field, ADA)
    assert is_found(field, BOB)
    assert not is_found(field, "a@example.com")


@pytest.mark.parametrize("stored", NUMBERS)
@pytest.mark.parametrize("number", [MOBILE, HOME, "020 7946 0958", "+1 415 555 0100"])
def test_a_number_is_found_with_extension_and_remark(stored: str, number: str) -> None:
    assert is_found(phone(stored.format(number)), number)


@pytest.mark.parametrize("between", BETWEEN)
@pytest.mark.parametrize("one", [MOBILE, "0600001234", "06.00.00.12.34"])
@pytest.mark.parametrize("other", [HOME, "0100005678", "+33 1 00 00 56 78"])
def test_each_number_of_a_field_is_found(between: str, one: str, other: str) -> None:
    field = phone(one + between + other)
    assert is_found(field, "06 00 00 12 34")
    assert is_found(field, "+33100005678")
    assert not is_found(field, "+33 7 00 00 12 34")
    assert not is_found(field, "+32 6 00 00 12 34") or not one.startswith("+")


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("12345678 / 87654321", "+45 87654321"),
        ("+352 12 34 56", "00352 123456"),
        ("123456", "+352 123456"),
        ("8 (900) 000-00-01", "+7 900 000-00-01"),
        ("+7 900 000-00-01", "8 (900) 000-00-01"),
        ("0711/123456", "+49 711 123456"),
        ("06000012340100005678", "06 00 00 12 34"),
        ("06 00 00 12 34 01 00 00 56 78", "01 00 00 56 78"),
    ],
)
def test_unusual_number_formats_are_found(stored: str, typed: str) -> None:
    assert is_found(phone(stored), typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@ex\u00e4mple.com", "ada@xn--exmple-cua.com"),
        ("ada@example.com", "\uff41da@example.com"),
        ("ada&#64;example.com", "ada@example.com"),
        ("mailto:ada%40example.com", "ada@example.com"),
    ],
)
def test_an_address_is_the_same_in_every_spelling(one: str, other: str) -> None:
    assert is_found(email(one), other)
    assert is_found(email(other), one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+33 6 00 00 12 34", "+33 7 00 00 12 34"),
        ("+33 6 00 00 12 34", "+32 6 00 00 12 34"),
        ("06 00 00 12 34", "07 00 00 12 34"),
        ("0033 6 00 00 12 34", "+44 6 00 00 12 34"),
    ],
)
def test_numbers_with_the_same_ending_differ(one: str, other: str) -> None:
    assert not same_contact(phone(one), phone(other))
    assert not same_contact(phone(other), phone(one))


@pytest.mark.parametrize(
    "text",
    ["", "Ada", "ada@", "@example.com", "python 2019", "0600", "12/03/2024 ada", "06 00 00"],
)
def test_other_texts_are_no_contacts(text: str) -> None:
    assert typed_contacts(text) == []


def test_a_custom_contact_field_is_recognized() -> None:
    texts = {
        "custom_fields": {"a": {"type": "phone", "value": "600001234"}, "b": {"type": "email"}}
    }
    assert any(holds(one, phone("+33 6 00 00 12 34")) for one in contacts_in_texts(texts))


def test_an_address_is_found_at_the_end_of_the_longest_text() -> None:
    text = "a word " * 20_000 + f"and <{ADA}>."
    assert any(holds(one, email(ADA)) for one in contacts_in_texts({"summary": text}))


@given(st.text(max_size=60), st.sampled_from(list(ContactKind)))
def test_nothing_breaks_it(text: str, kind: ContactKind) -> None:
    typed_contacts(text)
    for one in single_contacts(Contact(kind=kind, value=text)):
        if contact_keys(one):
            assert same_contact(one, one)


@given(
    st.from_regex(
        r"[a-z0-9]([\w.+-]{0,9}[a-z0-9])?@([a-z0-9]{1,9}\.){1,3}[a-z]{2,6}", fullmatch=True
    ),
)
def test_the_fast_path_for_addresses_agrees_with_the_finder(address: str) -> None:
    [one] = single_contacts(email(address))
    found = [each.value for each in find_contacts(f"<{address}>")]
    assert found in ([one.value], []), "a version number is no address within a text"
