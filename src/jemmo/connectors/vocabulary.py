"""A vendor's words as ours. An unknown word is counted, and its original text is stored with the record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from msgspec import Struct

from jemmo.domain.errors import RecordRejected
from jemmo.domain.records import CustomFields
from jemmo.domain.streams import Notes
from jemmo.domain.validation import text

T = TypeVar("T")


class Vocabulary(Struct, frozen=True):
    """Translates the words of one record."""

    remote_id: str
    notes: Notes

    def meaning(self, kind: str, words: Mapping[str, T], word: str | None, unknown: T) -> T:
        """What ``word`` means, or ``unknown``. ``kind`` names the list it is from.

        >>> notes = Notes()
        >>> Vocabulary("7", notes).meaning("contract", {"cdi": 1}, "portage", 0), notes.counts
        (0, {'unknown_value:contract portage': 1})
        """
        if word and word not in words:
            self.notes.add(f"unknown_value:{kind} {word[:40]}", self.remote_id)
        return words.get(word or "", unknown)


def required(value: Any, field: str) -> str:
    """The value as text; raises ``RecordRejected`` for a record without it."""
    plain = text(value)
    if plain is None:
        raise RecordRejected(f"no_{field}", field=field)
    return plain


def known(
    word: str | None, meanings: Mapping[str, Any], field: str, remote_id: str, notes: Notes
) -> Any:
    """The meaning of a word, ignoring case. An unknown one is counted; the caller keeps the original text."""
    if word is None:
        return None
    word = word.strip()
    meaning = meanings.get(word.lower())
    if word and meaning is None:
        notes.add(f"unknown_value:{field} {word[:40]}", remote_id)
    return meaning


class Patterns(Generic[T]):
    """Translates names that people chose, by the first pattern that is found in one."""

    def __init__(self, *patterns: tuple[T, str]) -> None:
        self._patterns = [
            (meaning, re.compile(pattern, re.IGNORECASE)) for meaning, pattern in patterns
        ]

    def meaning(self, name: str, unknown: T) -> T:
        """What a name means, or ``unknown``.

        >>> Patterns(("offer", "offre|offer")).meaning("Offre envoyée", "other")
        'offer'
        """
        return next(
            (meaning for meaning, pattern in self._patterns if pattern.search(name)), unknown
        )


def custom_fields(*fields: tuple[str, str, str, Any]) -> CustomFields:
    """Custom fields by name, of a type and with a label; those without a value are left out."""
    return {
        name: {"type": kind, "label": label, "value": value}
        for name, kind, label, value in fields
        if value
    }
