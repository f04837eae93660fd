"""Finds out which people the body of a webhook or a rejected record mentions. Pure.

Bodies and people are compared by *names*: text keys derived from both, so that an index can find one by the other. Two
spellings of a number or an address share a key (``contact_keys``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from jemmo.domain.contact_finder import may_hold_contacts
from jemmo.domain.contact_keys import contact_keys, single_contacts, typed_contacts
from jemmo.domain.records import Contact
from jemmo.domain.streams import Stream
from jemmo.domain.webhooks import RefetchRequest

PERSONAL = ("applicant", "candidate", "person", "profile", "prospect", "talent")
"""If a JSON member's name contains one of these words, ids under it may be a person's."""
MAX_NAMES = 1_000  # per body; a single record has at most a few hundred
MAX_TEXTS = 5_000  # texts and numbers in a body, duplicates included
MAX_SIZE = 200_000  # characters of a body's texts
MAX_SEARCHED = 20_000  # characters of texts that may contain an address or a number


class Person(Struct, frozen=True, kw_only=True):
    """A person's record ids, and contact details as written in their fields."""

    records: frozenset[tuple[Stream, str]]
    contacts: tuple[Contact, ...] = ()


def names_of(person: Person) -> set[str]:
    """Return the keys by which a body may mention the person."""
    names = {_record(stream, remote_id) for stream, remote_id in person.records}
    names |= {_id(remote_id) for _, remote_id in person.records}
    for field in person.contacts:
        names.add(_text(field.value))
        names |= _contacts(single_contacts(field))
    return names


def names_in(body: bytes, requests: Collection[RefetchRequest]) -> set[str] | None:
    """Return the keys of people that a body mentions; ``None`` if it is too large to search and may mention anyone.

    ``requests`` name the records that the connector read from it. Ids are small numbers in some ATSs, so other ids
    count only under a member whose name suggests a person, or anywhere if the connector read no record.
    """
    names = {_record(request.stream, request.remote_id) for request in requests}
    try:
        content = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        content = None
    size = searched = 0
    for place, (text, personal) in enumerate(_texts(content, not requests)):
        size += len(text)
        if place >= MAX_TEXTS or size > MAX_SIZE or len(names) > MAX_NAMES:
            return None
        if may_hold_contacts(text):
            searched += len(text)
            if searched > MAX_SEARCHED:
                return None
        names.add(_text(text))
        if personal:
            names.add(_id(text))
        names |= _contacts(typed_contacts(text))
    return names if len(names) <= MAX_NAMES else None


def _record(stream: Stream, remote_id: str) -> str:
    return f"record {stream} {remote_id}"


def _id(text: str) -> str:
    return f"id {text}"


def _text(text: str) -> str:
    return f"text {text.strip()}"


def _contacts(singles: list[Contact]) -> set[str]:
    return {f"{single.kind} {key}" for single in singles for key in contact_keys(single)}


def _texts(content: Any, personal: bool) -> Iterator[tuple[str, bool]]:
    """Yield every text and integer, and whether an id at that place may be a person's."""
    waiting = [(content, personal)]
    while waiting:
        value, personal = waiting.pop()
        if isinstance(value, dict):
            for name, inner in value.items():
                named = any(word in name.casefold() for word in PERSONAL)
                waiting.append((inner, personal or named))
        elif isinstance(value, list):
            waiting += [(inner, personal) for inner in value]
        elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            yield str(value), personal
