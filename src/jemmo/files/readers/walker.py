"""Walks a document's XML in document order without building a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import IO, TypeAlias

from defusedxml.ElementTree import DefusedXMLParser

CHUNK = 1 << 16
Pieces: TypeAlias = "str | list[Pieces]"
BLANKS = re.compile(r"[\r\n\t ]+")


def local(name: str) -> str:
    """Return a name without its namespace: ``{…}p`` is ``p``, in Transitional and Strict OOXML alike."""
    return name.rpartition("}")[2]


class Walker:
    """Collects the paragraphs of an XML document.

    Subclasses call ``open_paragraph``, ``close_paragraph``, ``write`` and ``skip``. A nested paragraph (a text box, a
    note) is placed after its outer one, so that a box anchored within a word doesn't split the word.
    """

    def __init__(self) -> None:
        self.path: list[str] = []
        # The text of each open paragraph, and the boxes anchored in it.
        self._paragraphs: list[tuple[list[Pieces], list[Pieces]]] = []
        self._written: list[str] = []
        self._skipped_below: int | None = None  # depth of the skipped element

    def read(self, source: IO[bytes]) -> Iterator[str]:
        """Yield the text piece by piece. Raises ``ParseError`` and defusedxml's errors."""
        parser = DefusedXMLParser(target=self)
        while chunk := source.read(CHUNK):
            parser.feed(chunk)
            yield from self._taken()
        parser.close()
        while self._paragraphs:
            self.close_paragraph()
        yield from self._taken()

    def _taken(self) -> list[str]:
        written, self._written = self._written, []
        return written

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = local(tag)
        if self._skipped_below is None:
            self.opened(name, attributes)
        self.path.append(name)

    def end(self, _tag: str) -> None:
        name = self.path.pop()
        if self._skipped_below is None:
            self.closed(name)
        elif len(self.path) == self._skipped_below:
            self._skipped_below = None

    def data(self, text: str) -> None:
        if self._skipped_below is None:
            self.characters(BLANKS.sub(" ", text))

    def close(self) -> None:
        """Called by the parser at the end."""

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        raise NotImplementedError

    def closed(self, name: str) -> None:
        raise NotImplementedError

    def characters(self, text: str) -> None:
        raise NotImplementedError

    def skip(self, *, above: int = 0) -> None:
        """Skip the element being opened, or the rest of one ``above`` levels higher."""
        self._skipped_below = len(self.path) - above

    def parent(self, above: int = 0) -> str:
        """Return the element around the one being opened, or one ``above`` levels further out."""
        return self.path[-1 - above] if len(self.path) > above else ""

    def open_paragraph(self) -> None:
        self._paragraphs.append(([], []))

    def close_paragraph(self, ending: str = "\n") -> None:
        if not self._paragraphs:
            return
        text, boxes = self._paragraphs.pop()
        pieces: list[Pieces] = [*text, ending, boxes]
        if self._paragraphs:
            self._paragraphs[-1][1].append(pieces)
        else:
            self._written.extend(_flat(pieces))

    def write(self, text: str) -> None:
        """Add to the open paragraph; text outside paragraphs is ignored."""
        if self._paragraphs:
            self._paragraphs[-1][0].append(text)

    def write_apart(self, text: str) -> None:
        """Add separate text, within or between paragraphs."""
        self.open_paragraph()
        self.write(text)
        self.close_paragraph()


def _flat(pieces: list[Pieces]) -> Iterator[str]:
    """Yield all pieces in order, at any depth."""
    waiting: list[Pieces] = [pieces]
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            yield piece
        else:
            waiting.extend(reversed(piece))


def attribute(attributes: Mapping[str, str], name: str) -> str:
    """Return an attribute by its local name, or an empty string."""
    return next((value for key, value in attributes.items() if local(key) == name), "")


def distinct(texts: Iterator[str]) -> Iterator[str]:
    """Yield each text once: headers of first, odd and even pages are often the same."""
    met: set[str] = set()
    for text in texts:
        if text.strip() and text not in met:
            met.add(text)
            yield text
