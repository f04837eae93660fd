"""The content hash by which unchanged records are skipped."""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from jemmo.domain.records import Record

_encoder = msgspec.json.Encoder(order="deterministic")

MAPPING_VERSION = b"4"
"""Raise it when a mapping changes meaning, so that the next full read rewrites every record."""


_begun = blake2b(digest_size=16, salt=MAPPING_VERSION)


def content_hash(record: Record) -> bytes:
    """16 bytes that differ when any mapped value differs."""
    hashed = _begun.copy()
    hashed.update(_encoder.encode(record))
    return hashed.digest()
