"""Repairs JSON that a strict parser rejects: other charsets, byte order marks, invalid characters."""

from __future__ import annotations

import codecs
import re
from email.message import Message

_ESCAPE = re.compile(
    rb"\\(?:"
    rb"(?P<pair>u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|.)",
    re.DOTALL,
)
_UNKNOWN = rb"\ufffd"
_WEB_CHARSETS = frozenset(
    (
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
        *("ascii", "koi8-r", "koi8-u", "gbk", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
        *(f"iso8859-{part}" for part in range(1, 17)),
        *(f"cp125{page}" for page in range(9)),
    )
)
"""The charsets of web servers. Other Python codecs can be extremely slow, such as ``punycode``."""


def repaired(body: bytes, content_type: str | None = None) -> bytes | None:
    r"""Return the body as valid UTF-8; ``None`` if it already was.

    Drops a byte order mark, decodes the charset in the content type, and replaces lone surrogates and invalid bytes
    with U+FFFD.

    >>> repaired(b'"x \\ud83d"'), repaired(b'"\\ud83d\\ude00 \\\\ud83d"')
    (b'"x \\ufffd"', None)
    >>> repaired(b'"\xe9"', "application/json; charset=ISO-8859-1").decode()
    '"é"'
    """
    whole = _decoded(body, content_type).encode()
    fixed_body = _ESCAPE.sub(_without_half, whole)
    return None if fixed_body == body else fixed_body


def _without_half(match: re.Match[bytes]) -> bytes:
    return _UNKNOWN if match["half"] else match[0]


def _decoded(body: bytes, content_type: str | None) -> str:
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    named = _charset(content_type)
    try:
        # Valid UTF-8 is read as UTF-8, whatever its label, unless the label names an encoding that may look like it.
        charset = named if named.startswith(("utf-16", "utf_16", "utf-32")) else "utf-8-sig"
        return body.decode(charset)
    except (LookupError, UnicodeDecodeError):
        pass
    try:
        return body.decode(named)
    except (LookupError, UnicodeDecodeError):
        return body.decode("utf-8-sig", "replace")


def _charset(content_type: str | None) -> str:
    """Return the named charset if web servers use it, else UTF-8."""
    header = Message()
    header["Content-Type"] = (content_type or "").replace("\r", " ").replace("\n", " ")
    try:
        named = codecs.lookup(header.get_content_charset("utf-8")).name
    except LookupError:
        return "utf-8"
    return named if named in _WEB_CHARSETS else "utf-8"
