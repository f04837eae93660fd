"""Plain-text columns contain no contact details; with the separate texts, the record is complete again."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.domain.enums import ApplicationStatus
from jemmo.domain.masking import HIDDEN, MAX_SEARCHED, MAX_SEARCHED_IN_RECORD, has_contacts
from jemmo.domain.records import (
    Application,
    Attachment,
    Contact,
    Department,
    Location,
    Record,
    Talent,
)
from jemmo.domain.redaction import FILES, RedactedTexts, contacts_in_texts, redact

ADDRESS, NUMBER = "someone@mail.example", "+33 6 00 00 00 42"
WORDS = st.text(max_size=12)
SAID = st.builds(
    "{}{}{}".format, WORDS, st.sampled_from(["", ADDRESS, NUMBER, f"<{ADDRESS}>", "＠home"]), WORDS
)
MAYBE = st.none() | SAID
FIELD = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "email", "select"]), "value": MAYBE | st.lists(SAID)}
)
TALENTS = st.builds(
    Talent,
    remote_id=st.just("1"),
    first_name=MAYBE,
    headline=MAYBE,
    summary=MAYBE,
    source_url=MAYBE,
    tags=st.lists(SAID, max_size=3).map(tuple),
    location=st.none() | st.builds(Location, raw=MAYBE, city=MAYBE),
    custom_fields=st.dictionaries(WORDS, FIELD, max_size=3),
    attachments=st.lists(MAYBE, max_size=3).map(
        lambda names: tuple(
            Attachment(remote_id=str(place), file_name=name) for place, name in enumerate(names)
        )
    ),
)
APPLICATIONS = st.builds(
    Application,
    remote_id=st.just("1"),
    status=st.just(ApplicationStatus.ACTIVE),
    source=MAYBE,
    source_url=MAYBE,
    cover_letter=MAYBE,
)


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in strings(part)]


def whole(clear: Record, texts: RedactedTexts) -> Any:
    """Restore the original record from its two parts."""
    found = msgspec.to_builtins(clear)
    named = texts.get(FILES, {})
    for file in found.get("attachments", []):
        file["file_name"] = named.get(file["remote_id"], file.get("file_name"))
    found |= {name: value for name, value in texts.items() if name != FILES}
    return msgspec.convert(found, type(clear))


@given(TALENTS | APPLICATIONS)
def test_nothing_in_plain_text_and_nothing_lost(record: Record) -> None:
    clear, texts = redact(record)

    assert not [text for text in strings(msgspec.to_builtins(clear)) if has_contacts(text)]
    assert whole(clear, msgspec.json.decode(msgspec.json.encode(texts))) == record


@given(TALENTS | APPLICATIONS)
def test_text_without_contacts_stays_unchanged(record: Record) -> None:
    clear, _ = redact(record)

    assert redact(clear) == (clear, {})


@pytest.mark.parametrize("value", ["12", ["x"], "https://example.com/me"])
def test_contact_fields_are_always_emptied(value: Any) -> None:
    field = {"type": "phone", "label": "Mobile", "value": value}

    clear, texts = redact(Talent(remote_id="1", custom_fields={"a": field}))

    assert isinstance(clear, Talent)
    assert clear.custom_fields == {"a": {**field, "value": HIDDEN}}
    assert texts == {"custom_fields": {"a": field}}


def test_a_person_is_found_by_contacts_in_texts() -> None:
    _, texts = redact(Talent(remote_id="1", headline=f"Call {NUMBER} or {ADDRESS}", tags=("x",)))

    assert {one.value for one in contacts_in_texts(texts)} == {NUMBER, ADDRESS}
    assert all(isinstance(one, Contact) for one in contacts_in_texts(texts))


def test_other_records_are_stored_unchanged() -> None:
    team = Department(remote_id="1", name=ADDRESS)

    assert redact(team) == (team, {})


@pytest.mark.parametrize("place", range(MAX_SEARCHED - 600, MAX_SEARCHED + 40, 20))
def test_texts_too_long_to_be_checked_are_stored_separately(place: int) -> None:
    said = f"{'word ' * (place // 5)}{ADDRESS}{' word' * 1_000} {NUMBER}"
    record = Talent(remote_id="1", headline="Engineer", summary=said)

    clear, texts = redact(record)

    assert isinstance(clear, Talent)
    assert clear.summary is not None
    assert len(clear.summary) < MAX_SEARCHED
    assert "mail.example" not in clear.summary
    assert "someone" not in clear.summary
    assert (texts, clear.headline) == ({"summary": said}, "Engineer")
    assert redact(clear) == (clear, {})


def test_the_texts_of_a_record_are_checked_up_to_a_budget() -> None:
    field = {"type": "text", "label": "Notes", "value": f"{'word ' * 3_000}{ADDRESS}"}
    record = Talent(remote_id="1", custom_fields={str(number): field for number in range(10)})

    clear, texts = redact(record)

    assert isinstance(clear, Talent)
    values = [one["value"] for one in clear.custom_fields.values()]
    assert sum(map(len, values)) <= MAX_SEARCHED_IN_RECORD + 10
    assert values[0] == f"{'word ' * 3_000}{HIDDEN}"
    assert values[-1] == HIDDEN
    assert not [value for value in values if has_contacts(value)]
    assert whole(clear, msgspec.json.decode(msgspec.json.encode(texts))) == record
    assert [one.value for one in contacts_in_texts(texts)] == [ADDRESS]


@pytest.mark.parametrize("piece", ["0 1 ", "a@ ", "(0", "1 "])
def test_texts_with_too_many_candidates_are_stored_separately(piece: str) -> None:
    record = Talent(remote_id="1", summary=f"{piece * 2_000}{NUMBER} or {ADDRESS}")

    clear, texts = redact(record)

    assert isinstance(clear, Talent)
    assert clear.summary is not None
    assert "00 00 00 42" not in clear.summary
    assert "someone" not in clear.summary
    assert texts == {"summary": record.summary}
