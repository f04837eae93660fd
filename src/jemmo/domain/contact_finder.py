"""Finds contact details in free text, however people spelled them. Pure.

The text is normalized first (``plain_text``), then searched for addresses (``email_addresses``) and numbers
(``phone_numbers``). Results give positions in the original text.
"""

from __future__ import annotations

from msgspec import Struct

from jemmo.domain.email_addresses import addresses_in, may_hold_addresses
from jemmo.domain.enums import ContactKind
from jemmo.domain.phone_numbers import may_hold_phones, phones_in
from jemmo.domain.plain_text import plain, roughly_plain


class FoundContact(Struct, frozen=True):
    """Where a contact is in a text, and its normalized spelling."""

    kind: ContactKind
    start: int
    end: int
    value: str


def may_hold_contacts(text: str) -> bool:
    """Whether ``find_contacts`` might find any; a quick check, since most texts have none."""
    text = roughly_plain(text)
    return may_hold_addresses(text) or may_hold_phones(text)


def find_contacts(text: str) -> list[FoundContact]:
    """Return the e-mail addresses and phone numbers in a text, in order and without overlaps.

    >>> [found.value for found in find_contacts("Call ０６ 00 00 00 01 or ada&#64;example.com")]
    ['06 00 00 00 01', 'ada@example.com']
    """
    if not may_hold_contacts(text):
        return []
    known = plain(text)
    addresses = _addresses(known.text)
    read = _blanked(known.text, [(start, end) for start, end, _ in addresses])
    spans = [(start, end, ContactKind.EMAIL, value) for start, end, value in addresses]
    spans += [(start, end, ContactKind.PHONE, value) for start, end, value in phones_in(read)]
    return [
        FoundContact(kind, *known.span(start, end), value)
        for start, end, kind, value in sorted(spans)
    ]


def _addresses(text: str) -> list[tuple[int, int, str]]:
    """Return the addresses in a text; one inside a quoted local part belongs to the outer address."""
    addresses: list[tuple[int, int, str]] = []
    for address in addresses_in(text) if may_hold_addresses(text) else ():
        while addresses and addresses[-1][1] > address[0]:
            addresses.pop()
        addresses.append(address)
    return addresses


def _blanked(text: str, spans: list[tuple[int, int]]) -> str:
    parts, last = [], 0
    for start, end in spans:
        parts += [text[last:start], "\x00" * (end - start)]
        last = end
    return "".join([*parts, text[last:]])
