"""How a resume is asked for, and what the answer may be. Pure: fetching is another's business.

GET /company/{id}/files/expire gives at most one file a second and company, so it has a pace of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, urlencode

import msgspec
from msgspec import UNSET, Struct, UnsetType

from jemmo.connectors.flatchr.wire import Candidate, File, Place, Resume
from jemmo.domain.errors import RecordRejected
from jemmo.domain.validation import may_be_address, text
from jemmo.rest_client import Pacer

SIGNS = {
    b"%PDF-": "application/pdf",
    b"PK\x03\x04": "application/zip",
    b"\xd0\xcf\x11\xe0": "application/msword",
    b"{\\rtf": "application/rtf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG": "image/png",
}
"""The first bytes of the files people send; docx and odt are zip archives."""

MAX_LINK = 4000


class ResumeAnswer(Struct, frozen=True):
    """The file itself, or where it lies: a link to another host, which must not be given the key."""

    content: bytes | None = None
    link: str | None = None


def resume_pacer(per_minute: int) -> Pacer:
    """The pace for resumes alone; one at a time, evenly."""
    return Pacer(1, 60.0 / per_minute)


def version_of(key: str | None, extension: str | None) -> str | None:
    """A file's place as an attachment's ``remote_version``; ``None`` without a key.

    >>> version_of("candidates/2025/03/1/ada", ".PDF")
    'candidates/2025/03/1/ada.pdf'
    """
    return f"{key}.{(extension or 'pdf').lower().lstrip('.')}" if key else None


def told_version(answer: Resume) -> str | UnsetType | None:
    """The version of the file that an answer names; ``None`` for nobody's, ``UNSET`` where it leaves that open.

    A candidate who is shown with neither property has no resume, as in the reference's answer to archiving.
    """
    places = [answer.aws, answer.cv]
    person = answer.candidate
    if isinstance(person, Candidate):
        bare = person.aws is UNSET and person.cv is UNSET
        places += [None] if bare else [person.aws, person.cv]
    else:
        places.append(person)
    told = [version for place in places if (version := _version(place)) is not UNSET]
    return next(filter(None, told), None) if told else UNSET


def _version(place: Place) -> str | UnsetType | None:
    """Of an address too: it ends in the key, which begins with ``candidates/``, and the extension."""
    if isinstance(place, File):
        return version_of(text(place.key), text(place.extension))
    if not isinstance(place, str):
        return place
    _, folder, name = unquote(place.partition("?")[0]).partition("candidates/")
    if not name:
        return UNSET if text(place) else None
    return folder + name


def resume_path(company_id: str, version: str, api_key: str) -> str:
    """Where the file of a ``remote_version`` is. Here Flatchr documents the API key as a part of the address, too.

    No error or log shows the query of an address (``rest_client.redaction``).
    """
    key, _, extension = version.rpartition(".")
    asked = {"key": key, "extension": extension, "token": api_key}
    return f"company/{company_id}/files/expire?{urlencode(asked)}"


def read_answer(
    status: int, headers: Mapping[str, str], body: bytes, mode: str = "auto"
) -> ResumeAnswer:
    """Bytes, a redirect, JSON with a link or a bare link; raises ``RecordRejected`` for anything else.

    With another ``mode`` than ``auto`` only that kind is taken.
    """
    if 300 <= status < 400 and mode in {"auto", "redirect"}:
        return ResumeAnswer(link=_link(headers.get("Location")))
    if status == 200 and mode in {"auto", "binary"} and content_type(body):
        return ResumeAnswer(content=body)
    if status == 200 and mode in {"auto", "json"} and body.lstrip()[:1] == b"{":
        return ResumeAnswer(link=_link(_told(body)))
    if status == 200 and mode in {"auto", "text"} and len(body) <= MAX_LINK:
        return ResumeAnswer(link=_link(body.decode("utf-8", "replace")))
    raise _refused()


def content_type(body: bytes) -> str | None:
    """What a file is by its first bytes; the type an answer claims is not believed."""
    return next((kind for sign, kind in SIGNS.items() if body.startswith(sign)), None)


def _told(body: bytes) -> str | None:
    try:
        found = msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return text(found.get("url")) or text(found.get("signature"))


def _link(value: str | None) -> str:
    """The address, with the scheme that Flatchr tends to leave out."""
    found = text(value)
    if found and not may_be_address(found):
        raise _refused()
    if found and found.startswith(("https://", "http://")):
        return found
    host = (found or "").partition("/")[0]
    if not found or ("." not in host and ":" not in host) or any(one.isspace() for one in found):
        raise _refused()
    return f"https://{found}"


def _refused() -> RecordRejected:
    return RecordRejected(
        "Flatchr's answer is neither a file nor a link to one.", code="not_a_resume"
    )
