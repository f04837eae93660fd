"""Keyed hashes, by which sealed data is found without being opened."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from uuid import UUID


def lookup_hash(key: bytes, org_id: UUID, kind: str, value: str) -> bytes:
    """What stands for a value in an organisation; without the key nobody can tell which value it is."""
    message = b"\x00".join((org_id.bytes, kind.encode(), value.encode()))
    return hmac.digest(key, message, "sha256")


def word_hashes(key: bytes, org_id: UUID, words: Iterable[str]) -> list[int]:
    """A number for each word, as the index of texts keeps them: 64 bits, signed as Postgres's ``bigint``."""
    return [number(lookup_hash(key, org_id, "word", word)) for word in words]


def number(hashed: bytes) -> int:
    """The first 64 bits, as Postgres's ``bigint``."""
    return int.from_bytes(hashed[:8], signed=True)
