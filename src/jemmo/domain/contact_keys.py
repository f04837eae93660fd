"""Splits a field into its contacts, and derives keys that all spellings of a contact share. Pure.

People put several contacts into one field, along with names, remarks and extensions. Each contact must find the person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate

from jemmo.domain.contact_finder import find_contacts
from jemmo.domain.enums import ContactKind
from jemmo.domain.numbering_plans import calling_code
from jemmo.domain.plain_text import normalized, plain
from jemmo.domain.records import Contact

ALIKE = 8
"""Number of trailing digits used as a key, since the digits before them differ between spellings."""
LEAST = 6
MAX_DIGITS = 15  # digits in a phone number
MAX_SEARCHED = 20_000  # characters of a field
LINKS = (ContactKind.URL, ContactKind.SOCIAL)
_MAX_GROUPS = 24  # groups of digits tried in every combination

# Most fields contain a single contact and nothing else.
_ONE_ADDRESS = re.compile(r"[A-Za-z0-9](?:[\w.+-]*\w)?@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}", re.ASCII)
_ONE_NUMBER = re.compile(
    r"\+[0-9]{8,14}|0[0-9]{8,10}|(?:\+33 ?|0)[1-9](?:[ .-]?[0-9]{2}){4}", re.ASCII
)
_NUMBER = re.compile(r"[+(]{0,2}[\d\s./()\u00a0\u2010-\u2015-]+")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_EXTENSION = re.compile(
    r"(?:[;,]? ?(?:extension|ext|x|poste|durchwahl|dw|nst|anexo|interno|int|#)[ .:=]{0,3}[0-9]{1,6})(?![0-9])",
    re.IGNORECASE,
)
_REACHES = re.compile("@|%40|tel:|callto:|wa.me|whatsapp", re.IGNORECASE)
"""Parts of a web address that lead to a mailbox or phone. Digits in other web addresses are ignored."""
_BETWEEN = re.compile(r"[^\W\d_]+|[;,|\t\r\n]|(?=\+)")
"""Separators that never occur within a number, unlike a slash, a hyphen or a space."""
_DIGITS = re.compile(r"[0-9]+")


def single_contacts(field: Contact) -> list[Contact]:
    """Return each address and number in a field as a contact of its own.

    >>> [contact.value for contact in single_contacts(Contact(kind=ContactKind.EMAIL, value="Ada <ada@example.com>."))]
    ['ada@example.com']
    """
    value = field.value.strip()
    if _is_simple(field.kind, value):
        return [Contact(kind=field.kind, value=value)]
    value = value[:MAX_SEARCHED]
    if field.kind in LINKS and not _REACHES.search(value):
        return []
    contacts = [Contact(kind=match.kind, value=match.value) for match in find_contacts(value)]
    if field.kind is ContactKind.PHONE:
        contacts += _other_numbers(plain(value).text, contacts)
    elif field.kind is ContactKind.EMAIL and value and not contacts:
        contacts.append(Contact(kind=ContactKind.EMAIL, value=value))
    return list(dict.fromkeys(contacts))


def typed_contacts(text: str) -> list[Contact]:
    """Return the addresses and numbers in a search query; none if it contains anything else."""
    text = text.strip()
    known = plain(text).text.strip()
    if _NUMBER.fullmatch(known):
        enough = len(_digits(known)) >= ALIKE
        return single_contacts(Contact(kind=ContactKind.PHONE, value=text)) if enough else []
    if _ADDRESS.fullmatch(known):
        return single_contacts(Contact(kind=ContactKind.EMAIL, value=text))
    return [Contact(kind=match.kind, value=match.value) for match in find_contacts(text)]


def contact_keys(contact: Contact) -> set[str]:
    """Return the keys that all spellings of a contact share; none for text that isn't worth a search.

    A number has a second key if its last digits include a part of the country code, which other spellings omit.
    """
    if contact.kind is ContactKind.EMAIL:
        key = _address(contact.value)
        return {key} if key else set()
    if contact.kind is not ContactKind.PHONE:
        return set()
    digits = _digits(contact.value)
    keys = {digits[-ALIKE:]} if len(digits) >= LEAST else set()
    full = _international(contact.value)
    if full is not None and len(full) < ALIKE + 3 and (code := calling_code(full)):
        home = full[len(code) :].lstrip("0")
        keys |= {home[-ALIKE:]} if len(home) >= LEAST else set()
    return keys


def same_contact(contact: Contact, other: Contact) -> bool:
    """Whether two single contacts appear to be the same address or number.

    If both numbers have a country code, they must match from there on. Otherwise the longer must end with the shorter.
    """
    if contact.kind is not other.kind or contact_keys(contact).isdisjoint(contact_keys(other)):
        return False
    if contact.kind is not ContactKind.PHONE:
        return True
    mine, theirs = _international(contact.value), _international(other.value)
    if mine and theirs:
        return mine == theirs
    return any(
        long.endswith(short)
        for a in _national(contact.value)
        for b in _national(other.value)
        for short, long in [sorted((a, b), key=len)]
        if len(short) >= LEAST
    )


def holds(field: Contact, contact: Contact) -> bool:
    """Whether a field contains this single contact, possibly among others."""
    return any(same_contact(candidate, contact) for candidate in single_contacts(field))


def _is_simple(kind: ContactKind, value: str) -> bool:
    """Whether a quick check shows that the value is exactly one contact, as nearly all are."""
    if kind is ContactKind.EMAIL:
        return bool(_ONE_ADDRESS.fullmatch(value))
    return kind is ContactKind.PHONE and bool(_ONE_NUMBER.fullmatch(value))


def _other_numbers(text: str, contacts: list[Contact]) -> Iterator[Contact]:
    """The numbers in a phone field that are not valid in any country or have no clear separators."""
    if sum(len(_digits(contact.value)) for contact in contacts) == len(_digits(text)):
        return
    for part in _BETWEEN.split(_EXTENSION.sub(";", text)):
        for number in _numbers(part):
            yield Contact(kind=ContactKind.PHONE, value=number)


def _numbers(part: str) -> Iterator[str]:
    """The number in a part, or every number its groups could form if it has too many digits."""
    groups = [group.span() for group in _DIGITS.finditer(part)][:_MAX_GROUPS]
    plus = "+" if "+" in part else ""
    count = sum(end - start for start, end in groups)
    if count <= MAX_DIGITS:
        if count >= LEAST:
            yield f"{plus}{part[part.index('+') + 1 :] if plus else part}".strip()
        return
    for place, (start, end) in enumerate(groups):
        if end - start > MAX_DIGITS and (end - start) % 2 == 0:
            yield from (part[start : (start + end) // 2], part[(start + end) // 2 : end])
        lengths = accumulate(stop - begin for begin, stop in groups[place:])
        for last, length in enumerate(lengths, place):
            if ALIKE <= length <= MAX_DIGITS:
                yield (plus if place == 0 else "") + part[start : groups[last][1]]


def _address(value: str) -> str:
    address = normalized("NFKC", value).strip().lstrip("&+").casefold()
    name, at, domain = address.rpartition("@")
    if not at or "xn--" not in domain:
        return address
    try:
        return f"{name}@{domain.encode('ascii').decode('idna')}"
    except UnicodeError:
        return address


def _digits(value: str) -> str:
    if value.isascii():
        return "".join(filter(str.isdecimal, value))
    return "".join(
        str(unicodedata.decimal(character)) for character in value if character.isdecimal()
    )


def _international(value: str) -> str | None:
    """Country code and number without domestic dialing prefixes; ``None`` if no country is given."""
    text = value.strip().lstrip("(")
    digits = _digits(value.replace("(0)", ""))
    if text.startswith("+"):
        return digits.removeprefix("00")
    if digits.startswith("011") and len(digits) > MAX_DIGITS - 2:  # as dialed in North America
        return digits[3:]
    return digits[2:] if digits.startswith("00") else None


def _national(value: str) -> list[str]:
    """The digits with each possible domestic prefix removed: none, zeros, or an 8 in some countries."""
    full = _international(value)
    if full is not None:
        return [full]
    digits = _digits(value).lstrip("0")
    return [digits, digits[1:]] if digits.startswith("8") and len(digits) == 11 else [digits]
