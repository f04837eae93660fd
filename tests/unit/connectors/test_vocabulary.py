"""A vendor's word is translated, or counted and stored unchanged."""

from __future__ import annotations

import pytest

from jemmo.connectors.vocabulary import Vocabulary
from jemmo.domain.streams import Notes

CONTRACTS = {"cdi": "full time"}


@pytest.mark.parametrize(
    ("word", "meaning", "notes"),
    [
        ("cdi", "full time", {}),
        ("portage", "other", {"unknown_value:contract portage": 1}),
        ("x" * 99, "other", {f"unknown_value:contract {'x' * 40}": 1}),
        ("", "other", {}),
        (None, "other", {}),
    ],
)
def test_an_unknown_word_is_counted(word: str | None, meaning: str, notes: dict[str, int]) -> None:
    known = Vocabulary("7", Notes())
    assert known.meaning("contract", CONTRACTS, word, "other") == meaning
    assert known.notes.counts == notes
    assert set(known.notes.examples.values()) <= {"7"}
