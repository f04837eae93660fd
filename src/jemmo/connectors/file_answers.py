"""Possible responses to a file request: the file, a redirect, or a link."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlunsplit

import msgspec
from msgspec import Struct

from jemmo.connectors.refusals import NOT_FOUND, Refused
from jemmo.domain.errors import RecordRejected
from jemmo.domain.validation import may_be_address, split_address, text
from jemmo.rest_client import Answer, Downloads, RestClient
from jemmo.rest_client.download import too_large

SIGNS = {
    b"%PDF-": "application/pdf",
    b"PK\x03\x04": "application/zip",
    b"\xd0\xcf\x11\xe0": "application/msword",
    b"{\\rtf": "application/rtf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG": "image/png",
}
"""The first bytes of common file types; docx and odt are zip archives."""

ANSWERS = frozenset({200, 301, 302, 303, 307, 308})
KINDS = ("auto", "binary", "redirect", "json", "text")
MAX_LINK = 4000


class FileAnswer(Struct, frozen=True):
    """The file itself, or a link to it on a host that must not receive the key."""

    content: bytes | None = None
    link: str | None = None


async def fetch_file(
    client: RestClient, downloads: Downloads, path: str, *, kind: str, max_bytes: int
) -> bytes | None:
    """Download the file that a path leads to, whatever the kind of response; ``None`` if it is gone."""
    answer = await answer_unless_gone(client, path, expected=ANSWERS)
    if answer is None:
        return None
    file = read_answer(answer.status, answer.headers, answer.body, kind)
    content = file.content
    if file.link is not None:
        link = own_scheme(file.link, client.base_url)
        content = await downloads.fetch(link, max_bytes=max_bytes)
    return None if content is None else within(content, max_bytes)


async def answer_unless_gone(
    client: RestClient, path: str, *, expected: frozenset[int] = frozenset({200})
) -> Answer | None:
    """Return the response to a file request, ``None`` if the ATS reports the file as deleted."""
    try:
        return await client.answer(path, expected=expected)
    except Refused as error:
        if error.status in NOT_FOUND:
            return None
        raise


def within(content: bytes, max_bytes: int) -> bytes:
    """Return the content. Raises ``RecordRejected`` if it is too large."""
    if len(content) > max_bytes:
        raise too_large()
    return content


def read_answer(
    status: int, headers: Mapping[str, str], body: bytes, kind: str = "auto"
) -> FileAnswer:
    """Read bytes, a redirect, JSON with a link, or a bare link. Raises ``RecordRejected`` for anything else.

    A ``kind`` other than "auto" accepts only that kind.
    """
    if 300 <= status < 400 and kind in {"auto", "redirect"}:
        return FileAnswer(link=_link(headers.get("Location")))
    if status == 200 and kind in {"auto", "binary"} and content_type(body):
        return FileAnswer(content=body)
    if status == 200 and kind in {"auto", "json"} and body.lstrip()[:1] == b"{":
        return FileAnswer(link=_link(_link_in_json(body)))
    if status == 200 and kind in {"auto", "text"} and len(body) <= MAX_LINK:
        return FileAnswer(link=_link(body.decode("utf-8", "replace")))
    raise _rejected()


def content_type(body: bytes) -> str | None:
    """Return a file's type by its first bytes, whatever the response header claims."""
    return next((kind for sign, kind in SIGNS.items() if body.startswith(sign)), None)


def own_scheme(link: str, base_url: str) -> str:
    """Use our scheme for a link to the ATS's own host, since such links come without one."""
    try:
        ours, theirs = split_address(base_url), split_address(link)
    except ValueError:
        return link  # the download will refuse it
    return urlunsplit(theirs._replace(scheme=ours.scheme)) if ours.netloc == theirs.netloc else link


def _link_in_json(body: bytes) -> str | None:
    try:
        answer = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return text(answer.get("url")) or text(answer.get("signature"))


def _link(value: str | None) -> str:
    """Return the address, with a scheme if it has none."""
    link = text(value) or ""
    if not may_be_address(link):
        raise _rejected()
    if link.startswith(("https://", "http://")):
        return link
    host = link.partition("/")[0]
    if ("." not in host and ":" not in host) or any(map(str.isspace, link)):
        raise _rejected()
    return f"https://{link}"


def _rejected() -> RecordRejected:
    return RecordRejected("not_a_resume")
