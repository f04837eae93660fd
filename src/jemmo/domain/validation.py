"""Turns what an ATS sends into values we can keep: text, times, numbers. Nothing here raises."""

from __future__ import annotations

import html as entities
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

MAX_TEXT = 2_000_000  # characters; longer is cut, since no page or search can use it
MAX_WHOLE = 2**63
MAX_WORD = 200  # characters of a tag
EARLIEST, LATEST = (
    1900,
    2200,
)  # years outside are typing mistakes, and Postgres or Python may refuse them

_TAGS = re.compile(r"<(br|/p|/li|/h\d|/div|/tr)\b[^>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]*>")
_ELEMENT = re.compile(r"</?[a-zA-Z][^<>]*>")
_ENTITY = re.compile(r"&#?\w{2,10};")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_HALVES = re.compile("[\ud800-\udfff]")


def text(value: Any) -> str | None:
    """Stripped text, or ``None`` for blank. NUL and half characters, which Postgres cannot store, are dropped."""
    if value is None:
        return None
    if not isinstance(value, str):
        if isinstance(value, dict | list):
            return None
        value = str(value)
    if "\x00" in value:
        value = value.replace("\x00", "")
    if not value.isascii() and not value.isprintable():
        value = _HALVES.sub("", value)
    value = value.strip()
    if len(value) > MAX_TEXT:
        value = value[:MAX_TEXT]
    return value or None


def utc(value: datetime | None) -> datetime | None:
    """The moment in UTC, or ``None`` when its year cannot be meant. A naive time is read as UTC."""
    if value is None or not EARLIEST <= value.year <= LATEST:
        return None
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value.astimezone(UTC)


def parse_time(value: Any) -> datetime | None:
    """A moment from ISO 8601 text, ``None`` for anything else."""
    if isinstance(value, datetime):
        return utc(value)
    if not isinstance(value, str):
        return None
    try:
        return utc(datetime.fromisoformat(value.strip()))
    except ValueError:
        return None


def number(value: Any) -> float | None:
    """A number from a number or from text such as ``"500.0"``; ``None`` for blank, zero or text."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value.replace(" ", "").replace("\u202f", "").replace(",", "."))
        value = float(found.group()) if found else None
    if not isinstance(value, int | float) or not abs(value) < 1e12:
        return None
    return float(value) or None


def whole(value: int | None) -> int | None:
    """The number if a database column can hold it, else ``None``."""
    return value if value is not None and abs(value) < MAX_WHOLE else None


def web_address(value: Any) -> str | None:
    """The address if it is one a browser may open (http or https), else ``None``."""
    found = text(value)
    if not found or not found[:8].lower().startswith(("https://", "http://")):
        return None
    if found.isascii() and "[" not in found and "]" not in found:
        return found  # nothing else makes an address unreadable
    try:
        urlsplit(found)
    except ValueError:
        return None
    return found


def words(values: Any) -> tuple[str, ...]:
    """Distinct non-blank texts in their order, cut to the length of a word or a few: they are indexed."""
    if not values or not isinstance(values, list | tuple):
        return ()
    found = (text(value) for value in values)
    return tuple(dict.fromkeys(one[:MAX_WORD].strip() for one in found if one))


def name_text(value: Any) -> str | None:
    """A name or title as text, without the markup that editors and imports leave in it.

    >>> name_text(" <b>Ada</b>&nbsp;Exemple "), name_text("R&D, 3 < 5"), name_text("<br>")
    ('Ada Exemple', 'R&D, 3 < 5', None)
    """
    found = text(value)
    if found is None or ("<" not in found and "&" not in found):
        return found
    plain = _ELEMENT.sub(" ", found)
    plain = _ENTITY.sub(lambda one: entities.unescape(one[0]), plain)
    return found if plain == found else text(" ".join(plain.split()))


def html_to_text(markup: str | None) -> str | None:
    """Readable text of a piece of HTML, for search and plain views."""
    if markup is None:
        return None
    plain = _ANY_TAG.sub(" ", _TAGS.sub("\n", markup))
    lines = (" ".join(line.split()) for line in entities.unescape(plain).splitlines())
    return text("\n".join(line for line in lines if line))
