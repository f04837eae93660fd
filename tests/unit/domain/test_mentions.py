"""A webhook's body is about a person if it names one of their records or contains their address."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.contact_keys import same_contact, single_contacts, typed_contacts
from jemmo.domain.enums import ContactKind
from jemmo.domain.mentions import MAX_NAMES, MAX_SIZE, MAX_TEXTS, Person, names_in, names_of
from jemmo.domain.records import Contact
from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import RefetchRequest

ADA = Person(
    records=frozenset({(Stream.TALENTS, "17"), (Stream.APPLICATIONS, "40")}),
    contacts=(
        Contact(kind=ContactKind.EMAIL, value="ada@mail.example"),
        Contact(kind=ContactKind.PHONE, value="+33 6 00 00 00 01"),
        Contact(kind=ContactKind.URL, value="https://www.linkedin.com/in/ada-example"),
    ),
)
OF_A_JOB = (RefetchRequest(stream=Stream.JOBS, remote_id="17"),)


def is_about(body: bytes, requests: Collection[RefetchRequest], person: Person) -> bool:
    found = names_in(body, requests)
    return found is None or not found.isdisjoint(names_of(person))


@pytest.mark.parametrize(
    "told",
    [
        {"candidate": {"id": 17}},
        {"relationships": {"candidate": {"data": {"type": "candidates", "id": "17"}}}},
        {"email": "Ada@Mail.example"},
        {"note": "Call ada@mail.example today"},
        {"email": "Ada <ada@mail.example>, bob@mail.example"},
        {"phone": "01 00 00 00 09 / +33600000001 ext. 3"},
        {"phone": "06 00 00 00 01"},
        {"deep": [{"link": "https://www.linkedin.com/in/ada-example"}]},
    ],
)
def test_it_is_about_ada(told: object) -> None:
    assert is_about(msgspec.json.encode(told), OF_A_JOB, ADA)


@pytest.mark.parametrize(
    "told",
    [
        {"id": "17", "title": "A job of the same number", "salary": 40},
        {"candidate": {"id": 170, "email": "nada@mail.example"}},
        {"phone": "+33 6 00 00 00 02", "active": True, "nothing": None},
    ],
)
def test_it_is_about_someone_else(told: object) -> None:
    assert not is_about(msgspec.json.encode(told), OF_A_JOB, ADA)


def test_records_named_by_the_connector_count() -> None:
    assert is_about(b"{}", (RefetchRequest(stream=Stream.APPLICATIONS, remote_id="40"),), ADA)
    assert not is_about(b"{}", (RefetchRequest(stream=Stream.JOBS, remote_id="40"),), ADA)


def test_any_id_counts_if_the_connector_found_none() -> None:
    assert is_about(b'{"event": "new", "id": 17}', (), ADA)
    assert not is_about(b"not JSON", (), ADA)


DIGITS = st.sampled_from(
    ["6", "06", "33", "+33", "0033", "00", "(0)", "12", "345", "1", "8", "+1", "415"]
)
NUMBERS = st.lists(st.tuples(DIGITS, st.sampled_from(["", " ", ".", "-", " / "])), max_size=9).map(
    lambda parts: "".join(digits + between for digits, between in parts)
)


@given(NUMBERS, NUMBERS, st.sampled_from(["", "Call ", "a@b.co "]))
def test_a_text_with_a_persons_contact_names_them(typed: str, kept: str, before: str) -> None:
    field = Contact(kind=ContactKind.PHONE, value=kept)
    person = Person(records=frozenset(), contacts=(field,))
    text = before + typed
    same = text.strip() == kept.strip() or any(
        same_contact(one, other) for one in typed_contacts(text) for other in single_contacts(field)
    )
    if same:
        assert is_about(msgspec.json.encode({"text": text}), OF_A_JOB, person)


@pytest.mark.parametrize(
    "told",
    [
        {"x": ["+33600000000 a0@b.example"] * 20_000},
        {"x": "+33600000000 a0@b.example " * 20_000},
        {"x": list(range(MAX_NAMES + 1))},
        {"x": ["alike"] * (MAX_TEXTS + 1)},
        {"x": "&amp;" * MAX_SIZE},
    ],
)
def test_a_body_with_too_many_names_may_name_anyone(told: object) -> None:
    assert names_in(msgspec.json.encode(told), OF_A_JOB) is None


def test_long_texts_without_a_contact_name_nobody() -> None:
    body = msgspec.json.encode({"letter": "I would like to work with you. " * 5_000})
    found = names_in(body, OF_A_JOB)
    assert found is not None
    assert not is_about(body, OF_A_JOB, ADA)


def test_a_deep_body_is_read_in_linear_time() -> None:
    deep = b"[" * 500 + b",".join([b"1"] * MAX_TEXTS) + b"]" * 500
    assert names_in(deep, OF_A_JOB) == {"record jobs 17", "text 1"}
