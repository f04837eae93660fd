"""Checks whether the parts of a Word or ODT file contain or load another file or program. Raises ``Refused``.

Part names are not trusted: a part is judged by its first bytes, its content type and the relations to it. Every list of
relations in the archive is read, whether or not a reader would use it; an unreadable list is refused.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from jemmo.files import active, portable
from jemmo.files.ooxml import Package, Relation
from jemmo.files.readers.walker import attribute, local
from jemmo.files.targets import includes_share, is_remote
from jemmo.files.verdict import Refused

START = 4096  # bytes of a part that identify it
MAX_ENTRIES = 2000
MAX_UNPACKED = 150 * 1024 * 1024  # bytes of a whole archive
MAX_RATIO = 100  # of unpacked to packed size, for larger entries
WORTH = 1024 * 1024
ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".bz2", ".xz", ".tar", ".jar", ".docx", ".docm", ".xlsm")
MACRO_NAMES = ("vbaproject.bin", "vbadata.xml")
MAX_LISTINGS = 8 * 1024 * 1024  # bytes of all lists of relations together
MAX_WORKBOOKS = 20 * 1024 * 1024  # packed bytes of the workbooks behind charts
CHUNK = 1 << 16

ZIP = b"PK\x03\x04"
FOREIGN = (
    b"\xd0\xcf\x11\xe0",  # an OLE compound
    ZIP,
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"L\x00\x00\x00\x01\x14\x02\x00",  # a Windows shortcut
    b"MSCF",
    b"ISc(",
    b"ITSF",
    b"Rar!",
    b"7z\xbc\xaf\x27\x1c",
    b"BZh",
    b"\xfd7zXZ",
    b"ActiveMime",
)
"""First bytes of programs, archives and documents that don't belong in a resume."""
FONT = ".odttf"  # its first 32 bytes are scrambled, so two of them prove nothing
ACTIVE_MIME = (b"ActiveMime", b"QWN0aXZlTWltZ")  # macros in a web archive, plain and as base64

MACROS = {"vbaProject", "wordVbaData", "xlMacrosheet", "xlIntlMacrosheet"}
RUNNING = {"oleObject", "control", "activeXControlBinary", "subDocument", "frame"}
"""Kinds of relations to objects, controls and other documents, wherever these are."""
MACRO_TYPES = ("macroenabled", "vbaproject", "vbadata", "macrosheet")
WORKBOOK = "spreadsheetml.sheet.main+xml"

SCRIPTS = ("vnd.sun.star.script:", "script:", "macro:")
DDE = re.compile('\x13[\\s"]*DDE(?:AUTO)?\\b', re.IGNORECASE)


def judge_word(archive: zipfile.ZipFile) -> None:
    """Check the parts of an OOXML file."""
    package = Package(archive)
    _judge_types(package)
    workbooks, chunks = _related(archive, package)
    _judge_starts(archive, workbooks)
    for name in sorted(chunks):
        _judge_chunk(archive.read(name))
    if sum(archive.getinfo(name).file_size for name in workbooks) > MAX_WORKBOOKS:
        raise Refused("archive_bomb")
    for name in sorted(workbooks):
        _judge_workbook(archive.read(name))
    for entry in archive.infolist():
        _judge_fields(archive, entry)


def judge_odt(archive: zipfile.ZipFile) -> None:
    """Check the parts of an ODT file."""
    if any(name.startswith(("Basic/", "Scripts/")) for name in archive.namelist()):
        raise Refused("macros")
    _judge_starts(archive, frozenset())
    for entry in archive.infolist():
        if entry.filename.endswith(".xml"):
            with archive.open(entry) as part:
                _parse(part.read(), _OpenDocument())


def defuse(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Check an archive by its directory; ``zipfile`` never unpacks more than the size declared there."""
    if len(entries) > MAX_ENTRIES:
        raise Refused("archive_bomb")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise Refused("archive_bomb")
    if sum(entry.compress_size for entry in entries) > size:  # entries that share their bytes
        raise Refused("archive_bomb")
    for entry in entries:
        name = entry.filename.lower()
        if entry.file_size > WORTH and entry.file_size > MAX_RATIO * max(1, entry.compress_size):
            raise Refused("archive_bomb")
        if name.endswith(MACRO_NAMES):
            raise Refused("macros")
        if name.endswith(ARCHIVES) or "embeddings/ole" in name or "/activex/" in name:
            raise Refused("embedded")
        if entry.flag_bits & 0x1:  # encrypted, so it can't be inspected
            raise Refused("type_not_kept")


def _related(archive: zipfile.ZipFile, package: Package) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names of embedded packages, and of documents embedded as a whole (``altChunk``)."""
    listings = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".rels")]
    if sum(entry.file_size for entry in listings) > MAX_LISTINGS:
        raise Refused("archive_bomb")
    workbooks, chunks = set(), set()
    for listing in listings:
        for relation in package.listed(listing):
            _judge_relation(relation)
            if relation.is_external or not relation.target:
                continue
            if relation.kind == "package":
                workbooks.add(relation.target)
            elif relation.kind == "aFChunk":
                chunks.add(relation.target)
    return frozenset(workbooks), frozenset(chunks)


def _judge_relation(relation: Relation) -> None:
    if relation.kind in MACROS:
        raise Refused("macros")
    if relation.kind in RUNNING:
        raise Refused("embedded")
    if not relation.is_external or relation.kind == "hyperlink" or not is_remote(relation.target):
        return
    if relation.kind == "image" and relation.target.lower().startswith(("http://", "https://")):
        return  # copied from a web page: Word shows it and runs no program
    raise Refused("embedded")


def _judge_starts(archive: zipfile.ZipFile, workbooks: frozenset[str]) -> None:
    for entry in archive.infolist():
        with archive.open(entry) as part:
            start = part.read(START)
        if entry.filename in workbooks and start.startswith(ZIP):
            continue
        if start.startswith(FOREIGN) or _is_program(start, entry.filename):
            raise Refused("embedded")
        if b"%PDF-" in start[:1024]:
            portable.judge(archive.read(entry))
        if b"{\\rt" in start[:64] and active.runs_by_itself(archive.read(entry)):
            raise Refused("embedded")


def _is_program(start: bytes, name: str) -> bool:
    if not start.startswith((b"MZ", b"ZM", b"#!")):
        return False
    return not name.lower().endswith(FONT) or b"PE\x00\x00" in start


def _judge_chunk(content: bytes) -> None:
    """Check an embedded document: RTF is inspected; of web pages only the text is read."""
    if active.runs_by_itself(content) or any(marker in content for marker in ACTIVE_MIME):
        raise Refused("embedded")


def _judge_types(package: Package) -> None:
    types = " ".join(package.content_types()).lower()
    if any(macro_type in types for macro_type in MACRO_TYPES):
        raise Refused("macros")


def _judge_workbook(content: bytes) -> None:
    """Check a chart's workbook, which may contain neither macros nor objects nor archives."""
    with zipfile.ZipFile(io.BytesIO(content)) as workbook:
        defuse(workbook.infolist(), len(content))
        package = Package(workbook)
        _judge_types(package)
        if not any(WORKBOOK in kind for kind in package.content_types()):
            raise Refused("embedded")
        if any(_related(workbook, package)):
            raise Refused("embedded")
        _judge_starts(workbook, frozenset())
        for entry in workbook.infolist():
            if b"ddeLink" in workbook.read(entry).replace(b"\x00", b""):
                raise Refused("embedded")


def _judge_fields(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Refuse a field that starts a program (DDE) or shows a file from a network share, however its code is split."""
    with archive.open(entry) as part:
        start = part.read(64)
        if b"<" not in start:
            return
        content = start + part.read()
    plain = content.replace(b"\x00", b"")  # a sufficient approximation of UTF-16 decoding
    if b"instrText" in plain or b"fldSimple" in plain:
        fields = _Fields()
        _parse(content, fields)
        code = "".join(fields.written)
        if DDE.search(code) or includes_share(code):
            raise Refused("embedded")


def _parse(content: bytes, target: object) -> None:
    """Parse XML, even if damaged, as far as possible; refuse XML that is dangerous to parse."""
    parser = DefusedXMLParser(target=target)
    try:
        for at in range(0, len(content), CHUNK):
            parser.feed(content[at : at + CHUNK])
        parser.close()
    except ParseError:
        return
    except (DefusedXmlException, LookupError):
        raise Refused("broken") from None


class _Fields:
    """Collects the code of all fields, each after the character that starts a field."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self._is_code = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = local(tag)
        if name == "fldSimple":
            self.written.append(f"\x13{attribute(attributes, 'instr')}")
        elif name == "fldChar" and attribute(attributes, "fldCharType") == "begin":
            self.written.append("\x13")
        self._is_code = name == "instrText"

    def end(self, _tag: str) -> None:
        self._is_code = False

    def data(self, text: str) -> None:
        if self._is_code:
            self.written.append(text)

    def close(self) -> None:
        """Called by the parser at the end."""


class _OpenDocument:
    """Refuses objects of other programs, scripts, and external content."""

    OBJECTS = frozenset(
        {"object-ole", "plugin", "applet", "floating-frame", "dde-source", "dde-connection-decl"}
    )
    LINKED = frozenset({"object", "section-source"})

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name, target = local(tag), attribute(attributes, "href").strip()
        if name == "event-listener" or target.lower().startswith(SCRIPTS):
            raise Refused("macros")
        if name in self.OBJECTS or (name in self.LINKED and is_remote(target)):
            raise Refused("embedded")
        if name == "file-entry" and "oleobject" in attribute(attributes, "media-type").lower():
            raise Refused("embedded")

    def end(self, tag: str) -> None:
        """Required by the parser; nothing to do."""

    def data(self, text: str) -> None:
        """Required by the parser; text is ignored."""

    def close(self) -> None:
        """Called by the parser at the end."""
