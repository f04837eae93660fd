"""HTML embedded in a Word file: its text, one line per block."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from html import unescape

from jemmo.files.readers import plain
from jemmo.files.readers.walker import BLANKS

BLOCKS = {
    *("p", "div", "br", "li", "ul", "ol", "tr", "table", "section", "article", "header", "footer"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "pre", "blockquote", "hr"),
}
SILENT = {"script", "style", "template", "noscript", "title"}
CELLS = {"td", "th"}
COMMENT_END = "-->"
NAME = re.compile(r"/?[A-Za-z][A-Za-z0-9]{0,15}")
CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})")


def read(content: bytes) -> Iterator[str]:
    """Yield the text between tags, without comments, scripts and styles, in linear time."""
    start, *rest = _decoded(content).split("<")
    yield _text(start)
    silent = ""  # what ends the skipped part
    for part in rest:
        if silent == COMMENT_END:
            _, ended, after = part.partition(COMMENT_END)
            if ended:
                silent = ""
                yield _text(after)
            continue
        if part.startswith("!--") and COMMENT_END not in part:
            silent = COMMENT_END
            continue
        tag, _, text = part.partition(COMMENT_END if part.startswith("!--") else ">")
        name = NAME.match(tag)
        named = name[0].lower() if name else ""
        if silent:
            silent = "" if named == silent else silent
        elif named in SILENT:
            silent = f"/{named}"
            continue
        elif named.lstrip("/") in BLOCKS:
            yield "\n"
        elif named in CELLS:
            yield "\t"
        if not silent:
            yield _text(text)


def read_mht(content: bytes) -> Iterator[str]:
    """Yield the text of a web page stored as an e-mail message."""
    for part in email.message_from_bytes(content).walk():
        body = part.get_payload(decode=True)
        if part.get_content_type() == "text/html" and isinstance(body, bytes):
            charset = part.get_content_charset()
            if charset and _is_known(charset):
                body = body.decode(charset, "replace").encode()
            yield from read(body)


def _is_known(charset: str) -> bool:
    try:
        return isinstance("".encode(charset), bytes)
    except (LookupError, ValueError):
        return False


def _decoded(content: bytes) -> str:
    declared = CHARSET.search(content[:2048])
    charset = declared[1].decode() if declared else None
    if charset and _is_known(charset) and not content.startswith((b"\xef\xbb\xbf", b"\xff\xfe")):
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            return content.decode(charset, "replace")
    return plain.decoded(content)


def _text(source: str) -> str:
    return unescape(BLANKS.sub(" ", source))
