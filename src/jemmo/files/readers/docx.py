"""Word files (OOXML, Transitional and Strict): every visible part in document order.

Leaves out comments, deleted and hidden text, and copies for older programs.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException

from jemmo.files.ooxml import Package, Relation
from jemmo.files.readers import html, plain, rtf, symbols
from jemmo.files.readers.walker import Walker, attribute, distinct

BEFORE, AFTER = ("header",), ("footer", "footnotes", "endnotes", "diagramData", "chart")
BROKEN_PART = (ParseError, DefusedXmlException, zipfile.BadZipFile, zlib.error, EOFError)
CHUNK_READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    "htm": html.read,
    "html": html.read,
    "xhtml": html.read,
    "mht": html.read_mht,
    "mhtml": html.read_mht,
    "rtf": rtf.read,
    "txt": plain.read,
}
"""Readers of documents embedded as a whole (``altChunk``), by file extension."""
BREAKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
SKIPPED = {"del", "moveFrom", "instrText", "delText", "delInstrText", "comment"}
MAX_PARTS = 500  # relations to other parts that are followed
OFF = {"0", "false", "off"}


def read(content: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        package = Package(archive)
        main = package.main_document()
        if main is None:
            raise ValueError("no document part")
        relations = package.relations(main)
        yield from distinct(_parts(archive, relations, BEFORE))
        with archive.open(main) as body:
            yield from _Word(archive, relations).read(body)
        yield from distinct(_parts(archive, relations, AFTER))


def _parts(
    archive: zipfile.ZipFile, relations: list[Relation], kinds: tuple[str, ...]
) -> Iterator[str]:
    """Yield the text of each undamaged part."""
    targets = {(relation.kind, relation.target): None for relation in relations}
    for kind in kinds:
        for of_kind, target in list(targets)[:MAX_PARTS]:
            if of_kind == kind:
                try:
                    with archive.open(target) as part:
                        yield "".join(_Word(archive, []).read(part))
                except BROKEN_PART:
                    continue


class _Word(Walker):
    def __init__(self, archive: zipfile.ZipFile, relations: list[Relation]) -> None:
        super().__init__()
        self._archive = archive
        self._targets = {relation.id: relation.target for relation in relations}
        self._alternatives: list[
            int
        ] = []  # how much text each AlternateContent has produced so far
        self._fields: list[bool] = []  # for each enclosing field: whether this is its code
        self._codes = 0  # number of fields whose code this is
        self._joined: list[bool] = []  # whether the mark at the end of each paragraph was deleted

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:  # noqa: C901 - a table of elements
        if name == "p":
            self._joined.append(False)
            self.open_paragraph()
        elif name in {"del", "moveFrom"} and self.path[-2:] == ["pPr", "rPr"]:
            self._joined[-1:] = [True]
        elif name in SKIPPED:
            self.skip()
        elif name == "vanish" and self.path[-2:] == ["r", "rPr"]:
            if attribute(attributes, "val") not in OFF:
                self.skip(above=2)
        elif name == "AlternateContent":
            self._alternatives.append(0)
        elif name in {"Choice", "Fallback"} and self._alternatives and self._alternatives[-1]:
            self.skip()
        elif name in BREAKS and self.parent() in {"r", "p"}:
            self.write(BREAKS[name])
        elif name == "fldChar":
            self._field(attribute(attributes, "fldCharType"))
        elif name == "sym":
            self._symbol(attributes)
        elif name == "textpath":  # WordArt of older versions
            self.write_apart(attribute(attributes, "string"))
        elif name == "altChunk":
            self._chunk(attribute(attributes, "id"))

    def closed(self, name: str) -> None:
        if name == "p":
            joined = self._joined.pop() if self._joined else False
            while (
                self._fields and self._fields[-1]
            ):  # field code does not continue in the next paragraph
                self._field("end")
            self.close_paragraph("" if joined else "\n")
        elif name == "AlternateContent" and self._alternatives:
            length = self._alternatives.pop()
            if self._alternatives:
                self._alternatives[-1] += length

    def characters(self, text: str) -> None:
        here = self.parent()
        if here == "t":
            self._give(text)
        elif here == "v" and "strCache" in self.path[-4:]:
            self.write_apart(text)

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self._fields.append(True)
            self._codes += 1
        elif self._fields:
            self._codes -= self._fields.pop()
            if kind == "separate":
                self._fields.append(False)

    def _give(self, text: str) -> None:
        if self._codes:
            return
        self.write(text)
        if self._alternatives:
            self._alternatives[-1] += len(text.strip())

    def _symbol(self, attributes: Mapping[str, str]) -> None:
        try:
            number = int(attribute(attributes, "char"), 16)
        except ValueError:
            return
        self.write(symbols.character(number, attribute(attributes, "font")))

    def _chunk(self, relation_id: str) -> None:
        target = self._targets.get(relation_id, "")
        reader = CHUNK_READERS.get(target.rpartition(".")[2].lower())
        if reader is not None:
            try:
                self.write_apart("".join(reader(self._archive.read(target))))
            except (*BROKEN_PART, ValueError):
                return
