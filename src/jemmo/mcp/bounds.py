"""Limits responses to fit an assistant's context, and removes invisible text."""

from __future__ import annotations

import unicodedata
from typing import Any

import msgspec

from jemmo.domain.validation import html_to_text

LONGEST_TEXT = 4000  # characters of one text
LONGEST_READ = 4 * LONGEST_TEXT  # characters of it that are looked at, since some are invisible
MOST_ENTRIES = 100  # entries per list or object
DEEPEST = 6  # nesting levels of lists and objects
LONGEST_ANSWER = 40_000  # characters of all texts and names together
CUT = "…"
HTML = "_html"

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
"""Control and format characters: text that reverses, hides or smuggles words."""


def bounded(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the response as plain JSON values, shortened if too long and then ``truncated``. HTML becomes text."""
    cutter = _Cutter()
    fitting: dict[str, Any] = cutter.fit(msgspec.to_builtins(answer), 0)
    return {**fitting, "truncated": True} if cutter.has_cut else fitting


def visible(text: str) -> str:
    """The text as a person would see it."""
    if text.isprintable():
        return text
    return "".join(
        letter
        for letter in text
        if letter in "\n\t" or unicodedata.category(letter) not in _INVISIBLE
    )


class _Cutter:
    """Takes each text and name from the remaining budget of the response."""

    def __init__(self) -> None:
        self.left = LONGEST_ANSWER
        self.has_cut = False

    def fit(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict | list) and depth >= DEEPEST:
            self.has_cut = True
            return CUT
        if isinstance(value, dict):
            return self.fields(value, depth + 1)
        if isinstance(value, list):
            return self.entries(value, depth + 1)
        self.left -= 8
        return value

    def text(self, value: str) -> str:
        most = max(0, min(LONGEST_TEXT, self.left))
        text = visible(value[:LONGEST_READ])
        if len(text) > most or len(value) > LONGEST_READ:
            self.has_cut = True
            text = text[:most] + CUT
        self.left -= len(text)
        return text

    def fields(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        fitting: dict[str, Any] = {}
        for name, field in value.items():
            if self._is_full(fitting):
                break
            if name.endswith(HTML):
                name, field = name.removesuffix(HTML), html_to_text(field)  # noqa: PLW2901 - the field's own
            fitting[self.text(name)] = self.fit(field, depth)
        return fitting

    def entries(self, value: list[Any], depth: int) -> list[Any]:
        fitting: list[Any] = []
        for entry in value:
            if self._is_full(fitting):
                break
            fitting.append(self.fit(entry, depth))
        return fitting

    def _is_full(self, fitting: dict[str, Any] | list[Any]) -> bool:
        full = len(fitting) >= MOST_ENTRIES or self.left <= 0
        self.has_cut = self.has_cut or full
        return full
