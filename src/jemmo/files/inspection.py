"""Determines a file's type by its content, and whether it may be kept.

Runs in the sandbox (``reader``), since it has to parse untrusted content. File names and response headers are not
trusted. Files that could hide a decompression bomb or run code are refused.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib

import puremagic

from jemmo.files import active, parts, portable
from jemmo.files.kinds import DOC, DOCX, ODT, PDF, RTF, TEXT
from jemmo.files.ooxml import Package
from jemmo.files.readers import doc, plain
from jemmo.files.targets import includes_share, is_remote
from jemmo.files.verdict import Refused, at_first_sight

BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError),
    *(NotImplementedError, RuntimeError, OSError, ValueError),
)
"""The errors of ``zipfile`` for a damaged archive."""

MACRO_STREAMS = {"macros", "vba", "_vba_project", "_vba_project_cur"}
OBJECT_STREAMS = {
    *(
        "package",
        "\x01ole10native",
        "equation native",
        "\x03objinfo",
        "\x03linkinfo",
        "\x03ocxname",
    ),
}
OBJECT_STORAGE = re.compile(r"_\d+")  # in the storage ObjectPool ([MS-DOC] 2.1.5)
DDE = re.compile(
    rb"\x13[ \"]*DDE(?:AUTO)?[ \"]|\x13\0(?:[ \"]\0)*D\0D\0E\0(?:A\0U\0T\0O\0)?[ \"]\0",
    re.IGNORECASE,
)
"""A field in an old Word file that starts a program, in one-byte or two-byte text."""
CONTROLS = frozenset(map(chr, range(0x20))) - set("\t\n\r\f\v")


def inspect(content: bytes, *, max_bytes: int) -> str:
    """Return the content type of a file that may be kept. Raises ``Refused``."""
    if (image := at_first_sight(content, max_bytes=max_bytes)) is not None:
        return image
    if not content.strip(b"\x00\t\r\n "):
        raise Refused("empty")
    if content.startswith(b"PK\x03\x04"):
        return _zipped(content)
    if b"%PDF-" in content[:1024]:
        portable.judge(content)
        return PDF
    if content.startswith(b"{\\rt"):
        if active.runs_by_itself(content):
            raise Refused("embedded")
        return RTF
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _compound(content)
    if _is_text(content):
        return TEXT
    raise Refused("type_not_kept")


def _zipped(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            parts.defuse(entries, len(content))
            names = {entry.filename for entry in entries}
            if Package(archive).main_document() is not None:
                parts.judge_word(archive)
                return DOCX
            if {"content.xml", "mimetype"} <= names and _is_odt(archive):
                parts.judge_odt(archive)
                return ODT
    except BROKEN:
        raise Refused("broken") from None
    raise Refused("type_not_kept")


def _is_odt(archive: zipfile.ZipFile) -> bool:
    with archive.open("mimetype") as entry:
        return entry.read(256).strip() == ODT.encode()


def _compound(content: bytes) -> str:
    """Check an old Word file by the names in its directory, which can be read even if the file is damaged."""
    names = _directory(content)
    if names & MACRO_STREAMS:
        raise Refused("macros")
    if names & OBJECT_STREAMS or any(OBJECT_STORAGE.fullmatch(name) for name in names):
        raise Refused("embedded")
    if "worddocument" not in names:
        raise Refused("type_not_kept")
    code = content.replace(b"\x00", b"").decode("latin-1")
    if DDE.search(content) or includes_share(code) or is_remote(doc.template(content)):
        raise Refused("embedded")
    return DOC


def _directory(content: bytes) -> set[str]:
    """Return lower-case names of streams and storages. Entries are aligned to 128 bytes ([MS-CFB] 2.6.1)."""
    names = set()
    for at in range(512, len(content) - 67, 128):
        size, kind = content[at + 64] + 256 * content[at + 65], content[at + 66]
        if kind in {1, 2, 5} and 4 <= size <= 64 and not size % 2:
            name = content[at : at + size].decode("utf-16-le", "replace")
            if name.endswith("\x00"):
                names.add(name.rstrip("\x00").lower())
    return names


def _is_text(content: bytes) -> bool:
    """Whether the content is plain text that programs and browsers would not run."""
    wide = plain.wide_encoding(content)
    text = plain.decoded(content)
    if any(character in CONTROLS for character in text):
        return False
    start = text.lstrip("\ufeff\t\n\r\f\v ")[:512].lower()
    if start.startswith(("<", "#!", "mz")) or "<script" in start:
        return False
    return wide is not None or not _is_another_type(content)


def _is_another_type(content: bytes) -> bool:
    """Whether the first bytes identify the content as another type."""
    try:
        matches = puremagic.magic_string(content)
    except (puremagic.PureError, ValueError):
        return False
    return any(
        match.confidence >= 0.8 and not match.mime_type.startswith("text/") and match.mime_type
        for match in matches
    )
