"""Locates the parts of a Word file by relations and content types instead of their usual names."""

from __future__ import annotations

import posixpath
import zipfile
from functools import cached_property
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from msgspec import Struct

MAX_LISTING = 1024 * 1024  # bytes of a list of relations or content types
TYPES = "[content_types].xml"
WORD = "wordprocessingml"


class Relation(Struct, frozen=True):
    """``kind`` is the last part of the relation's type, such as ``header``; ``target`` is a part's name in the archive.

    An external relation's target is an address or a path, as spelled in the file.
    """

    id: str
    kind: str
    target: str
    is_external: bool = False


class Package:
    """The parts of an OOXML archive. Names are case-insensitive, and backslashes count as slashes."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_plain(name): name for name in archive.namelist()}
        self._lists: dict[int, list[Element]] = {}

    def stored(self, name: str) -> str | None:
        """Return the name under which the archive stores a part."""
        return self._names.get(_plain(name))

    def relations(self, part: str = "") -> list[Relation]:
        """Return relations of a part, or of the package, to existing parts; empty if they can't be read."""
        folder, name = posixpath.split(part)
        listing = posixpath.join(folder, "_rels", f"{name}.rels")
        related = self._relations(folder, self._elements(listing))
        return [relation for relation in related if not relation.is_external and relation.target]

    def listed(self, listing: zipfile.ZipInfo) -> list[Relation]:
        """Return all relations in a list; internal ones to missing parts have no target. Raises ``ValueError``."""
        folder = posixpath.dirname(posixpath.dirname(listing.filename.replace("\\", "/")))
        return self._relations(folder, self._parsed(listing))

    def content_types(self) -> list[str]:
        """Return every content type in any list of the archive. Raises ``ValueError`` if one can't be read."""
        return [
            element.get("ContentType", "")
            for entry in self._archive.infolist()
            if _plain(entry.filename) == TYPES
            for element in self._parsed(entry)
        ]

    def content_type(self, part: str) -> str:
        """Return the content type that the package declares for a part, or an empty string."""
        return self._types.get(_plain(part), "")

    def main_document(self) -> str | None:
        """Return the part with a Word document's body; ``None`` if there is none."""
        related = [
            relation.target for relation in self.relations() if relation.kind == "officeDocument"
        ]
        typed = [name for name, kind in self._types.items() if _is_main(kind)]
        for name in dict.fromkeys((*related, *typed, "word/document.xml")):
            stored = self.stored(name)
            if stored is None:
                continue
            kind = self.content_type(stored)
            if WORD in kind or (not kind and _plain(stored).startswith("word/")):
                return stored
        return None

    def _target(self, folder: str, target: str) -> str | None:
        target = target.replace("\\", "/")
        return self.stored(posixpath.normpath(posixpath.join("/", folder, target)))

    @cached_property
    def _types(self) -> dict[str, str]:
        """Return the content types of parts that have one of their own."""
        return {
            _plain(name): element.get("ContentType", "")
            for element in self._elements("[Content_Types].xml")
            if (name := element.get("PartName"))
        }

    def _relations(self, folder: str, elements: list[Element]) -> list[Relation]:
        relations = []
        for element in elements:
            is_external = element.get("TargetMode", "").strip().lower() == "external"
            target = element.get("Target", "")
            relations.append(
                Relation(
                    id=element.get("Id", ""),
                    kind=element.get("Type", "").strip().rpartition("/")[2],
                    target=target if is_external else self._target(folder, target) or "",
                    is_external=is_external,
                )
            )
        return relations

    def _elements(self, name: str) -> list[Element]:
        stored = self.stored(name)
        if stored is None:
            return []
        try:
            return self._parsed(self._archive.getinfo(stored))
        except ValueError:
            return []

    def _parsed(self, entry: zipfile.ZipInfo) -> list[Element]:
        """Return the elements of a list, parsed once since malicious ones are slow. Raises ``ValueError``."""
        if entry.header_offset not in self._lists:
            with self._archive.open(entry) as part:
                content = part.read(MAX_LISTING + 1)
            if len(content) > MAX_LISTING:
                raise ValueError("a list that no program writes")
            try:
                self._lists[entry.header_offset] = list(fromstring(content))
            except (ParseError, DefusedXmlException, LookupError) as error:
                raise ValueError("a list that cannot be read") from error
        return self._lists[entry.header_offset]


def _is_main(content_type: str) -> bool:
    return WORD in content_type and content_type.endswith((".main+xml", "main"))


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()
