"""Plain text in common encodings."""

from __future__ import annotations

import codecs

import pytest

from jemmo.files.extract import words
from jemmo.files.inspection import inspect
from jemmo.files.kinds import TEXT
from jemmo.files.verdict import Refused

TEXTS = (
    "Élodie Martin\r\nIngénieure Python\n",
    "Инженер Москва\nОпыт\n",
    "Łódź, Gdańsk – “2019”\n",
)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "encoded",
    [
        lambda text: text.encode(),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode("utf-16-be"),
        lambda text: text.encode("utf-16") + b"x",  # truncated within a character
    ],
)
def test_unicode_text_is_kept_and_read(text: str, encoded: object) -> None:
    content = encoded(text)  # type: ignore[operator]
    assert inspect(content, max_bytes=10**6) == TEXT
    assert words(content, TEXT).split() == text.split()


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("née à Évreux – 2019".encode("cp1252"), "née à Évreux – 2019"),
        (b"one\rtwo\r\nthree\x0cfour", "one\ntwo\nthree\nfour"),
        ("Soft\u00adware e\u0301te\u0301 \ufb01n zero\u200bwidth".encode(), "Software été fin zerowidth"),
    ],
)  # fmt: skip
def test_other_text_is_read(content: bytes, text: str) -> None:
    assert inspect(content, max_bytes=10**6) == TEXT
    assert words(content, TEXT) == text


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00",
        b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00",
        "<script>alert(1)</script>".encode("utf-16"),
        "<svg onload='x' />".encode("utf-16-le"),
        "#!/bin/sh\nrm x\n".encode("utf-16-be"),
        "a text \x01 with a control".encode("utf-16"),
        bytes(range(1, 256)) + b"\x00",
    ],
)
def test_content_that_only_looks_like_text_is_refused(content: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        inspect(content, max_bytes=10**6)
    assert refusal.value.code == "type_not_kept"
