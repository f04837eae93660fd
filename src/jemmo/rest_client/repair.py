"""Makes JSON readable that a strict parser refuses: other alphabets, marks, characters that are no characters."""

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
_SPOKEN = frozenset(
    (
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"),
        *("ascii", "koi8-r", "koi8-u", "gbk", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"),
        *(f"iso8859-{part}" for part in range(1, 17)),
        *(f"cp125{page}" for page in range(9)),
    )
)
"""The encodings of web servers. Python has more codecs, and some take hours: ``punycode``, for example."""


def repaired(body: bytes, content_type: str | None = None) -> bytes | None:
    r"""The body as whole UTF-8; ``None`` if that is what it was.

    A mark at its beginning is dropped, another charset that the content type names is understood, halves of surrogate
    pairs and what is broken besides are replaced by U+FFFD.

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
        # Valid UTF-8 is read as UTF-8, whatever its label, except that two-byte encodings may look like it.
        charset = named if named.startswith(("utf-16", "utf_16", "utf-32")) else "utf-8-sig"
        return body.decode(charset)
    except (LookupError, UnicodeDecodeError):
        pass
    try:
        return body.decode(named)
    except (LookupError, UnicodeDecodeError):
        return body.decode("utf-8-sig", "replace")


def _charset(content_type: str | None) -> str:
    """The charset that is named, if it is one that web servers write in; else UTF-8."""
    header = Message()
    header["Content-Type"] = (content_type or "").replace("\r", " ").replace("\n", " ")
    try:
        named = codecs.lookup(header.get_content_charset("utf-8")).name
    except LookupError:
        return "utf-8"
    return named if named in _SPOKEN else "utf-8"
