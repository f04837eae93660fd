"""Makes JSON readable that a strict parser refuses: characters that are no characters, in an otherwise whole body."""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    rb"\\(?:"
    rb"(?P<pair>u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|.)",
    re.DOTALL,
)
_UNKNOWN = rb"\ufffd"


def repaired(body: bytes) -> bytes | None:
    r"""The body with halves of surrogate pairs and broken UTF-8 replaced by U+FFFD; ``None`` when there are none.

    >>> repaired(b'"x \\ud83d"'), repaired(b'"\\ud83d\\ude00 \\\\ud83d"')
    (b'"x \\ufffd"', None)
    """
    whole = body.decode("utf-8", "replace").encode()
    found = _ESCAPE.sub(_without_half, whole)
    return None if found == body else found


def _without_half(found: re.Match[bytes]) -> bytes:
    return _UNKNOWN if found["half"] else found[0]
