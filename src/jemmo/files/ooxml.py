"""Where the parts of a Word file are: by its relations and content types, not by their usual names."""

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
    """``kind`` is the last part of its type, such as ``header``; ``target`` a part's name in the archive.

    The target of an external relation is an address or a path, as the file spells it.
    """

    id: str
    kind: str
    target: str
    is_external: bool = False


class Package:
    """The parts of an OOXML archive. Names are compared without case, and a backslash is a slash."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._names = {_plain(name): name for name in archive.namelist()}
        self._lists: dict[int, list[Element]] = {}

    def stored(self, name: str) -> str | None:
        """The name under which the archive has a part."""
        return self._names.get(_plain(name))

    def relations(self, part: str = "") -> list[Relation]:
        """Relations of a part, or of the package, to parts that exist; none if they cannot be read."""
        folder, name = posixpath.split(part)
        listing = posixpath.join(folder, "_rels", f"{name}.rels")
        related = self._relations(folder, self._elements(listing))
        return [relation for relation in related if not relation.is_external and relation.target]

    def listed(self, listing: zipfile.ZipInfo) -> list[Relation]:
        """All relations of a list; an internal one to a part that is missing has no target. Raises ``ValueError``."""
        folder = posixpath.dirname(posixpath.dirname(listing.filename.replace("\\", "/")))
        return self._relations(folder, self._parsed(listing))

    def content_types(self) -> list[str]:
        """Every content type in any list of the archive. Raises ``ValueError`` if one cannot be read."""
        return [
            element.get("ContentType", "")
            for entry in self._archive.infolist()
            if _plain(entry.filename) == TYPES
            for element in self._parsed(entry)
        ]

    def content_type(self, part: str) -> str:
        """The content type that the package declares for a part, or an empty string."""
        return self._types.get(_plain(part), "")

    def main_document(self) -> str | None:
        """The part that holds a Word document's body; ``None`` if there is none."""
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
        """The content type of each part that has one of its own."""
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
        """The elements of a list, parsed once: a hostile one takes a while. Raises ``ValueError``."""
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
