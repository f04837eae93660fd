"""Plain text: UTF-8, UTF-16 with or without a byte order mark, else Windows-1252."""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator

SAMPLE = 4096  # bytes by which UTF-16 without a byte order mark is known
FLAWS = 4  # letters of UTF-8 to each wrong byte: then it is UTF-8 with flaws
SHORTEST = 8  # characters of such a text
BLANKS = 0.02  # of its characters are spaces or line breaks at least
NO_TEXT = {"Cn", "Co", "Cs"}  # categories of characters that no text has: unassigned, private, half


def read(content: bytes) -> Iterator[str]:
    yield decoded(content).replace("\r\n", "\n").replace("\r", "\n")


def decoded(content: bytes) -> str:
    """The text, whatever its encoding."""
    wide = wide_encoding(content)
    if wide:
        return content[: len(content) & ~1].decode(wide, "replace")
    content = content.rstrip(b"\x00")  # some programs fill up what they write
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("utf-8-sig", "replace")
    wrong = text.count("\ufffd")
    right = sum(not character.isascii() for character in text) - wrong
    return text if right > FLAWS * wrong else content.decode("cp1252", "replace")


def wide_encoding(content: bytes) -> str | None:
    """``utf-16`` or one of its byte orders, if the content is evidently that; ``None`` otherwise.

    Without a mark its zero bytes stand at every second place alone, and what is read by that is all characters.
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
