"""Contact details are found in any spelling, with few false positives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.contact_finder import find_contacts, may_hold_contacts
from jemmo.domain.enums import ContactKind
from jemmo.domain.masking import without_contacts
from jemmo.domain.numbering_plans import COUNTRIES

FIXTURES = Path(__file__).parents[2] / "fixtures"
CORPORA = sorted(FIXTURES.glob("contact_spellings*.jsonl"))
EIGHT_DIGITS = {
    "DK",
    "NO",
    "LU",
}  # recognized only with a preceding word, or in texts from the country


def cases(corpus: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in corpus.read_text(encoding="utf-8").splitlines()]


def covered(text: str) -> set[int]:
    """Return the positions of all removed characters."""
    return {at for found in find_contacts(text) for at in range(found.start, found.end)}


def survives(text: str, contact: str) -> str:
    """Return the letters and digits of a contact that remain in the text."""
    start, gone = text.index(contact), covered(text)
    left = (text[at] for at in range(start, start + len(contact)) if at not in gone)
    return "".join(filter(str.isalnum, left))


def wrong(case: dict[str, Any]) -> Iterator[str]:
    """Return removed text that is not a contact."""
    places = {
        at
        for contact in case["contacts"]
        for match in re.finditer(re.escape(contact), case["text"])
        for at in range(*match.span())
    }
    for found in find_contacts(case["text"]):
        if places.isdisjoint(range(found.start, found.end)):
            yield case["text"][found.start : found.end]


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda path: path.stem)
def test_nearly_all_are_found_and_little_else(corpus: Path) -> None:
    """Recall of at least 99% and precision of at least 95%; see docs/security.md."""
    told = cases(corpus)
    contacts = [(case["text"], contact) for case in told for contact in case["contacts"]]
    missed = [contact for text, contact in contacts if survives(text, contact)]
    mistaken = [text for case in told for text in wrong(case)]
    hits = sum(len(find_contacts(case["text"])) for case in told) - len(mistaken)

    assert len(missed) <= 0.01 * len(contacts), missed
    assert hits >= 0.95 * (hits + len(mistaken)), mistaken


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda path: path.stem)
def test_the_corpus_is_large_enough(corpus: Path) -> None:
    told = cases(corpus)

    assert sum(bool(case["contacts"]) for case in told) >= 400
    assert sum(not case["contacts"] for case in told) >= 400
    assert len({case["lang"] for case in told}) >= 6


@pytest.mark.parametrize("country", [*COUNTRIES, "AU", "IN", "BR", "MX", "MA", "JP", "GR", "UA"])
def test_a_number_is_found_in_every_form_of_its_country(country: str) -> None:
    """The formats are from ``phonenumbers``, which knows each country's conventions."""
    forms = [*(0, 1, 3), *((2,) if country in COUNTRIES and country not in EIGHT_DIGITS else ())]
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    for number in filter(None, (phonenumbers.example_number_for_type(country, k) for k in kinds)):
        for form in forms:
            written = phonenumbers.format_number(number, form).removeprefix("tel:")
            for text in (written, f"Call me: {written}.", f"- {written} / Berlin 10115"):
                assert not survives(text, written), text


def test_exactly_the_original_characters_are_removed() -> None:
    text = "é ０６&nbsp;12 34\u200b56 78, ﬁn — j&#97;ne﹫example．com！"

    assert without_contacts(text) == "é …, ﬁn — …！"
    assert [(found.kind, found.value) for found in find_contacts(text)] == [
        (ContactKind.PHONE, "06 12 3456 78"),
        (ContactKind.EMAIL, "jane@example.com"),
    ]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("jane [at] example [dot] com", "jane@example.com"),
        ("jane.doe @ example . com", "jane.doe@example.com"),
        ("jeanne point martin arobase exemple point fr", "jeanne.martin@exemple.fr"),
        ("j a n e @ e x a m p l e . c o m", "jane@example.com"),
        ("anna unterstrich meier at beispiel punkt test", "anna_meier@beispiel.test"),
        ("luca trattino rossi chiocciola esempio punto it.test", "luca-rossi@esempio.it.test"),
        ("Mail: jane.\ndoe@example\n.com", "jane.doe@example.com"),
    ],
)
def test_addresses_are_normalized(text: str, address: str) -> None:
    assert [found.value for found in find_contacts(text)] == [address]


@pytest.mark.parametrize(
    ("text", "link", "number"),
    [
        ("https://wa.me/33600000001?text=hi", "https://wa.me/33600000001", "33600000001"),
        ("Or t.me/+33600000001.", "t.me/+33600000001", "+33600000001"),
        ("viber://chat?number=33600000001", "viber://chat?number=33600000001", "33600000001"),
        ("https://signal.me/#p/+33600000001", "https://signal.me/#p/+33600000001", "+33600000001"),
    ],
)
def test_a_link_to_a_conversation_is_removed_completely(text: str, link: str, number: str) -> None:
    found = find_contacts(text)

    assert [(text[one.start : one.end], one.value) for one in found] == [(link, number)]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("Ring meg på {}", "98 76 54 32"),
        ("Mein Handy ist {}", "171 3920021"),
        ("Cel. {}", "(55) 0000-0189"),
        ("My number? {}.", "447700900654"),
        ("{} is my mobile", "447700900654"),
        ("Appelez-moi au {},merci", "600 0001 23"),
    ],
)
def test_digits_after_a_word_for_calling_are_a_number(words: str, number: str) -> None:
    assert [found.value for found in find_contacts(words.format(number))] == [number]


@pytest.mark.parametrize(
    "text",
    [
        "I called 10 000 000 people",
        "Tel Aviv 2019 2020 2021",
        "My phone order no. 4500012345",
        "Mon numéro de sécurité sociale 1 85 05 78 006 084 36",
        "Mobile app: 200 000 000 users",
        "Call for projects 2014-2020 n° 15 00 342",
    ],
)
def test_counted_things_are_no_number_despite_a_word_for_calling(text: str) -> None:
    assert not find_contacts(text)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("06 12 34 56 78-07 12 34 56 78", ["06 12 34 56 78"]),
        ("06 12 34 56 78/07 12 34 56 78", ["06 12 34 56 78", "07 12 34 56 78"]),
        ("+33 6 12 34 56 78 24 ans", ["+33 6 12 34 56 78"]),
        ("069/90009-612, 9-11 Uhr", ["069/90009-612"]),
    ],
)
def test_a_number_ends_before_unrelated_digits(text: str, numbers: list[str]) -> None:
    assert [found.value for found in find_contacts(text)] == numbers


@given(st.text(max_size=60) | st.text(alphabet="0123 +()-.,@ax&#;", max_size=40))
def test_places_are_in_order_and_within_the_text(text: str) -> None:
    found = find_contacts(text)

    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert not found or may_hold_contacts(text)
