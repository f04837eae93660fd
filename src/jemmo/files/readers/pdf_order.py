"""Orders the letters of a PDF page by their positions."""

from __future__ import annotations

import re
from statistics import median
from typing import Protocol
from unicodedata import normalize

from pypdfium2 import raw

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
HYPHEN = "\ufffe"  # PDFium's mark for a hyphen at the end of a line, whose line break it drops
HYPHEN_NUMBER = 2  # the same mark when characters are read one by one
RTL_WORD = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]{2,}")
SPACED = re.compile(r"(?<!\S)(?:\S{1,3} ){4,}\S{1,3}(?!\S)")
"""At least five letters separated by spaces; some pairs may be closer together, such as A and V."""
ACCENTS = {
    "´": "\u0301",
    "¨": "\u0308",
    "ˆ": "\u0302",
    "˜": "\u0303",
    "¸": "\u0327",
    "ˇ": "\u030c",
    "˚": "\u030a",
    "˘": "\u0306",
    "˙": "\u0307",
    "˝": "\u030b",
    "˛": "\u0328",
}
"""Accents drawn apart from their letters, as in LaTeX, with their combining characters."""
ACCENT = re.compile(f"[{''.join(ACCENTS)}]")
DOTLESS = {"ı": "i", "ȷ": "j"}
# Characters between an accent and its letter: PDFium may move accents to the end of a word
NEAR = 6
SINGLE_SHARE = 0.75  # minimum share of single letters
WORD_GAP = 1.6  # times the usual gap between letters: a wider gap separates words


class Letters(Protocol):
    """The parts of PDFium's page text that we use."""

    def count_chars(self) -> int: ...

    def get_charbox(self, index: int) -> tuple[float, float, float, float]: ...


def needs_places(text: str) -> bool:
    """Whether the order or the words of a page can only be derived from the positions of its letters."""
    return any(pattern.search(text) for pattern in (RIGHT_TO_LEFT, SPACED, ACCENT))


def placed(letters: Letters) -> str:
    """Return a page's text with accents on their letters, and right-to-left and letter-spaced words repaired."""
    numbers = [raw.FPDFText_GetUnicode(letters, index) for index in range(letters.count_chars())]
    signs = [HYPHEN if number == HYPHEN_NUMBER else _sign(number) for number in numbers]
    _accent(signs, letters)
    _spell(signs, letters)
    _join(signs, letters)
    return "".join(signs).replace("\x00", "")


def _sign(number: int) -> str:
    return chr(number) if number < 0x110000 else " "


def _accent(signs: list[str], letters: Letters) -> None:
    """Move accents onto the letters above or below which they are drawn."""
    for accent in ACCENT.finditer("".join(signs)):
        at = accent.start()
        place = _letter_of(at, signs, letters)
        if place is None:
            continue
        letter = DOTLESS.get(signs[place], signs[place])
        composed = normalize("NFC", letter + ACCENTS[accent[0]])
        signs[place] = composed if len(composed) == 1 else signs[place]
        signs[at] = "\x00"
        space = (at + place) // 2
        if abs(at - place) == 2 and raw.FPDFText_IsGenerated(letters, space) == 1:
            signs[space] = "\x00"


def _letter_of(accent: int, signs: list[str], letters: Letters) -> int | None:
    """Return the nearest letter that has an accent straight above or below it."""
    left, low, right, high = letters.get_charbox(accent)
    for place in sorted(range(accent - NEAR, accent + NEAR + 1), key=lambda at: abs(at - accent)):
        if 0 <= place < len(signs) and signs[place].isalpha():
            begins, bottom, ends, top = letters.get_charbox(place)
            is_close = abs(low + high - bottom - top) <= 3 * (top - bottom)
            if is_close and begins <= (left + right) / 2 <= ends:
                return place
    return None


def _spell(signs: list[str], letters: Letters) -> None:
    """Reverse right-to-left words that are stored in drawing order, with later letters further right."""
    for word in RTL_WORD.finditer("".join(signs)):
        first = letters.get_charbox(word.start())[0]
        last = letters.get_charbox(word.end() - 1)[0]
        if first < last:
            signs[word.start() : word.end()] = reversed(word[0])


def _join(signs: list[str], letters: Letters) -> None:
    """Remove the spaces in letter-spaced words, unless the letters are a list such as A B C D E."""
    for line in SPACED.finditer("".join(signs)):
        parts = line[0].split(" ")
        is_spelled = sum(len(part) == 1 for part in parts) >= SINGLE_SHARE * len(parts)
        if not is_spelled or parts == sorted(parts):
            continue
        spaces = [line.start() + at for at, sign in enumerate(line[0]) if sign == " "]
        gaps = {space: _gap(letters, space) for space in spaces if _is_guessed(letters, space)}
        if 2 * len(gaps) < len(spaces):
            continue
        usual = median(gaps.values())
        for space, gap in gaps.items():
            signs[space] = " " if gap > WORD_GAP * usual else "\x00"


def _is_guessed(letters: Letters, space: int) -> bool:
    """Whether PDFium inferred a space from a gap."""
    left, _, right, _ = letters.get_charbox(space)
    return left == right or raw.FPDFText_IsGenerated(letters, space) == 1


def _gap(letters: Letters, space: int) -> float:
    """Return the distance between the letters around a space, in either writing direction."""
    before, after = letters.get_charbox(space - 1), letters.get_charbox(space + 1)
    return max(after[0] - before[2], before[0] - after[2])
