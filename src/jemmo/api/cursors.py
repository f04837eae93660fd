"""Where the next page begins: opaque to whoever reads it, and bound to its list."""

from __future__ import annotations

import base64
from typing import NamedTuple
from uuid import UUID

from jemmo.api.problems import bad_parameter

LONGEST = 4000  # characters; ids of an ATS are shorter


class Place(NamedTuple):
    """The last record of a page."""

    connection_id: UUID
    remote_id: str


def write(kind: str, last: Place) -> str:
    plain = b":".join((kind.encode(), last.connection_id.bytes + last.remote_id.encode()))
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def read(kind: str, cursor: str) -> Place:
    """What the page begins after; raises ``Problem``."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        plain = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
        name, _, last = plain.partition(b":")
        place = Place(UUID(bytes=last[:16]), last[16:].decode())
        if name == kind.encode() and len(cursor) <= LONGEST and "\0" not in place.remote_id:
            return place
    except (ValueError, UnicodeError):
        pass
    raise bad_parameter("cursor")
