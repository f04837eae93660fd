"""What makes two ways of writing an e-mail address or a phone number the same. Pure."""

from __future__ import annotations

import re
import unicodedata

from jemmo.domain.enums import ContactKind

ALIKE = 8
"""Digits by which numbers are found: what stands before them differs between the ways of writing one number."""
LEAST = 6
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_NUMBER = re.compile(r"[+(]{0,2}[\d\s./()\u00a0\u2010-\u2015-]+")


def contact_key(kind: ContactKind, value: str) -> str | None:
    """What all ways of writing a contact have in common; ``None`` for what nobody would look for.

    >>> contact_key(ContactKind.PHONE, "+33 (0)6 00 00 00 01") == contact_key(ContactKind.PHONE, "06.00.00.00.01")
    True
    >>> contact_key(ContactKind.EMAIL, " Ada@Example.com ")
    'ada@example.com'
    """
    if kind is ContactKind.EMAIL:
        return unicodedata.normalize("NFKC", value).strip().casefold() or None
    if kind is ContactKind.PHONE:
        digits = _digits(value)
        return digits[-ALIKE:] if len(digits) >= LEAST else None
    return None


def typed_contact(text: str) -> tuple[ContactKind, str] | None:
    """The contact somebody typed whole to find a person, with its key; ``None`` when it is anything else."""
    text = unicodedata.normalize("NFKC", text).strip()
    if _ADDRESS.fullmatch(text):
        kind = ContactKind.EMAIL
    elif _NUMBER.fullmatch(text) and len(_digits(text)) >= ALIKE:
        kind = ContactKind.PHONE
    else:
        return None
    key = contact_key(kind, text)
    return (kind, key) if key else None


def same_contact(kind: ContactKind, one: str, other: str) -> bool:
    """Whether both are the same address or number, as far as they say.

    Two numbers that both name their country must agree from there; else the shorter one must be the end of the other.
    """
    if contact_key(kind, one) != contact_key(kind, other):
        return False
    if kind is not ContactKind.PHONE:
        return True
    mine, theirs = _international(one), _international(other)
    if mine and theirs:
        return mine == theirs
    short, long = sorted((_national(one), _national(other)), key=len)
    return long.endswith(short)


def _digits(value: str) -> str:
    if value.isascii():
        return "".join(filter(str.isdecimal, value))
    return "".join(str(unicodedata.decimal(one)) for one in value if one.isdecimal())


def _international(value: str) -> str | None:
    """Country and number without what is dialled only at home; ``None`` when no country is named."""
    text = value.strip().lstrip("(")
    digits = _digits(value.replace("(0)", ""))
    if text.startswith("+"):
        return digits
    return digits[2:] if digits.startswith("00") else None


def _national(value: str) -> str:
    found = _international(value)
    return found if found is not None else _digits(value).lstrip("0")
