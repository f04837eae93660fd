"""Word's binary files are judged by the names in their directory, not by words in their text."""

from __future__ import annotations

import struct

import pytest
from fakes.resumes import word_binary
from fakes.resumes.compound import compound

from jemmo.files.inspection import inspect
from jemmo.files.kinds import DOC
from jemmo.files.readers import doc
from jemmo.files.verdict import Refused

ASSOCIATED = 0x019A


def verdict(content: bytes) -> str:
    try:
        return inspect(content, max_bytes=1_000_000)
    except Refused as refused:
        return refused.code


def with_template(path: str) -> bytes:
    """Return a file whose list of associated files names a template."""
    block = bytearray(0x800)
    struct.pack_into("<6H", block, 0, doc.WORD_97, 0x00C1, 0, 0x0409, 0, 0x1200)
    names = (
        struct.pack("<HHHH", 0xFFFF, 2, 0, 0)
        + struct.pack("<H", len(path))
        + path.encode("utf-16-le")
    )
    struct.pack_into("<2I", block, ASSOCIATED, 64, len(names))
    return compound({"WordDocument": bytes(block), "1Table": bytes(64) + names})


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["Equation Native", "ObjectPool"], "embedded"),
        (["\x01Ole10Native"], "embedded"),
        (["PACKAGE"], "embedded"),
        (["_1234567890"], "embedded"),
        (["\x03ObjInfo"], "embedded"),
        (["\x03OCXNAME"], "embedded"),
        (["Macros"], "macros"),
        (["_VBA_PROJECT_CUR"], "macros"),
        (["ObjectPool"], DOC),  # Word writes an empty one
        (["MsoDataStore", "\x01CompObj"], DOC),
    ],
)
def test_the_directory_reveals_the_content(names: list[str], code: str) -> None:
    assert verdict(compound({"WordDocument": b"x", **dict.fromkeys(names, b"x")})) == code


@pytest.mark.parametrize("is_wide", [False, True])
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("\x13 DDEAUTO cmd \x14x\x15", "embedded"),
        ('\x13 INCLUDEPICTURE "\\\\\\\\files.example\\\\x.png" \\d \x14x\x15', "embedded"),
        ('\x13 INCLUDEPICTURE "C:\\\\photo.png" \\d \x14x\x15', DOC),
        ('\x13dde "cmd"\x15', "embedded"),
        ('\x13 HYPERLINK "https://example.com" \x14x\x15', DOC),
        ("Macros in VBA, Package, ObjInfo, _VBA_PROJECT, DDEAUTO cmd", DOC),
    ],
)
def test_names_in_the_text_are_harmless(text: str, code: str, is_wide: bool) -> None:
    assert verdict(word_binary.document([(f"{text}\r", is_wide)])) == code


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("https://evil.example.com/a.dotm", "embedded"),
        (r"\\evil.example.com\a.dot", "embedded"),
        (r"C:\Program Files\Templates\Resume.dot", DOC),
        ("Normal.dotm", DOC),
        ("", DOC),
    ],
)
def test_a_template_of_another_machine_is_refused(path: str, code: str) -> None:
    assert verdict(with_template(path)) == code
