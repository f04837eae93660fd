"""Translates a vendor's words to ours. Unknown words are counted, and the original text is stored with the record."""

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
        """Return the meaning of ``word``, or ``unknown``. ``kind`` names the list of words.

        >>> notes = Notes()
        >>> Vocabulary("7", notes).meaning("contract", {"cdi": 1}, "portage", 0), notes.counts
        (0, {'unknown_value:contract portage': 1})
        """
        if word and word not in words:
            self.notes.add(f"unknown_value:{kind} {word[:40]}", self.remote_id)
        return words.get(word or "", unknown)


def required(value: Any, field: str) -> str:
    """Return the value as text. Raises ``RecordRejected`` if it is missing."""
    plain = text(value)
    if plain is None:
        raise RecordRejected(f"no_{field}", field=field)
    return plain


def known(
    word: str | None, meanings: Mapping[str, Any], field: str, remote_id: str, notes: Notes
) -> Any:
    """Return the meaning of a word, ignoring case. Unknown words are counted; the caller keeps the original text."""
    if word is None:
        return None
    word = word.strip()
    meaning = meanings.get(word.lower())
    if word and meaning is None:
        notes.add(f"unknown_value:{field} {word[:40]}", remote_id)
    return meaning


class Patterns(Generic[T]):
    """Classifies free-text names by the first pattern that matches."""

    def __init__(self, *patterns: tuple[T, str]) -> None:
        self._patterns = [
            (meaning, re.compile(pattern, re.IGNORECASE)) for meaning, pattern in patterns
        ]

    def meaning(self, name: str, unknown: T) -> T:
        """Return the meaning of a name, or ``unknown``.

        >>> Patterns(("offer", "offre|offer")).meaning("Offre envoyée", "other")
        'offer'
        """
        return next(
            (meaning for meaning, pattern in self._patterns if pattern.search(name)), unknown
        )


def custom_fields(*fields: tuple[str, str, str, Any]) -> CustomFields:
    """Create custom fields from name, type, label and value; fields without a value are left out."""
    return {
        name: {"type": kind, "label": label, "value": value}
        for name, kind, label, value in fields
        if value
    }
