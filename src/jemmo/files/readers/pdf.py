"""PDF, page by page: a damaged page loses only its own text.

PDFium reads; files and pages that it can't read are retried with pypdf.
"""

from __future__ import annotations

import io
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pypdfium2
from pypdf import PdfReader
from pypdf.generic import IndirectObject, StreamObject
from pypdfium2 import raw as pdfium

from jemmo.files.readers.pdf_order import HYPHEN, needs_places, placed

MAX_PAGES = 200
MAX_ANNOTATIONS = 2000  # per page: links, form fields, comments
SOFT_BREAK = re.compile("[\u00ad\u2010][\r\n]+(?=[^\\W\\d_])")
SECOND_SECONDS = 5  # CPU time for pypdf; text that PDFium has read is kept even if this is exceeded
MAX_SECOND_LOOK = 4 * 1024 * 1024  # bytes of a file that is parsed again to tell its hyphens apart


class TooSlow(Exception):
    """The second reader took too long."""


def read(content: bytes) -> Iterator[str]:
    """Yield the text of each page. Raises if a page can't be read and no other page has text."""
    second = _Second(content)
    try:
        document = pypdfium2.PdfDocument(content)
        pages = len(document)
    except pypdfium2.PdfiumError:
        yield from second.pages()
        return
    has_text, damaged = False, pages == 0
    for number in range(min(pages, MAX_PAGES)):
        text: str | None
        try:
            text = _text(document, number, second)
        except pypdfium2.PdfiumError:
            text = second.page(number)
            damaged = damaged or text is None
        if text and text.strip():
            has_text = True
            yield f"{text}\n"
    if damaged and not has_text:
        raise ValueError("no page could be read")


def _text(document: pypdfium2.PdfDocument, number: int, second: _Second) -> str:
    page = document[number]
    if _has_values(page):
        pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
        page.close()
        page = document[number]
    letters = page.get_textpage()
    text: str = letters.get_text_range()
    if needs_places(text):
        text = placed(letters)
    if HYPHEN in text:
        text = text.replace(HYPHEN, "" if second.has_soft_hyphens(number) else "-")
    letters.close()
    page.close()
    return SOFT_BREAK.sub("", text)


def _has_values(page: pypdfium2.PdfPage) -> bool:
    """Whether the page has text outside its content: form fields or annotations."""
    for number in range(min(pdfium.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        pdfium.FPDFPage_CloseAnnot(annotation)
        if kind in {pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT}:
            return True
    return False


class _Second:
    """The second, slower reader, opened only if needed."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._reader: PdfReader | None = None

    def _opened(self) -> PdfReader:
        if self._reader is None:
            self._reader = PdfReader(io.BytesIO(self._content), strict=False)
            if self._reader.is_encrypted:
                self._reader.decrypt("")
        return self._reader

    def pages(self) -> Iterator[str]:
        """Yield the text of each readable page. Raises if there is none."""
        texts = [self.page(number) for number in range(min(len(self._opened().pages), MAX_PAGES))]
        if not any(text is not None for text in texts):
            raise ValueError("no page could be read")
        yield from (f"{text}\n" for text in texts if text)

    def page(self, number: int) -> str | None:
        try:
            with _within(SECOND_SECONDS):
                return SOFT_BREAK.sub("", self._opened().pages[number].extract_text())
        except Exception:  # noqa: BLE001 - a library may raise anything about a damaged page
            return None

    def has_soft_hyphens(self, number: int) -> bool:
        """Whether a page's hyphens are soft ones, which PDFium doesn't distinguish from others."""
        if len(self._content) > MAX_SECOND_LOOK:
            return False
        try:
            with _within(SECOND_SECONDS):
                return "\u00ad" in self._opened().pages[number].extract_text()
        except Exception:  # noqa: BLE001 - as above
            return False


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raise ``TooSlow`` after this many seconds of CPU time."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def object_streams(content: bytes) -> bytes:
    """Return the object streams of an encrypted PDF. Raises if it requires a password."""
    reader = PdfReader(io.BytesIO(content), strict=False)
    if not reader.decrypt(""):
        raise ValueError("a password is needed")
    every = [
        reader.get_object(IndirectObject(number, generation, reader))
        for generation, numbers in reader.xref.items()
        for number in numbers
    ]
    packed = [part for part in every if isinstance(part, StreamObject) and "/First" in part]
    return b"\n".join(part.get_data() for part in packed)
