"""Cursors of the next page: opaque to clients, and valid only for their list."""

from __future__ import annotations

import base64
from datetime import UTC
from typing import NamedTuple
from uuid import UUID

import msgspec

from jemmo.api.problems import bad_parameter
from jemmo.store.records import sorting

LONGEST = 4000  # characters; ids of an ATS are shorter


class Place(NamedTuple):
    """The last record of a page."""

    connection_id: UUID
    remote_id: str


def write(kind: str, last: Place) -> str:
    return seal(kind, last.connection_id.bytes + last.remote_id.encode())


def read(kind: str, cursor: str) -> Place:
    """Decode the start of the page. Raises ``Problem``."""
    last = unseal(kind, cursor)
    try:
        place = Place(UUID(bytes=last[:16]), last[16:].decode())
    except (ValueError, UnicodeError):
        raise bad_parameter("cursor") from None
    if "\0" in place.remote_id:
        raise bad_parameter("cursor")
    return place


def write_sorted(kind: str, last: sorting.Place) -> str:
    return seal(kind, msgspec.json.encode(last))


def read_sorted(kind: str, cursor: str) -> sorting.Place:
    """Decode the start of a page of a list sorted by a time. Raises ``Problem``."""
    try:
        place = msgspec.json.decode(unseal(kind, cursor), type=sorting.Place)
        if place.value is None:
            return place
        if place.value.tzinfo is None:
            raise bad_parameter("cursor")
        return place._replace(value=place.value.astimezone(UTC))  # Postgres lacks some offsets
    except (msgspec.DecodeError, ValueError, OverflowError):
        raise bad_parameter("cursor") from None


def seal(kind: str, last: bytes) -> str:
    """The cursor of a list, from the end of the page."""
    return base64.urlsafe_b64encode(kind.encode() + b":" + last).decode().rstrip("=")


def unseal(kind: str, cursor: str) -> bytes:
    """Decode where the previous page ended. Raises ``Problem``, also for a cursor of another list."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        plain = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, UnicodeError):
        raise bad_parameter("cursor") from None
    name, _, last = plain.partition(b":")
    if name != kind.encode() or len(cursor) > LONGEST:
        raise bad_parameter("cursor")
    return last
