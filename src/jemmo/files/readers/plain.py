"""Plain text: UTF-8, UTF-16 with or without a byte order mark, else Windows-1252."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator

SAMPLE = 4096  # bytes used to detect UTF-16 without a byte order mark
FLAWS = 4  # minimum non-ASCII letters per invalid byte to count as damaged UTF-8
SHORTEST = 8  # characters in the sample of such a text
BLANKS = 0.02  # minimum share of spaces and line breaks
NO_TEXT = {
    "Cn",
    "Co",
    "Cs",
}  # Unicode categories that text doesn't contain: unassigned, private use, surrogates


def read(content: bytes) -> Iterator[str]:
    yield decoded(content).replace("\r\n", "\n").replace("\r", "\n")


def decoded(content: bytes) -> str:
    """Return the text, whatever its encoding."""
    wide = wide_encoding(content)
    if wide:
        return content[: len(content) & ~1].decode(wide, "replace")
    content = content.rstrip(b"\x00")  # some programs pad files
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("utf-8-sig", "replace")
    wrong = text.count("\ufffd")
    right = sum(not character.isascii() for character in text) - wrong
    return text if right > FLAWS * wrong else content.decode("cp1252", "replace")


def wide_encoding(content: bytes) -> str | None:
    """Return ``utf-16`` or one of its byte orders if the content clearly uses it; ``None`` otherwise.

    Without a byte order mark, zero bytes must be at either even or odd offsets only, and decode to valid characters.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = content[:SAMPLE]
    big, little = sample[0::2].count(0), sample[1::2].count(0)
    if min(big, little) or not max(big, little):
        return None
    encoding = "utf-16-be" if big else "utf-16-le"
    text = sample[: len(sample) & ~1].decode(encoding, "ignore")
    blanks = sum(text.count(character) for character in " \n")
    if len(text) < SHORTEST or blanks < BLANKS * len(text):
        return None
    is_text = not any(unicodedata.category(character) in NO_TEXT for character in text)
    return encoding if is_text else None
