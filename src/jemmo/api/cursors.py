"""Where the next page begins: opaque to whoever reads it, and bound to its list."""

from __future__ import annotations

import base64
from uuid import UUID

from jemmo.api.problems import bad_parameter

LONGEST = 100  # characters


def write(kind: str, last: UUID) -> str:
    return base64.urlsafe_b64encode(kind.encode() + b":" + last.bytes).decode().rstrip("=")


def read(kind: str, cursor: str) -> UUID:
    """The id that the page begins after; raises ``Problem``."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        plain = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
        name, _, last = plain.partition(b":")
        if name == kind.encode() and len(cursor) <= LONGEST:
            return UUID(bytes=last)
    except (ValueError, UnicodeError):
        pass
    raise bad_parameter(
        "cursor",
        "It is no cursor of this list.",
        "Send `next_cursor` of the page before, or leave it out to start over.",
    )
