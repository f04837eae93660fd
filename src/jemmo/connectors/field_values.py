"""Values that a record must have, and an ATS's words for which we have our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Notes
from jemmo.domain.validation import text


def required(value: Any, field: str) -> str:
    """The value as text; raises ``RecordRejected`` for a record without it."""
    plain = text(value)
    if plain is None:
        raise RecordRejected(f"The record has no {field}.", code=f"no_{field}", field=field)
    return plain


def known(
    word: str | None, meanings: Mapping[str, Any], field: str, remote_id: str, notes: Notes
) -> Any:
    """What a word means, whatever its case. An unknown one is counted; the caller keeps the original text."""
    if word is None:
        return None
    word = word.strip()
    meaning = meanings.get(word.lower())
    if word and meaning is None:
        notes.add(f"unknown_value:{field} {word[:40]}", remote_id)
    return meaning
