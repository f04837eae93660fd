"""What a file is by its content, and whether it may be kept. Pure, and reads no more than it must.

Nothing is believed of what a file's name or an answer's header say. What could hide a bomb or run by itself is refused.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

import puremagic

from jemmo.files.kinds import DOC, DOCX, JPEG, ODT, PDF, PNG, RTF, TEXT

BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError),
    *(NotImplementedError, RuntimeError, OSError, ValueError),
)
"""What ``zipfile`` raises about an archive that is not whole."""

MAX_ENTRIES = 2000
MAX_UNPACKED = 150 * 1024 * 1024  # bytes of a whole archive
MAX_RATIO = 100  # of what is unpacked to what was packed, of entries worth the name
WORTH = 1024 * 1024
ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".bz2", ".xz", ".tar", ".jar", ".docx", ".docm", ".xlsm")
MACRO_NAMES = ("vbaproject.bin", "vbadata.xml")
ACTIVE_RTF = re.compile(rb"\\obj(data|ocx|autlink|html)|\\ddeauto", re.IGNORECASE)
LAUNCHES = re.compile(rb"/(Launch|RichMedia|XFA)\b")


class Refused(Exception):
    """This file is not kept; ``code`` says why, ``message`` says it to people."""

    def __init__(self, code: str) -> None:
        super().__init__(REASONS[code])
        self.code = code
        self.message = REASONS[code]


REASONS = {
    "empty": "The file is empty.",
    "too_large": "The file is larger than Jemmo keeps.",
    "type_not_kept": "The file is not a document that Jemmo keeps (PDF, Word, ODT, RTF, text, image).",
    "broken": "The file is damaged.",
    "archive_bomb": "The file would unpack to far more than it is.",
    "macros": "The file holds macros.",
    "embedded": "The file holds another file or program.",
}


def inspect(content: bytes, *, max_bytes: int) -> str:  # noqa: C901 - one kind after the other
    """The content type of a file that may be kept; raises ``Refused``."""
    if not content.strip(b"\x00\t\r\n "):
        raise Refused("empty")
    if len(content) > max_bytes:
        raise Refused("too_large")
    if content.startswith(b"PK\x03\x04"):
        return _zipped(content)
    if b"%PDF-" in content[:1024]:
        if LAUNCHES.search(content):
            raise Refused("embedded")
        return PDF
    if content.startswith(b"{\\rtf"):
        if ACTIVE_RTF.search(content):
            raise Refused("embedded")
        return RTF
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(content)
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if _is_text(content):
        return TEXT
    raise Refused("type_not_kept")


def _zipped(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _defuse(entries, len(content))
            names = {one.filename for one in entries}
            if "word/document.xml" in names:
                kinds = _small(archive, "[Content_Types].xml")
                if b"macroEnabled" in kinds or b"vbaProject" in kinds:
                    raise Refused("macros")
                return DOCX
            if "content.xml" in names and _small(archive, "mimetype").strip() == ODT.encode():
                if any(name.startswith(("Basic/", "Scripts/")) for name in names):
                    raise Refused("macros")
                return ODT
    except BROKEN:
        raise Refused("broken") from None
    raise Refused("type_not_kept")


def _defuse(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Judge an archive by its directory; ``zipfile`` unpacks no entry beyond the size told there."""
    if len(entries) > MAX_ENTRIES:
        raise Refused("archive_bomb")
    if sum(one.file_size for one in entries) > MAX_UNPACKED:
        raise Refused("archive_bomb")
    if sum(one.compress_size for one in entries) > size:  # entries that share their bytes
        raise Refused("archive_bomb")
    for one in entries:
        name = one.filename.lower()
        if one.file_size > WORTH and one.file_size > MAX_RATIO * max(1, one.compress_size):
            raise Refused("archive_bomb")
        if name.endswith(MACRO_NAMES):
            raise Refused("macros")
        if name.endswith(ARCHIVES) or "embeddings/ole" in name or "/activex/" in name:
            raise Refused("embedded")
        if one.flag_bits & 0x1:  # encrypted: nobody could look inside
            raise Refused("type_not_kept")


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as entry:
            return entry.read(256 * 1024)
    except KeyError:
        return b""


def _compound(content: bytes) -> str:
    """An old Word file. Names of its parts are UTF-16."""
    for name in ("_VBA_PROJECT", "Macros", "VBA"):
        if name.encode("utf-16-le") in content:
            raise Refused("macros")
    if "Package".encode("utf-16-le") in content or "Ole10Native".encode("utf-16-le") in content:
        raise Refused("embedded")
    if "WordDocument".encode("utf-16-le") in content:
        return DOC
    raise Refused("type_not_kept")


def _is_text(content: bytes) -> bool:
    """Whether it reads as text and as nothing else that programs or browsers would run."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if any(byte < 0x20 and byte not in b"\t\n\r\f" for byte in content):
            return False
        text = content.decode("cp1252", "replace")
    if any(ord(one) < 0x20 and one not in "\t\n\r\f" for one in text):
        return False
    start = text.lstrip()[:512].lower()
    if start.startswith(("<", "#!", "mz")) or "<script" in start:
        return False
    return not _told_otherwise(content)


def _told_otherwise(content: bytes) -> bool:
    """Whether the content is known as something else, by its first bytes."""
    try:
        found = puremagic.magic_string(content)
    except (puremagic.PureError, ValueError):
        return False
    return any(
        one.confidence >= 0.8 and not one.mime_type.startswith("text/") and one.mime_type
        for one in found
    )
