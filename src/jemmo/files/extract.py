"""Inspects a file and extracts its text. Runs only in the sandbox of ``jemmo.files.reader``.

Everything that a reader needs is imported at the top, since the sandbox can't open files.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from jemmo.domain.plain_text import normalized
from jemmo.files.inspection import inspect
from jemmo.files.kinds import DOC, DOCX, ODT, PDF, RTF, TEXT
from jemmo.files.protocol import ANY, KEPT, REFUSED
from jemmo.files.readers import doc, docx, odt, pdf, plain, rtf
from jemmo.files.verdict import Refused

MAX_CHARACTERS = 400_000

READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    PDF: pdf.read,
    DOCX: docx.read,
    ODT: odt.read,
    RTF: rtf.read,
    TEXT: plain.read,
    DOC: doc.read,
}

INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
"""Soft hyphens, optional and forbidden line breaks, and byte order marks."""
LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
}
ARABIC_FORMS = (*range(0xFB1D, 0xFDFE), *range(0xFE70, 0xFEFD))
"""Letters of right-to-left scripts in their positional forms, as some PDFs store them."""
CLEAN = {
    **{form: unicodedata.normalize("NFKC", chr(form)) for form in ARABIC_FORMS},
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), *range(0xE000, 0xF900)), " "),
    **{ord(separator): "\n" for separator in "\n\v\f\x85\u2028\u2029"},
    **dict.fromkeys(map(ord, INVISIBLE)),
    **LIGATURES,
}
"""Replacements for non-text characters: controls and icons become spaces, line separators line breaks."""


def words(content: bytes, content_type: str) -> str:
    """Return the file's text, cut to a length that no resume reaches. Raises what the reader raises."""
    pieces, length = [], 0
    for piece in READERS[content_type](content):
        pieces.append(piece)
        length += len(piece)
        if length > MAX_CHARACTERS:
            break
    text = "".join(pieces)[:MAX_CHARACTERS]
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = normalized("NFC", text.translate(CLEAN))[:MAX_CHARACTERS]
    lines = re.sub(r" ?\n ?", "\n", re.sub(r"[ \u00a0\u202f]+", " ", text))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def work(content: bytes, kind: str, max_bytes: int) -> Iterator[str]:
    """Do one sandbox job: read the text of a content type, or of any file after ``inspect``.

    The result of ``inspect`` is the first line, ``kept CONTENT_TYPE`` or ``refused CODE``. It stands even if reading
    fails.
    """
    if kind == ANY:
        try:
            kind = inspect(content, max_bytes=max_bytes)
        except Refused as refusal:
            yield f"{REFUSED} {refusal.code}\n"
            return
        except MemoryError:
            yield f"{REFUSED} too_costly\n"
            return
        yield f"{KEPT} {kind}\n"
    if kind in READERS:
        yield words(content, kind)
