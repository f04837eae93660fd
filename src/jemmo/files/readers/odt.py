"""OpenDocument text: body, text boxes, notes, headers and footers; no comments, no deleted text."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Literal

from jemmo.files.readers.docx import BROKEN_PART
from jemmo.files.readers.walker import Walker, attribute, distinct

SKIPPED = {
    *(
        "tracked-changes",
        "annotation",
        "note-citation",
        "forms",
        "scripts",
        "script",
        "binary-data",
    ),
    *(
        "table-of-content-source",
        "illustration-index-source",
        "table-index-source",
        "object-index-source",
    ),
    *("user-index-source", "alphabetical-index-source", "bibliography-source", "title", "desc"),
}
MAX_SPACES = 100


def read(content: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield from _margins(archive, "header")
        with archive.open("content.xml") as body:
            yield from _OpenDocument("body").read(body)
        yield from _margins(archive, "footer")


def _margins(archive: zipfile.ZipFile, side: Literal["header", "footer"]) -> Iterator[str]:
    """Yield headers or footers of all pages, each line once; nothing if the styles are damaged."""
    try:
        with archive.open("styles.xml") as styles:
            text = "".join(_OpenDocument(side).read(styles))
    except (KeyError, *BROKEN_PART):
        return
    yield from distinct(iter(text.splitlines(keepends=True)))


class _OpenDocument(Walker):
    def __init__(self, part: Literal["body", "header", "footer"]) -> None:
        super().__init__()
        self._part = part
        self._is_inside = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag.endswith(":text:1.0}title"):
            tag = "field"
        super().start(tag, attributes)

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._is_of_part(name):
            self._is_inside += 1
        elif name in SKIPPED:
            self.skip()
        elif not self._is_inside:
            return
        elif name in {"p", "h"}:
            self.open_paragraph()
        elif name == "tab":
            self.write("\t")
        elif name == "line-break":
            self.write("\n")
        elif name == "s":
            count = attribute(attributes, "c")
            self.write(" " * min(int(count) if count.isdecimal() else 1, MAX_SPACES))

    def closed(self, name: str) -> None:
        if self._is_of_part(name):
            self._is_inside -= 1
        elif self._is_inside and name in {"p", "h"}:
            self.close_paragraph()

    def characters(self, text: str) -> None:
        self.write(text)

    def _is_of_part(self, name: str) -> bool:
        """Accept ``header``, ``header-left`` etc., but not ``header-style``, which contains no text."""
        return name == self._part or name in {f"{self._part}-left", f"{self._part}-first"}
