"""The content hash used to skip unchanged records."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import msgspec

from jemmo.domain.records import Record

_encoder = msgspec.json.Encoder(order="deterministic")

MAPPING_VERSION = b"4"
"""Increase this when a mapping changes meaning; the next full read then rewrites every record."""


_begun = blake2b(digest_size=16, salt=MAPPING_VERSION)


def content_hash(record: Record, kept: Iterable[str] = ()) -> bytes:
    """Return 16 bytes that differ when any mapped value differs, or the fields whose stored values are ``kept``."""
    hashed = _begun.copy()
    hashed.update(_encoder.encode(record))
    for name in sorted(kept):
        hashed.update(name.encode())
    return hashed.digest()
