"""Converts what an ATS sends into storable values: text, times, numbers. Nothing here raises unless documented."""

from __future__ import annotations

import html as entities
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

MAX_ID = 200  # characters of a record's id or of an id it links to
MAX_TEXT = 2_000_000  # characters; the rest is cut off, since no page or search can use it
MAX_WHOLE = 2**63
MAX_WORD = 200  # characters of a tag
MAX_ADDRESS = 4_000  # characters of a non-ASCII address
EARLIEST, LATEST = (
    1900,
    2200,
)  # other years are typos, and Postgres or Python may reject them

_BREAKS = "address|article|blockquote|br|dd|div|dl|dt|footer|h[1-6]|header|hr|li|ol|p|pre|section|table|tr|ul"
_INLINE = (
    "a|abbr|b|big|body|center|cite|code|col|del|em|figure|font|head|html|i|img|ins|link|main|mark|meta|nav|q|s|"
    "script|small|span|strike|strong|style|sub|sup|tbody|td|tfoot|th|thead|time|title|tt|u|wbr"
)
_ELEMENT = re.compile(
    rf"</?(?:(?P<breaks>{_BREAKS})|{_INLINE})(?:\s[^<>]*)?/?>|<!--[^<>]*-->", re.IGNORECASE
)
"""An HTML element; "Poste <H/F>" contains none."""
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
"""Terminal escape sequences, control characters except tabs and line breaks, and lone surrogates."""
_WINDOWS = {chr(code): bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
"""C1 control codes from senders that confuse Windows-1252 with ISO 8859-1: "l\x92offre"."""
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Invisible characters that Unicode classifies as letters or symbols."""
_INVISIBLE = frozenset(("Cc", "Cf", "Zs", "Zl", "Zp"))


def text(value: Any) -> str | None:
    """Return stripped text, or ``None`` if none of it is visible.

    Drops NUL and lone surrogates, which Postgres cannot store, and terminal escape sequences.
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
    r"""Return the text without terminal escape sequences.

    >>> printable("\x1b[31mAda\x1b[0m"), printable("l\x92offre")
    ('Ada', 'l’offre')
    """
    if value.isprintable():
        return value
    return _UNSEEN.sub(lambda match: _WINDOWS.get(match[0], ""), value)


def one_line(value: str) -> str:
    r"""Return a name on one line, without control characters.

    >>> one_line(" Acme\r\n France\x00\x1b[1m ")
    'Acme France'
    """
    return printable(" ".join(value.split())).strip()


def _is_seen(character: str) -> bool:
    return character not in _FILLERS and unicodedata.category(character) not in _INVISIBLE


def utc(value: datetime | None) -> datetime | None:
    """Return the time in UTC, or ``None`` if its year is implausible. A naive time is read as UTC."""
    if value is None or not EARLIEST <= value.year <= LATEST:
        return None
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value.astimezone(UTC)


def parse_time(value: Any) -> datetime | None:
    """Parse ISO 8601, also a date alone, with slashes or ending in "UTC"; ``None`` for anything else.

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
    """Return a number from a number or text such as ``"500.0"``; ``None`` for zero and for any other text."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value.replace(" ", "").replace("\u202f", "").replace(",", "."))
        value = float(match.group()) if match else None
    if not isinstance(value, int | float) or not abs(value) < 1e12:
        return None
    return float(value) or None


def whole(value: int | None) -> int | None:
    """Return the number if a database column can hold it, else ``None``."""
    return value if value is not None and abs(value) < MAX_WHOLE else None


def is_set(value: Any) -> bool:
    """Whether a confidentiality flag is set: true for any value except blank and the spellings of false.

    An unknown spelling must not make the record public.
    """
    if isinstance(value, str):
        return value.strip().lower() not in {"", "false", "0", "null"}
    return not (value is None or value is False or (isinstance(value, int | float) and value == 0))


def may_be_address(value: str) -> bool:
    """Whether a text is short enough to be parsed as an address.

    URL parsers take time quadratic in the combining marks of a non-ASCII host, during which all threads are blocked.
    """
    return len(value) <= MAX_ADDRESS or value.isascii()


def split_address(address: str) -> SplitResult:
    """Split an address from any source. Raises ``ValueError`` if it is invalid or too long."""
    if not may_be_address(address):
        raise ValueError("too long")
    return urlsplit(address)


def join_address(base: str, link: str) -> str:
    """Resolve a link on a page. Raises ``ValueError`` as above."""
    if not may_be_address(link):
        raise ValueError("too long")
    return urljoin(base, link)


def is_server(address: str) -> bool:
    """Whether this is an http address with a host and, if given, a valid port.

    >>> is_server("https://s3.example.com:9000"), is_server("http://["), is_server("s3.example.com")
    (True, False, False)
    """
    try:
        parts = split_address(address)
        _ = parts.port  # raises for an invalid port
    except ValueError:
        return False
    is_plain = address.isprintable() and " " not in address
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and is_plain


_BARE_ADDRESS = re.compile(
    r"(?=www\.|[^/\s]+/)(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d{1,5})?(?:/\S*)?", re.IGNORECASE
)
"""A host with a path, or one that begins with ``www.``; a name such as ``resume.pdf`` is not an address."""


def web_address(value: Any) -> str | None:
    """Return the address if a browser may open it (http or https), else ``None``."""
    address = text(value)
    if not address or not address[:8].lower().startswith(("https://", "http://")):
        return None
    if address.isascii() and "[" not in address and "]" not in address:
        return address  # only other characters and brackets can make an address unparsable
    try:
        split_address(address)
    except ValueError:
        return None
    return address


def typed_address(value: Any) -> str | None:
    """Return an address that a person typed, with the scheme that many leave out, or ``None``.

    >>> typed_address("linkedin.com/in/ada"), typed_address("www.example.com"), typed_address("ask me")
    ('https://linkedin.com/in/ada', 'https://www.example.com', None)
    """
    address = web_address(value)
    if address:
        return address
    bare = (text(value) or "").removeprefix("//")
    return web_address(f"https://{bare}") if _BARE_ADDRESS.fullmatch(bare) else None


def words(values: Any) -> tuple[str, ...]:
    """Return distinct non-blank texts in order, shortened to ``MAX_WORD`` because they are indexed."""
    if not values or not isinstance(values, list | tuple):
        return ()
    texts = (text(value) for value in values)
    return tuple(dict.fromkeys(word[:MAX_WORD].strip() for word in texts if word))


def name_text(value: Any) -> str | None:
    """Return a name or title without the markup that editors and imports leave in it.

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
    r"""Return text with line breaks from a field that some accounts fill with HTML and others don't.

    >>> unmarked("<p>Ada</p><p>3 &lt; 5</p>"), unmarked("3 < 5\n\n<H/F>")
    ('Ada\n3 < 5', '3 < 5\n\n<H/F>')
    """
    content = text(value)
    if content is None or (_ELEMENT.search(content) is None and _ENTITY.search(content) is None):
        return content
    return html_to_text(content)


def html_to_text(markup: str | None) -> str | None:
    """Return the readable text of an HTML fragment."""
    if markup is None:
        return None
    plain = _ELEMENT.sub(lambda tag: "\n" if tag["breaks"] else " ", markup)
    plain = entities.unescape(_NO_CHARACTER.sub("\ufffd", plain))
    lines = (" ".join(line.split()) for line in plain.splitlines())
    return text("\n".join(line for line in lines if line))
