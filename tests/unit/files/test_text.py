"""Text extraction from every kind of document, in a confined process."""

from __future__ import annotations

import io
import zipfile

import pytest

from jemmo.domain.search_words import search_words
from jemmo.files import extract
from jemmo.files.kinds import DOCX, JPEG, ODT, PDF, RTF, TEXT
from jemmo.files.text import NoText, text_of
from jemmo.sandbox.files import docx, pdf

BODY = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>'
    "<text:h>Élodie</text:h><text:p>Ingénieure <text:span>Python</text:span></text:p>"
    "</office:text></office:body></office:document-content>"
)


def odt(body: str = BODY) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", ODT)
        archive.writestr("content.xml", body)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pdf("Élodie\nIngénieure Python"), PDF),
        (docx("Élodie\nIngénieure Python"), DOCX),
        (odt(), ODT),
        (rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\'c9lodie\par Ing\u233?nieure \b Python}", RTF),
        ("Élodie\n\n\n\nIngénieure   Python\x00".encode(), TEXT),
        ("Élodie\nIngénieure Python".encode("cp1252"), TEXT),
    ],
)
def test_every_kind_of_document_is_read(content: bytes, kind: str) -> None:
    assert text_of(content, kind).split() == ["Élodie", "Ingénieure", "Python"]


def test_an_image_has_no_words() -> None:
    with pytest.raises(NoText) as told:
        text_of(b"\xff\xd8\xff", JPEG)
    assert told.value.code == "no_reader"


@pytest.mark.parametrize("kind", [PDF, DOCX, ODT])
def test_a_broken_document_only_breaks_its_own_process(kind: str) -> None:
    with pytest.raises(NoText) as told:
        text_of(b"nothing of the kind", kind)
    assert told.value.code == "failed"


def test_entities_are_not_expanded() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]><x>&l9;</x>'
    with pytest.raises(NoText):
        text_of(odt(body), ODT)


def test_a_reader_that_takes_too_long_is_ended() -> None:
    with pytest.raises(NoText) as told:
        text_of(pdf("Ada"), PDF, seconds=0.001)
    assert told.value.code == "too_slow"


def test_a_text_longer_than_any_resume_is_truncated() -> None:
    huge = "x" * 1000
    body = BODY.replace("Élodie", huge * 900)
    assert len(text_of(odt(body), ODT)) == extract.MAX_CHARACTERS


def test_the_searchable_words_contain_no_contact_details() -> None:
    words = set(search_words("Ada ada@example.com +33 6 00 00 00 01 Python 2019 C++ Été"))
    assert words == {"ada", "python", "2019", "c++", "ete"}
