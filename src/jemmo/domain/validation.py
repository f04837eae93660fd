"""Turns what an ATS sends into values we can keep: text, times, numbers. Nothing here raises."""

from __future__ import annotations

import html as entities
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

MAX_ID = 200  # characters of an ATS's id, of a record or of what it is linked to
MAX_TEXT = 2_000_000  # characters; longer is cut, since no page or search can use it
MAX_WHOLE = 2**63
MAX_WORD = 200  # characters of a tag
LONGEST_ADDRESS = 4_000  # characters of an address that is not ASCII
EARLIEST, LATEST = (
    1900,
    2200,
)  # years outside are typing mistakes, and Postgres or Python may refuse them

_BREAKS = "address|article|blockquote|br|dd|div|dl|dt|footer|h[1-6]|header|hr|li|ol|p|pre|section|table|tr|ul"
_INLINE = (
    "a|abbr|b|big|body|center|cite|code|col|del|em|figure|font|head|html|i|img|ins|link|main|mark|meta|nav|q|s|"
    "script|small|span|strike|strong|style|sub|sup|tbody|td|tfoot|th|thead|time|title|tt|u|wbr"
)
_ELEMENT = re.compile(
    rf"</?(?:(?P<breaks>{_BREAKS})|{_INLINE})(?:\s[^<>]*)?/?>|<!--[^<>]*-->", re.IGNORECASE
)
"""An element of HTML; "Poste <H/F>" has none."""
_ENTITY = re.compile(r"&#?\w{2,10};")
_NAMED_UTC = re.compile(
    r"(?:Z?\[(?:Etc/)?(?:UTC|GMT)\]|\s(?:(?:Etc/)?(?:UTC|GMT)|Z))$", re.IGNORECASE
)
_SLASHED = re.compile(r"^(\d{4})/(\d\d)/(\d\d)(?!\d)", re.ASCII)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NO_CHARACTER = re.compile(r"&#[0-9]{8,};?")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff](?:(?<=\x1b)\\[[0-?]*[ -/]*[@-~])?"
)
"""Colours and moves of a terminal, control characters but tabs and line breaks, halves of characters."""
_WINDOWS = {chr(code): bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
"""Characters for control codes from senders that confuse Windows-1252 with ISO 8859-1: "l\x92offre"."""
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and symbols by their category, and yet nothing is seen of them."""
_INVISIBLE = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))


def text(value: Any) -> str | None:
    """Stripped text, or ``None`` if nothing of it can be seen.

    Half characters and NUL, which Postgres cannot store, are dropped, and so is what would command a terminal.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        if isinstance(value, dict | list):
            return None
        value = str(value)
    value = value.strip() if value.isprintable() else printable(value).strip()
    if len(value) > MAX_TEXT:
        value = value[:MAX_TEXT]
    if value.isascii():
        return value or None
    return value if any(map(_is_seen, value)) else None


def printable(value: str) -> str:
    r"""The text without what a terminal would obey.

    >>> printable("\x1b[31mAda\x1b[0m"), printable("l\x92offre")
    ('Ada', 'l’offre')
    """
    if value.isprintable():
        return value
    return _UNSEEN.sub(lambda match: _WINDOWS.get(match[0], ""), value)


def _is_seen(character: str) -> bool:
    return character not in _FILLERS and unicodedata.category(character) not in _INVISIBLE


def utc(value: datetime | None) -> datetime | None:
    """The moment in UTC, or ``None`` if its year cannot be meant. A naive time is read as UTC."""
    if value is None or not EARLIEST <= value.year <= LATEST:
        return None
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value.astimezone(UTC)


def parse_time(value: Any) -> datetime | None:
    """A moment from ISO 8601 text, also a date alone, with slashes or the name of UTC; ``None`` for anything else.

    >>> str(parse_time("2026-12-31")), str(parse_time("2026/12/31 08:00:00 UTC"))
    ('2026-12-31 00:00:00+00:00', '2026-12-31 08:00:00+00:00')
    """
    if isinstance(value, datetime):
        return utc(value)
    if not isinstance(value, str):
        return None
    try:
        iso = _SLASHED.sub(r"\1-\2-\3", _NAMED_UTC.sub("+00:00", value.strip()))
        return utc(datetime.fromisoformat(iso))
    except ValueError:
        return None


def number(value: Any) -> float | None:
    """A number from a number or from text such as ``"500.0"``; ``None`` for blank, zero or text."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value.replace(" ", "").replace("\u202f", "").replace(",", "."))
        value = float(match.group()) if match else None
    if not isinstance(value, int | float) or not abs(value) < 1e12:
        return None
    return float(value) or None


def whole(value: int | None) -> int | None:
    """The number if a database column can hold it, else ``None``."""
    return value if value is not None and abs(value) < MAX_WHOLE else None


def is_set(value: Any) -> bool:
    """Whether a flag that makes a record confidential is set: anything but false, however it is spelled, or nothing.

    A spelling that we don't know must not make the record public.
    """
    if isinstance(value, str):
        return value.strip().lower() not in {"", "false", "0", "null"}
    return not (value is None or value is False or (isinstance(value, int | float) and value == 0))


def may_be_address(value: str) -> bool:
    """Whether a text is short enough to be taken apart as an address.

    Whatever takes one apart normalizes a host that is not ASCII, in time that grows with the square of its marks, and
    stops all threads in the meantime.
    """
    return len(value) <= LONGEST_ADDRESS or value.isascii()


def split_address(address: str) -> SplitResult:
    """An address in its parts, from any source. Raises ``ValueError`` for what is none, or too long to be one."""
    if not may_be_address(address):
        raise ValueError("too long")
    return urlsplit(address)


def join_address(base: str, link: str) -> str:
    """Where a link on a page leads. Raises ``ValueError`` as above."""
    if not may_be_address(link):
        raise ValueError("too long")
    return urljoin(base, link)


def is_server(address: str) -> bool:
    """Whether an http address names a host, and a port that is one.

    >>> is_server("https://s3.example.com:9000"), is_server("http://["), is_server("s3.example.com")
    (True, False, False)
    """
    try:
        parts = split_address(address)
        _ = parts.port  # raises for what is no number
    except ValueError:
        return False
    is_plain = address.isprintable() and " " not in address
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and is_plain


def web_address(value: Any) -> str | None:
    """The address if it is one a browser may open (http or https), else ``None``."""
    address = text(value)
    if not address or not address[:8].lower().startswith(("https://", "http://")):
        return None
    if address.isascii() and "[" not in address and "]" not in address:
        return address  # nothing else makes an address unreadable
    try:
        split_address(address)
    except ValueError:
        return None
    return address


def words(values: Any) -> tuple[str, ...]:
    """Distinct non-blank texts in their order, cut to the length of a word or a few: they are indexed."""
    if not values or not isinstance(values, list | tuple):
        return ()
    texts = (text(value) for value in values)
    return tuple(dict.fromkeys(word[:MAX_WORD].strip() for word in texts if word))


def name_text(value: Any) -> str | None:
    """A name or title as text, without the markup that editors and imports leave in it.

    >>> name_text(" <b>Ada</b>&nbsp;Exemple "), name_text("R&D, 3 < 5"), name_text("Poste <H/F>"), name_text("<br>")
    ('Ada Exemple', 'R&D, 3 < 5', 'Poste <H/F>', None)
    """
    name = text(value)
    if name is None or ("<" not in name and "&" not in name):
        return name
    plain = _ELEMENT.sub(" ", name)
    plain = _ENTITY.sub(lambda entity: entities.unescape(entity[0]), plain)
    return name if plain == name else text(" ".join(plain.split()))


def unmarked(value: Any) -> str | None:
    r"""Text of a field that some accounts write as HTML and others do not, with its line breaks.

    >>> unmarked("<p>Ada</p><p>3 &lt; 5</p>"), unmarked("3 < 5\n\n<H/F>")
    ('Ada\n3 < 5', '3 < 5\n\n<H/F>')
    """
    content = text(value)
    if content is None or (_ELEMENT.search(content) is None and _ENTITY.search(content) is None):
        return content
    return html_to_text(content)


def html_to_text(markup: str | None) -> str | None:
    """Readable text of a piece of HTML."""
    if markup is None:
        return None
    plain = _ELEMENT.sub(lambda tag: "\n" if tag["breaks"] else " ", markup)
    plain = entities.unescape(_NO_CHARACTER.sub("\ufffd", plain))
    lines = (" ".join(line.split()) for line in plain.splitlines())
    return text("\n".join(line for line in lines if line))
