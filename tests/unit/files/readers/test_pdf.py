"""PDFs: damaged pages, letter-spaced words, and files that are too slow for a second read."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PdfStreamError

from jemmo.files.extract import words
from jemmo.files.kinds import PDF
from jemmo.files.readers import pdf as reader
from jemmo.sandbox.files import pdf


def pages(*contents: bytes) -> bytes:
    writer = PdfWriter()
    for content in contents:
        writer.append(io.BytesIO(content))
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def spaced(text: str, spacing: int = 8) -> bytes:
    return pdf(text).replace(b"16 TL", b"16 TL %d Tc" % spacing)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("CURRICULUM", "CURRICULUM"),
        ("ADA AVATAR\nPARIS 2019", "ADA AVATAR\nPARIS 2019"),
        ("A B C D E", "A B C D E"),  # a list of letters stays a list
        ("in a to be or", "in a to be or"),
    ],
)
def test_letter_spaced_words_are_joined(text: str, read: str) -> None:
    assert words(pdf(text), PDF) == read
    if text == text.upper() and " B " not in text:
        assert words(spaced(text), PDF) == read


@pytest.mark.parametrize(
    ("drawn", "read"),
    [
        (b"(Cafe) Tj 20 0 Td (\xb4) Tj", "Café"),
        (b"(\xb4) Tj -1.3 0 Td (ete) Tj", "éte"),
        (b"(Cafe) Tj 60 0 Td (\xb4) Tj", "Cafe ´"),
    ],
)
def test_an_accent_drawn_apart_belongs_to_its_letter(drawn: bytes, read: str) -> None:
    assert words(pdf("x").replace(b"(x) Tj", drawn), PDF) == read


def test_an_invalid_page_does_not_affect_others() -> None:
    content = pages(pdf("first"), pdf("second"), pdf("third"))
    reference = PdfReader(io.BytesIO(content)).pages[1].indirect_reference
    assert reference is not None
    damaged = content.replace(b"\n%d 0 obj" % reference.idnum, b"\n%d 0 obx" % reference.idnum)
    assert damaged != content
    assert {"first", "third"} <= set(words(damaged, PDF).split())


def test_no_page_at_all_is_a_failure() -> None:
    with pytest.raises(PdfStreamError):
        words(b"%PDF-1.4 and nothing", PDF)


def test_the_second_reader_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(_self: object) -> str:
        while True:
            pass

    monkeypatch.setattr("pypdf._page.PageObject.extract_text", endless)
    monkeypatch.setattr(reader, "SECOND_SECONDS", 0.05)
    assert reader._Second(pdf("Ada")).page(0) is None
