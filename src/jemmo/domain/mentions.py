"""By what the body of a webhook or of a rejected record names people. Pure.

A body and a person are compared by *names*: texts that both are turned into once, so that an index can find one by the
other. Two spellings of a number or an address have a name in common (``contact_keys``).
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
"""Words in the names of JSON members under which an id is a person's."""
MOST_NAMES = 1_000  # of a body; one of a single record has at most a few hundred
MOST_TEXTS = 5_000  # texts and numbers of a body, alike or not
LOOKED_AT = 200_000  # characters of a body's texts
SEARCHED = 20_000  # characters of those that may hold an address or a number


class Person(Struct, frozen=True, kw_only=True):
    """A person, by the ids of their records and by their contact details as written in fields."""

    records: frozenset[tuple[Stream, str]]
    contacts: tuple[Contact, ...] = ()


def names_of(person: Person) -> set[str]:
    """By what a body may name a person."""
    names = {_record(stream, remote_id) for stream, remote_id in person.records}
    names |= {_id(remote_id) for _, remote_id in person.records}
    for field in person.contacts:
        names.add(_text(field.value))
        names |= _contacts(single_contacts(field))
    return names


def names_in(body: bytes, hints: Collection[RefetchRequest]) -> set[str] | None:
    """The keys by which a body names people; ``None`` if it is too large to tell, so it may name anyone.

    ``hints`` are the records that the connector read from it. An id is small in some ATSs, so beside them it counts
    where a member's name speaks of a person, and anywhere only if the connector read nothing.
    """
    names = {_record(hint.stream, hint.remote_id) for hint in hints}
    try:
        content = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        content = None
    looked_at = searched = 0
    for place, (text, personal) in enumerate(_texts(content, not hints)):
        looked_at += len(text)
        if place >= MOST_TEXTS or looked_at > LOOKED_AT or len(names) > MOST_NAMES:
            return None
        if may_hold_contacts(text):
            searched += len(text)
            if searched > SEARCHED:
                return None
        names.add(_text(text))
        if personal:
            names.add(_id(text))
        names |= _contacts(typed_contacts(text))
    return names if len(names) <= MOST_NAMES else None


def _record(stream: Stream, remote_id: str) -> str:
    return f"record {stream} {remote_id}"


def _id(text: str) -> str:
    return f"id {text}"


def _text(text: str) -> str:
    return f"text {text.strip()}"


def _contacts(singles: list[Contact]) -> set[str]:
    return {f"{single.kind} {key}" for single in singles for key in contact_keys(single)}


def _texts(content: Any, personal: bool) -> Iterator[tuple[str, bool]]:
    """Every text and whole number, and whether an id among them would be a person's."""
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
