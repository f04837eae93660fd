"""Word's binary format of 1997 to 2003, by its piece table ([MS-DOC] 2.4.1).

The characters of a document are one stream: the body, then footnotes, headers, comments, endnotes, text boxes. The
piece table locates each stretch and says whether it has one or two bytes per character, so that fast-saved files, with
pieces out of order, can be read too. Older and encrypted files raise ``ValueError``.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from struct import error as StructError  # noqa: N812 - a name that says whose error it is
from struct import unpack_from
from typing import NamedTuple

import olefile

WORD_97 = 0xA5EC
ENCRYPTED, SECOND_TABLE = 0x0100, 0x0200
COUNTS = 0x4C  # of characters: body, footnotes, headers, macros, comments, endnotes, text boxes, header text boxes
SHOWN = (True, True, True, False, False, True, True, True)
ASSOCIATED = 0x019A  # header field with the table offset of the names of associated files
FORMATS, PIECES = 0xFA, 0x01A2  # header fields with their table offsets
PAGE = 512
MAX_STREAM = 150 * 1024 * 1024
MAX_CHARACTERS = 2_000_000  # per part
ONE_BYTE = 1 << 30
DELETED, HIDDEN = 0x0800, 0x083C  # character properties
OPERANDS = (
    1,
    1,
    2,
    4,
    2,
    2,
    0,
    3,
)  # bytes of a property's value by its kind; values of kind 6 contain their size
FIELD_BEGIN, FIELD_MIDDLE, FIELD_END = "\x13", "\x14", "\x15"
FIELDS = re.compile("[\x13-\x15]")
SIGNS = {
    **dict.fromkeys((0x07, 0x09), "\t"),
    **dict.fromkeys((0x0B, 0x0C, 0x0D, 0x0E), "\n"),
    **dict.fromkeys((*range(0x01, 0x07), 0x08, 0x1F), None),
    0x1E: "-",
}
"""Tabs, cell ends, breaks and non-breaking hyphens; marks of pictures and notes are dropped."""


class Piece(NamedTuple):
    """A stretch of text: its position in the character stream, and its bytes in the file."""

    start: int
    end: int
    offset: int
    width: int


def read(content: bytes) -> Iterator[str]:
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as archive:
            text = _stream(archive, "WordDocument")
            flags = _header(text)
            table = _stream(archive, "1Table" if flags & SECOND_TABLE else "0Table")
    except (OSError, StructError, IndexError, AttributeError) as error:
        raise ValueError("the file is damaged") from error
    try:
        yield from _shown(text, table)
    except StructError as error:
        raise ValueError("the file is damaged") from error


def template(content: bytes) -> str:
    """Return the path or address of the attached template, or an empty string ([MS-DOC] 2.9.269, SttbfAssoc)."""
    try:
        with olefile.OleFileIO(io.BytesIO(content)) as archive:
            text = _stream(archive, "WordDocument")
            table = _stream(archive, "1Table" if _header(text) & SECOND_TABLE else "0Table")
        at, size = unpack_from("<II", text, ASSOCIATED)
        strings = table[at : at + size]
        at = 6 + 2 + 2 * unpack_from("<H", strings, 6)[0]
        length = 2 * unpack_from("<H", strings, at)[0]
        return strings[at + 2 : at + 2 + length].decode("utf-16-le", "replace")
    except (OSError, StructError, IndexError, AttributeError, ValueError):
        return ""


def _stream(archive: olefile.OleFileIO, name: str) -> bytes:
    if not archive.exists(name):
        raise ValueError(f"there is no {name}")
    with archive.openstream(name) as stream:
        content: bytes = stream.read(MAX_STREAM)
    return content


def _header(text: bytes) -> int:
    """Return the header's flags. Raises ``ValueError`` if the file can't be read."""
    mark, flags = unpack_from("<H8xH", text)
    if mark != WORD_97:
        raise ValueError("a version before Word 97")
    if flags & ENCRYPTED:
        raise ValueError("encrypted")
    return int(flags)


def _shown(text: bytes, table: bytes) -> Iterator[str]:
    """Yield the text of each visible part."""
    pieces = _pieces(text, table)
    formats = _Formats(text, table)
    start = 0
    for is_shown, count in zip(SHOWN, unpack_from("<8i", text, COUNTS), strict=True):
        end = start + max(0, count)
        if is_shown and end > start:
            letters = "".join(_letters(text, pieces, formats, start, end))
            yield _without_field_codes(letters).translate(SIGNS) + "\n"
        start = end


def _pieces(text: bytes, table: bytes) -> list[Piece]:
    at, size = unpack_from("<II", text, PIECES)
    end = min(at + size, len(table))
    while at < end and table[at] == 1:  # properties that pieces refer to
        at += 3 + unpack_from("<H", table, at + 1)[0]
    if at >= end or table[at] != 2:
        raise ValueError("no piece table")
    count = (unpack_from("<I", table, at + 1)[0] - 4) // 12
    places = unpack_from(f"<{count + 1}I", table, at + 5)
    details = at + 5 + 4 * (count + 1)
    pieces = []
    for number, (start, stop) in enumerate(pairwise(places)):
        place = unpack_from("<2xI", table, details + 8 * number)[0]
        narrow = bool(place & ONE_BYTE)
        offset = (place & (ONE_BYTE - 1)) // (2 if narrow else 1)
        if stop > start:
            pieces.append(Piece(start, stop, offset, 1 if narrow else 2))
    return pieces


def _letters(
    text: bytes, pieces: list[Piece], formats: _Formats, start: int, end: int
) -> Iterator[str]:
    """Yield the characters of a range, without deleted and hidden ones."""
    budget = MAX_CHARACTERS  # pieces may share their bytes
    for piece in pieces:
        first, last = max(start, piece.start), min(end, piece.end)
        if first >= last:
            continue
        budget -= last - first
        if budget < 0:
            return
        begins = piece.offset + (first - piece.start) * piece.width
        stops = piece.offset + (last - piece.start) * piece.width
        if stops > len(text):
            raise ValueError("the text ends too early")
        encoding = "cp1252" if piece.width == 1 else "utf-16-le"
        for shown_from, shown_to in formats.shown(begins, stops):
            yield text[shown_from:shown_to].decode(
                encoding, "surrogatepass" if piece.width == 2 else "replace"
            )


def _without_field_codes(text: str) -> str:
    """Keep a field's visible text and drop its code; fields may be nested."""
    shown, at = [], 0
    codes: list[bool] = []  # for each enclosing field: whether this is its code
    for mark in FIELDS.finditer(text):
        if not any(codes):
            shown.append(text[at : mark.start()])
        at = mark.end()
        if mark[0] == FIELD_BEGIN:
            codes.append(True)
        elif codes and mark[0] == FIELD_MIDDLE:
            codes[-1] = False
        elif codes:
            codes.pop()
    return "".join([*shown, text[at:]])


class _Formats:
    """Which bytes of the text are deleted or hidden. Damaged formats hide nothing."""

    def __init__(self, text: bytes, table: bytes) -> None:
        stretches: list[tuple[int, int]] = []
        with suppress(StructError, IndexError):
            stretches = sorted(_hidden(text, table))
        self._starts = [start for start, _ in stretches]
        self._ends = [end for _, end in stretches]

    def shown(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        number = max(0, bisect_right(self._starts, start) - 1)
        while number < len(self._starts) and self._starts[number] < end:
            if self._starts[number] > start:
                yield start, self._starts[number]
            start = max(start, self._ends[number])
            number += 1
        if start < end:
            yield start, end


def _hidden(text: bytes, table: bytes) -> Iterator[tuple[int, int]]:
    at, size = unpack_from("<II", text, FORMATS)
    count = max(0, (min(size, len(table)) - 4) // 8)
    pages = unpack_from(f"<{count}I", table, at + 4 * (count + 1))
    for page in {number & 0x3FFFFF for number in pages}:
        begin = page * PAGE
        runs = text[begin + PAGE - 1]
        places = unpack_from(f"<{runs + 1}I", text, begin)
        for number, (start, end) in enumerate(pairwise(places)):
            offset = 2 * text[begin + 4 * (runs + 1) + number]
            if offset and start < end:
                length = text[begin + offset]
                if _hides(text[begin + offset + 1 : begin + offset + 1 + length]):
                    yield start, end


def _hides(properties: bytes) -> bool:
    """Whether properties delete or hide their characters; the last entry counts."""
    states, at = {DELETED: False, HIDDEN: False}, 0
    while at + 3 <= len(properties):
        name = properties[at] | properties[at + 1] << 8
        if name in states:
            states[name] = bool(properties[at + 2] & 1)
        size = OPERANDS[name >> 13]
        at += 2 + (size or 1 + properties[at + 2])
    return any(states.values())
