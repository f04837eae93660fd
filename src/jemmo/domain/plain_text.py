"""Normalizes the many spellings of each character and remembers its original position. Pure."""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import Literal
from urllib.parse import unquote

from msgspec import Struct

REDACTED = "…"  # marks removed contact details; unlike in Unicode's normal form, not full stops
_ENTITY = r"&(?:amp;){0,3}(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,16});"
_QUOTED = r"%(?:20|2[BbEeDd]|40)"  # URL-encoded: space, plus, full stop, hyphen, at sign
_WRITTEN = re.compile(f"{_ENTITY}|{_QUOTED}")
_SPECIAL = re.compile(f"{_ENTITY}|{_QUOTED}|[^\\x00-\\x7f]")
_PIECES = re.compile(r".{1,500}(?=[\x00-\x7f]|\Z)|.{1,500}", re.DOTALL)
"""Pieces of limited length, cut before an ASCII character if possible, so that no combining mark is separated."""
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
_MEANT = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\u30fb", "-"),
    **dict.fromkeys("\u3002\uff61", "."),
    REDACTED: REDACTED,
}


class PlainText(Struct, frozen=True):
    """A text in normalized spelling.

    ``places`` are the original positions of its characters and of its end.
    """

    text: str
    places: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original start and end of a part of the plain text."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end]


def plain(text: str) -> PlainText:
    r"""Convert compatible characters, digits of any script, entities and dashes to plain ASCII.

    >>> plain("０６&#64;\u200bx").text
    '06@x'
    """
    if text.isascii() and "&" not in text and "%" not in text:
        return PlainText(text)
    parts: list[str] = []
    places: list[int] = []
    last = 0
    for special in _SPECIAL.finditer(text):
        start, end = special.span()
        parts.append(text[last:start])
        places += range(last, start)
        normalized_text = _plain_form(special[0])
        parts.append(normalized_text)
        places += [start] * len(normalized_text)
        last = end
    parts.append(text[last:])
    places += range(last, len(text) + 1)
    return PlainText("".join(parts), places)


def normalized(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """Return the text in a Unicode normal form, in linear time.

    Python sorts the combining marks of a letter in quadratic time and blocks all threads while it does. A letter with
    hundreds of marks is meaningless, so the text is normalized piece by piece.
    """
    if text.isascii():
        return text
    return "".join(unicodedata.normalize(form, piece) for piece in _PIECES.findall(text))


def roughly_plain(text: str) -> str:
    """Return the plain text without positions. Faster, to find out whether a full pass is worthwhile."""
    if ("&" in text or "%" in text) and _WRITTEN.search(text):
        text = _WRITTEN.sub(lambda written: _plain_form(written[0]), text)
    if is_western(text) and "\xad" not in text:
        return text  # every other Western character is its own normal form
    return _INVISIBLE.sub("", normalized("NFKC", text.replace(REDACTED, "\x00")))


def visible(text: str) -> str:
    """Return the text without zero-width characters, which people copy along with text by accident."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def is_western(text: str) -> bool:
    """Whether all characters are in Latin-1, where the only digits are ASCII."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _plain_form(special: str) -> str:
    if len(special) > 1:
        while (character := unescape(special)) != special:
            special = character
        special = unquote(special) if special.startswith("%") else special
        return special if special.isascii() else "".join(map(_plain_form, special))
    if special in _MEANT:
        return _MEANT[special]
    if _INVISIBLE.match(special):
        return ""
    if special.isdecimal():
        return str(unicodedata.decimal(special))
    plain_form = unicodedata.normalize("NFKC", special)
    return " " if plain_form.isspace() else plain_form
