"""Takes the words out of a file, in a program of its own.

``python -m jemmo.files.extract TYPE`` reads the file from its standard input and writes the words.

It is given little memory, little time, no files to write and nothing of the environment: what breaks a library
breaks this process alone.
"""

from __future__ import annotations

import io
import re
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator

from jemmo.files.kinds import DOCX, ODT, PDF, RTF, TEXT

MEMORY = 1024 * 1024 * 1024  # bytes of address space
CPU = 20  # seconds
MAX_PAGES = 200
MAX_CHARACTERS = 400_000


def pdf(content: bytes) -> Iterator[str]:
    from pypdf import PdfReader  # noqa: PLC0415 - only what this file needs is loaded

    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted:
        reader.decrypt("")
    for page in reader.pages[:MAX_PAGES]:
        yield page.extract_text()


def docx(content: bytes) -> Iterator[str]:
    from docx import Document  # noqa: PLC0415
    from docx.table import Table  # noqa: PLC0415
    from docx.text.paragraph import Paragraph  # noqa: PLC0415

    for part in Document(io.BytesIO(content)).iter_inner_content():
        if isinstance(part, Paragraph):
            yield part.text
        elif isinstance(part, Table):
            for row in part.rows:
                yield "\t".join(cell.text for cell in row.cells)


def odt(content: bytes) -> Iterator[str]:
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415

    space = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open("content.xml") as body:
        for _, element in iterparse(body):
            if element.tag in {f"{space}p", f"{space}h"}:
                yield "".join(element.itertext())
                element.clear()


RTF_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)",
    re.IGNORECASE,
)
RTF_SILENT = {
    *(b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"datastore"),
    *(b"themedata", b"listtable", b"generator", b"xmlnstbl", b"latentstyles", b"rsidtbl"),
}
RTF_BREAKS = {b"par": "\n", b"line": "\n", b"tab": "\t", b"cell": "\t", b"row": "\n", b"page": "\n"}


def rtf(content: bytes) -> Iterator[str]:  # noqa: C901 - one small state machine, in one piece
    """The text of an RTF, which is a small language: groups, control words, and letters by number."""
    silent = False
    skip = 0  # characters that stand for a Unicode one that was just given
    outer: list[bool] = []
    for word, number, hexed, sign, brace, plain in RTF_TOKEN.findall(content):
        if brace == b"{":
            outer.append(silent)
        elif brace == b"}":
            silent = outer.pop() if outer else False
        elif sign == b"*" or word.lower() in RTF_SILENT:
            silent = True
        elif silent:
            continue
        elif word == b"u" and number:
            yield chr(int(number) % 0x10000)
            skip = 1
        elif hexed or sign in {b"\\", b"{", b"}"}:
            if skip:
                skip -= 1
            else:
                yield (
                    bytes([int(hexed, 16)]).decode("cp1252", "replace") if hexed else sign.decode()
                )
        elif sign == b"~":
            yield " "
        elif word:
            yield RTF_BREAKS.get(word.lower(), "")
        elif plain:
            yield plain[skip:].decode("cp1252", "replace")
            skip = 0


def plain(content: bytes) -> Iterator[str]:
    try:
        yield content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield content.decode("cp1252", "replace")


READERS: dict[str, Callable[[bytes], Iterator[str]]] = {
    PDF: pdf,
    DOCX: docx,
    ODT: odt,
    RTF: rtf,
    TEXT: plain,
}


def words(content: bytes, content_type: str) -> str:
    """The file's text, cut to a length that no resume has; raises whatever its reader does."""
    joined = "" if content_type == RTF else "\n"
    found, length = [], 0
    for part in READERS[content_type](content):
        found.append(part)
        length += len(part)
        if length > MAX_CHARACTERS:
            break
    text = joined.join(found)[:MAX_CHARACTERS].replace("\x00", "")
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t\r\f\v]+", " ", text)).strip()


def confine() -> None:
    """Give up what is not needed before looking at the file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def main() -> None:
    content = sys.stdin.buffer.read()
    confine()
    sys.stdout.buffer.write(words(content, sys.argv[1]).encode())


if __name__ == "__main__":
    main()
