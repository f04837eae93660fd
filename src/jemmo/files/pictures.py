"""Validates uploaded pictures and strips everything but the picture itself.

Pixels are never decoded. Metadata about where, when and with what the picture was made is removed, and so is anything
after its end.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from msgspec import Struct

from jemmo.files.kinds import JPEG, PNG

LARGEST = 900_000  # bytes
MAX_SIDE = 10_000  # pixels
MAX_PIXELS = 40_000_000
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_PARTS = frozenset(
    {b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"IDAT", b"IEND"}
)
_JPEG_PARTS = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, 0xE0, 0xEE})
"""Frames (baseline, extended, progressive), tables, restarts, and the two segments that define colors."""
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_SCAN, _END, _APP0, _APP14 = 0xDA, 0xD9, 0xE0, 0xEE


class NoPicture(Exception):
    """The content is not a complete PNG or JPEG of an accepted size."""


class Picture(Struct, frozen=True, kw_only=True):
    content: bytes
    content_type: str


def picture(content: bytes) -> Picture:
    """Return only the picture. Raises ``NoPicture``."""
    if len(content) > LARGEST:
        raise NoPicture
    try:
        if content.startswith(_PNG):
            return Picture(content=_png(content), content_type=PNG)
        if content.startswith(b"\xff\xd8\xff"):
            return Picture(content=_jpeg(content), content_type=JPEG)
    except (IndexError, ValueError):  # truncated
        raise NoPicture from None
    raise NoPicture


def _png(content: bytes) -> bytes:
    parts = list(_png_parts(content))
    names = [part[4:8] for part in parts]
    if (
        names[:1] != [b"IHDR"]
        or names.count(b"IHDR") != 1
        or b"IDAT" not in names
        or len(parts[0]) != 25
    ):
        raise NoPicture
    _check_size(int.from_bytes(parts[0][8:12]), int.from_bytes(parts[0][12:16]))
    return _PNG + b"".join(part for part in parts if part[4:8] in _PNG_PARTS)


def _png_parts(content: bytes) -> Iterator[bytes]:
    """Yield each chunk with its length, name and checksum, up to the one that ends the picture."""
    start = len(_PNG)
    while True:
        end = start + 12 + int.from_bytes(content[start : start + 4])
        part = content[start:end]
        if (
            len(part) < 12
            or len(part) != end - start
            or int.from_bytes(part[-4:]) != zlib.crc32(part[4:-4])
        ):
            raise NoPicture
        yield part
        if part[4:8] == b"IEND":
            return
        start = end


def _jpeg(content: bytes) -> bytes:
    kept, place, frames = [content[:2]], 2, 0
    while True:
        if content[place] != 0xFF:
            raise NoPicture
        marker = content[place + 1]
        if marker == _END:
            if not frames:
                raise NoPicture
            return b"".join([*kept, content[place : place + 2]])
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4])
        part = content[place:end]
        if len(part) < 4 or len(part) != end - place:
            raise NoPicture
        if marker in _FRAMES:
            frames += 1
            _check_size(int.from_bytes(part[7:9]), int.from_bytes(part[5:7]))
        if marker == _SCAN:
            end = _end_of_scan(content, end)
            kept.append(content[place:end])
        elif marker in _JPEG_PARTS:
            kept.append(_plain(part, marker))
        elif not 0xE0 <= marker <= 0xEF and marker != 0xFE:  # neither metadata nor a comment
            raise NoPicture
        place = end


def _plain(part: bytes, marker: int) -> bytes:
    """Return a segment without hidden data: drops JFIF's thumbnail, and foreign APP0 and APP14 segments."""
    if marker == _APP0:
        return (
            b"\xff\xe0\x00\x10" + part[4:16] + b"\0\0"
            if part[4:9] == b"JFIF\0" and len(part) >= 16
            else b""
        )
    if marker == _APP14:
        return part if part[4:9] == b"Adobe" and len(part) == 16 else b""
    return part


def _end_of_scan(content: bytes, start: int) -> int:
    """Return where the next segment begins: within a scan, 0xFF is followed by zero or a restart number."""
    place = content.index(b"\xff", start)
    while content[place + 1] == 0 or 0xD0 <= content[place + 1] <= 0xD7:
        place = content.index(b"\xff", place + 2)
    return place


def _check_size(width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise NoPicture
