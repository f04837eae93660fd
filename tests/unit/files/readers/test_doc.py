"""Word's binary format: hidden text, and damaged or deliberately slow files."""

from __future__ import annotations

import random
import struct
from itertools import pairwise

import pytest
from fakes.resumes.compound import compound
from fakes.resumes.word_binary import document

from jemmo.files.extract import words
from jemmo.files.kinds import DOC
from jemmo.files.readers import doc
from jemmo.files.text import NoText, text_of

TEXT_AT, FORMATS_PAGE = 1024, 3
DELETED, HIDDEN, BOLD = b"\x00\x08\x01", b"\x3c\x08\x01", b"\x35\x08\x01"
FONT_NAMED_LONG = b"\x0f\x6a\x03abc"  # a property whose value contains its own size


def formatted(*runs: tuple[str, bytes], pieces: list[tuple[int, int, int]] | None = None) -> bytes:
    """Return a file with formatted runs, of one piece or of the given pieces (start, end, offset)."""
    text = "".join(run for run, _ in runs)
    block = bytearray(TEXT_AT)
    struct.pack_into("<6H", block, 0, 0xA5EC, 0xC1, 0, 0x409, 0, 0x1200)
    ends = [TEXT_AT]
    for run, _ in runs:
        ends.append(ends[-1] + len(run))
    page = bytearray(512)
    struct.pack_into(f"<{len(ends)}I", page, 0, *ends)
    page[511], place = len(runs), 400
    for number, (_, properties) in enumerate(runs):
        page[4 * len(ends) + number] = place // 2
        page[place : place + 1 + len(properties)] = bytes([len(properties)]) + properties
        place += 20
    pieces = pieces or [(0, len(text), TEXT_AT * 2 | 1 << 30)]
    places = [pieces[0][0], *(end for _, end, _ in pieces)]
    plc = struct.pack(f"<{len(places)}I", *places)
    plc += b"".join(struct.pack("<HIH", 0, place, 0) for _, _, place in pieces)
    table = (
        struct.pack("<3I", ends[0], ends[-1], FORMATS_PAGE)
        + b"\x02"
        + struct.pack("<I", len(plc))
        + plc
    )
    struct.pack_into("<i", block, doc.COUNTS, places[-1])
    struct.pack_into("<2I", block, doc.FORMATS, 0, 12)
    struct.pack_into("<2I", block, doc.PIECES, 12, len(table) - 12)
    body = bytes(block) + text.encode("cp1252").ljust(512, b"\0") + bytes(page)
    return compound({"WordDocument": body, "1Table": table})


def test_deleted_and_hidden_text_is_left_out() -> None:
    runs = (
        ("Curri", BOLD),
        ("gone", BOLD + DELETED),
        ("culum", FONT_NAMED_LONG),
        ("secret", HIDDEN),
    )
    shown = (("\rback", HIDDEN[:2] + b"\x00"), ("\rend", b""))
    assert words(formatted(*runs, *shown), DOC) == "Curriculum\nback\nend"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a\x13 HYPERLINK \x13 INNER \x14x\x15 \x14link\x15b", "alinkb"),
        ("a\x13 PAGE \x15b", "ab"),
        ("Soft\x1fware co\x1eop a\x07b\x0bc\x0cd\re\x01\x08", "Software co-op a b\nc\nd\ne"),
    ],
)
def test_symbols_and_fields(text: str, read: str) -> None:
    assert words(document([(text, False)]), DOC) == read
    assert words(document([(text, True)]), DOC) == read


@pytest.mark.parametrize("size", [0, 100, 600, 2000, 5000])
def test_a_truncated_file_is_a_failure(size: int) -> None:
    with pytest.raises(NoText) as refusal:
        text_of(document([("Ada " * 2000, False)])[:size], DOC)
    assert refusal.value.code == "failed"


def test_other_versions_are_a_failure() -> None:
    for content in (
        document([("Ada", False)]).replace(b"\xec\xa5", b"\xdc\xa5"),
        compound({"WordDocument": b"\xec\xa5" + bytes(2000)}),
        compound({"Workbook": b"x"}),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            words(content, DOC)


def test_a_damaged_file_is_read_or_fails() -> None:
    content, dice = document([("Ada " * 50, False), ("Łódź", True)], footnotes=3), random.Random(7)
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(5):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            assert isinstance(words(bytes(damaged), DOC), str)
        except (ValueError, MemoryError):
            continue


def test_pieces_that_share_their_bytes_do_not_multiply() -> None:
    count = 3000
    pieces = [
        (start, end, TEXT_AT * 2 | 1 << 30) for start, end in pairwise(range(0, 900 * count, 900))
    ]
    content = formatted(("x" * 500, BOLD), pieces=pieces)
    assert len(words(content, DOC)) <= 400_000
