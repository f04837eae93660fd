"""Files are accepted by content alone, and dangerous ones are refused."""

from __future__ import annotations

import io
import zipfile

import pytest
from fakes.resumes.compound import compound
from hypothesis import example, given
from hypothesis import strategies as st

from jemmo.files import ooxml
from jemmo.files.inspection import inspect
from jemmo.files.kinds import DOC, DOCX, ENDINGS, JPEG, ODT, PDF, PNG, RTF, TEXT
from jemmo.files.verdict import Refused
from jemmo.sandbox.files import docx, pdf, png

MACRO_ENABLED = (
    '<Types><Override PartName="/word/other.xml" '
    'ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>'
)
LIMIT = 20 * 1024 * 1024


def zipped(**entries: bytes | str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/").replace("_DOT_", "."), content)
    return buffer.getvalue()


def word(**more: bytes | str) -> bytes:
    return zipped(
        **{"[Content_Types]_DOT_xml": "<Types/>", "word__document_DOT_xml": "<document/>", **more}
    )


def odt(**more: bytes | str) -> bytes:
    return zipped(mimetype=ODT, content_DOT_xml="<x/>", **more)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pdf("Ada"), PDF),
        (docx("Ada"), DOCX),
        (odt(), ODT),
        (compound({"WordDocument": b"x"}), DOC),
        (rb"{\rtf1 Ada}", RTF),
        ("Ada, née à Évreux\n".encode(), TEXT),
        ("Ada, née\n".encode("cp1252"), TEXT),
        (png(), PNG),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 40 + b"x", JPEG),
    ],
)
def test_documents_are_recognized_by_content(content: bytes, kind: str) -> None:
    assert inspect(content, max_bytes=LIMIT) == kind
    assert kind in ENDINGS


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n \x00", "empty"),
        (b"MZ\x90\x00\x03" + b"\x00" * 100, "type_not_kept"),
        (b"\x7fELF\x02" + b"\x00" * 100, "type_not_kept"),
        (b"<html><script>alert(1)</script></html>", "type_not_kept"),
        (b"<?xml version='1.0'?><svg onload='x'/>", "type_not_kept"),
        (b"#!/bin/sh\nrm -rf /\n", "type_not_kept"),
        (b"PK\x03\x04 and then nothing", "broken"),
        (zipped(a="text"), "type_not_kept"),
        (word(word__vbaProject_DOT_bin=b"macro"), "macros"),
        (
            word(**{"[Content_Types]_DOT_xml": MACRO_ENABLED}),
            "macros",
        ),
        (odt(Basic__Standard__Module1_DOT_xml="x"), "macros"),
        (compound({"WordDocument": b"x", "_VBA_PROJECT": b"x"}), "macros"),
        (compound({"Workbook": b"x"}), "type_not_kept"),
        (word(word__embeddings__oleObject1_DOT_bin=b"x"), "embedded"),
        (word(inner_DOT_zip=b"x"), "embedded"),
        (rb"{\rtf1 {\object\objdata 0105}}", "embedded"),
        (pdf("x").replace(b"/Catalog", b"/Catalog /OpenAction << /S /Launch >>"), "embedded"),
        (word(bomb=b"\x00" * (30 * 1024 * 1024)), "archive_bomb"),
    ],
)
def test_dangerous_files_are_refused(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as told:
        inspect(content, max_bytes=LIMIT)
    assert told.value.code == code


def test_too_many_entries_are_a_bomb() -> None:
    with pytest.raises(Refused) as told:
        inspect(word(**{f"n{number}": b"" for number in range(2100)}), max_bytes=LIMIT)
    assert told.value.code == "archive_bomb"


def test_entries_that_share_their_bytes_are_a_bomb() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", bytes(range(256)) * 900)
        shared = archive.filelist[1]
        for number in range(60):
            other = zipfile.ZipInfo(f"copy{number}")
            for field in ("header_offset", "compress_size", "file_size", "CRC", "compress_type"):
                setattr(other, field, getattr(shared, field))
            archive.filelist.append(other)
            archive.NameToInfo[other.filename] = other
    with pytest.raises(Refused) as told:
        inspect(buffer.getvalue(), max_bytes=LIMIT)
    assert told.value.code == "archive_bomb"


def test_a_file_beyond_the_limit_is_refused() -> None:
    with pytest.raises(Refused) as told:
        inspect(pdf("x" * 2000), max_bytes=1000)
    assert told.value.code == "too_large"


@given(
    st.one_of(
        st.binary(max_size=400), st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail)
    )
)
def test_any_bytes_get_a_verdict(content: bytes) -> None:
    try:
        assert inspect(content, max_bytes=LIMIT) in ENDINGS
    except Refused as refused:
        assert refused.message.endswith(".")


@given(st.integers(min_value=0, max_value=2000), st.integers(min_value=0, max_value=255))
@example(place=29, value=8)  # a truncated entry
@example(place=930, value=8)  # an entry that can't be unpacked
def test_a_damaged_document_gets_a_verdict(place: int, value: int) -> None:
    content = bytearray(docx("Curriculum vitae"))
    content[place % len(content)] = value
    try:
        assert inspect(bytes(content), max_bytes=LIMIT) in ENDINGS
    except Refused as refused:
        assert refused.code


def test_a_word_file_of_many_relations_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 4 kB file may contain 26,000 relations, for each of which the content types used to be read."""
    asked = 0
    parsed = ooxml.fromstring  # type: ignore[attr-defined]

    def counted(content: bytes) -> object:
        nonlocal asked
        asked += 1
        return parsed(content)

    monkeypatch.setattr(ooxml, "fromstring", counted)
    relations = "".join(f'<R Type="/officeDocument" Target="a{n % 9}"/>' for n in range(2000))
    content = zipped(
        **{
            "_rels/.rels": f"<Relationships>{relations}</Relationships>",
            "[Content_Types].xml": "<Types/>",
            **{f"a{n}": "x" for n in range(9)},
        }
    )

    with pytest.raises(Refused):
        inspect(content, max_bytes=10_000_000)
    assert asked <= 4
