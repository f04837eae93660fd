r"""DOC files as Word 97 saves them: a file information block, a piece table and the text.

The text is stored in pieces with either one byte per character (Windows-1252) or two (UTF-16).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from fakes.resumes.compound import compound
from fakes.resumes.people import LINES
from fakes.resumes.resume import Resume, shown

from jemmo.files.kinds import DOC

TEXT_AT = 1024
CLX = 0x1A2  # offset in the information block of the piece table's position


def document(
    pieces: Sequence[tuple[str, bool]],
    *,
    footnotes: int = 0,
    headers: int = 0,
    stale: str = "",
    backwards: bool = False,
    second_table: bool = True,
    scattered: bool = False,
    sealed: bool = False,
) -> bytes:
    """Create a file from pieces, each a text and whether its characters take two bytes.

    The last ``footnotes`` and ``headers`` characters belong to those parts. ``stale`` text is in the file but in no
    piece. ``backwards`` stores the last piece first, like a fast save. ``sealed`` sets the flag for encryption.
    """
    stored = list(enumerate(pieces))
    if backwards:
        stored.reverse()
    text, places = stale.encode("cp1252"), {}
    for number, (piece, wide) in stored:
        text += b"\0" * (len(text) % 2)
        at = TEXT_AT + len(text)
        places[number] = at if wide else at * 2 | 1 << 30
        text += piece.encode("utf-16-le" if wide else "cp1252")
    ends = [0]
    for piece, _ in pieces:
        ends.append(ends[-1] + len(piece))
    plc = struct.pack(f"<{len(ends)}I", *ends)
    plc += b"".join(struct.pack("<HIH", 0, places[number], 0) for number in range(len(pieces)))
    # Starts with a property modifier, as in complex files.
    clx = (
        b"\x01"
        + struct.pack("<H", 3)
        + b"\x03\x24\x01"
        + b"\x02"
        + struct.pack("<I", len(plc))
        + plc
    )
    table = bytes(64) + clx
    # With footnotes or headers, the file ends with one more paragraph mark, which belongs to no part.
    length = ends[-1] - footnotes - headers - bool(footnotes or headers)
    block = _block(
        length, footnotes, headers, (64, len(clx)), TEXT_AT + len(text), second_table=second_table
    )
    if sealed:
        block = block[:11] + bytes([block[11] | 1]) + block[12:]
    metadata = bytes(48) + b"Metatitle\0Metacreator\0"
    return compound(
        {
            "WordDocument": block + text,
            "1Table" if second_table else "0Table": table,
            "\x05SummaryInformation": metadata,
        },
        scattered=scattered,
    )


def _block(
    length: int, footnotes: int, headers: int, clx: tuple[int, int], end: int, *, second_table: bool
) -> bytes:
    flags = 0x1000 | (0x0200 if second_table else 0)
    block = bytearray(TEXT_AT)
    struct.pack_into("<6H", block, 0, 0xA5EC, 0x00C1, 0, 0x0409, 0, flags)
    struct.pack_into("<H", block, 12, 0x00BF)
    struct.pack_into("<II", block, 24, TEXT_AT, end)
    struct.pack_into("<H", block, 32, 14)
    struct.pack_into("<H", block, 62, 22)
    struct.pack_into("<I", block, 64, end)
    struct.pack_into("<3I", block, 76, length, footnotes, headers)
    struct.pack_into("<H", block, 152, 93)
    struct.pack_into("<2I", block, CLX, *clx)
    return bytes(block)


def paragraphs(*lines: str) -> str:
    return "".join(line + "\r" for line in lines)


def case(
    name: str,
    language: str,
    feature: str,
    content: bytes,
    *extra: str,
    forbidden: tuple[str, ...] = (),
) -> Resume:
    return Resume(
        name=f"doc-{name}",
        kind=DOC,
        producer="Word 97",
        language=language,
        feature=feature,
        content=content,
        words=shown(*LINES[language], *extra),
        feature_words=shown(*extra),
        forbidden=("Metatitle", "Metacreator", *forbidden),
    )


def resumes() -> Iterator[Resume]:
    yield case(
        "one-byte",
        "fr",
        "one piece, one byte a character",
        document([(paragraphs(*LINES["fr"]), False)]),
    )
    yield case(
        "two-bytes",
        "ru",
        "one piece, two bytes a character",
        document([(paragraphs(*LINES["ru"]), True)]),
    )
    first, *others = LINES["de"]
    pieces = [
        (paragraphs(first) + "Maschinen", False),
        ("führer Łódź – Ковель\r", True),
        (paragraphs(*others), False),
    ]
    yield case(
        "pieces",
        "de",
        "pieces of both kinds, a word in two of them",
        document(pieces, second_table=False),
        "Maschinenführer Łódź Ковель",
    )
    halves = [
        (paragraphs(*LINES["en"][:3]), False),
        (paragraphs(*LINES["en"][3:]), False),
        ("Αθήνα\r", True),
    ]
    yield case(
        "fast-saved",
        "en",
        "pieces out of order, deleted text left in the file",
        document(halves, stale="Staleleftover paragraph\r", backwards=True),
        "Αθήνα",
        forbidden=("Staleleftover",),
    )
    fields = (
        'Formación\x07Vivero\x07\x07Página \x13 HYPERLINK "https://example.com/fieldtarget" \x01\x14personal\x15\r'
        "Poda\tRiego\x0bSiembra\x0cCosecha\r\x01\x08Agro\x1fnomía\x1eDirecta\r"
    )
    yield case(
        "fields",
        "es",
        "table cells, a field, breaks, optional and no-break hyphens",
        document([(paragraphs(*LINES["es"]) + fields, False)]),
        "Formación Vivero Página personal Poda Riego Siembra Cosecha Agronomía-Directa",
        forbidden=("HYPERLINK", "fieldtarget"),
    )
    note, header = "\x02 Fotnotstext\r", "Sidhuvud\r"
    whole = paragraphs(*LINES["sv"], "Intyg\x02") + note + header + "\r"
    yield case(
        "headers",
        "sv",
        "footnote and header",
        document([(whole, False)], footnotes=len(note), headers=len(header)),
        "Intyg Fotnotstext Sidhuvud",
    )
    yield case(
        "scattered",
        "cs",
        "sectors out of order",
        document([(paragraphs(*LINES["cs"]), True)], scattered=True),
    )
    noise = "".join(chr(0x4E00 + number * 31 % 0x1000) for number in range(900))
    locked = case(
        "password", "pl", "encrypted with a password", document([(noise, True)], sealed=True)
    )
    yield Resume(**{**vars(locked), "words": (), "feature_words": (), "outcome": "failed"})
    package = compound(
        {
            "EncryptedPackage": bytes(range(256)) * 20,
            "EncryptionInfo": b"\4\0\4\0\x40\0\0\0<encryption/>",
        }
    )
    sealed = case("encrypted", "en", "DOCX with a password", package)
    yield Resume(**{**vars(sealed), "words": (), "feature_words": (), "outcome": "refused"})
