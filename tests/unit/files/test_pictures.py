"""A picture keeps its pixels and nothing else."""

from __future__ import annotations

import struct

import pytest
from fakes.pictures import part, png
from hypothesis import given
from hypothesis import strategies as st

from jemmo.files.pictures import LARGEST, NoPicture, picture

SECRET = b"taken at 48.85 N by Rita"


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


JFIF = segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
FRAME = segment(0xC0, struct.pack(">BHHB", 8, 1, 2, 1) + b"\1\x11\0")
TABLES = segment(0xDB, b"\0" + bytes(64)) + segment(0xC4, bytes(17))
SCAN = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\0\x34\xff\xd0\x56"


def jpeg(extra: bytes = b"", after: bytes = b"") -> bytes:
    return b"\xff\xd8" + JFIF + extra + TABLES + FRAME + SCAN + b"\xff\xd9" + after


def test_a_png_loses_everything_but_the_picture() -> None:
    extra = part(b"tEXt", b"Author\0" + SECRET) + part(b"eXIf", SECRET)
    cleaned = picture(png(extra=extra, after=SECRET))

    assert cleaned.content == png()
    assert cleaned.content_type == "image/png"


def test_a_jpeg_loses_everything_but_the_picture() -> None:
    extra = (
        segment(0xE1, b"Exif\0\0" + SECRET)
        + segment(0xFE, SECRET)
        + segment(0xE0, b"JFXX\0" + SECRET)
    )
    cleaned = picture(jpeg(extra, after=SECRET))

    assert cleaned.content == jpeg()
    assert cleaned.content_type == "image/jpeg"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a" + bytes(40),
        png(width=20_000),
        png(width=9000, height=9000),
        png(width=0),
        png()[:-1],
        png().replace(b"IHDR", b"IHDX"),
        png()[:40] + b"\0" + png()[41:],
        b"\x89PNG\r\n\x1a\n" + part(b"IEND", b""),
        jpeg()[:-2],
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8" + segment(0xC9, bytes(9)) + b"\xff\xd9",
        png(extra=part(b"tEXt", bytes(LARGEST))),
    ],
)
def test_an_incomplete_picture_is_refused(content: bytes) -> None:
    with pytest.raises(NoPicture):
        picture(content)


@given(st.sampled_from([png(), jpeg()]), st.integers(0, 200), st.binary(max_size=8))
def test_whatever_is_broken_is_refused_or_still_a_picture(
    whole: bytes, place: int, junk: bytes
) -> None:
    broken = whole[:place] + junk + whole[place + len(junk) :]
    try:
        cleaned = picture(broken)
    except NoPicture:
        return
    assert picture(cleaned.content) == cleaned
