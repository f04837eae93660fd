"""Keyed hashes that find sealed data without decrypting it."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from uuid import UUID


class LookupHash:
    """Keyed hashes for values of one kind in an organization. Without the key they reveal nothing.

    An HMAC with SHA-256 of organization, kind and value. The constant part is hashed once, so reuse this object for
    many values.
    """

    def __init__(self, key: bytes, org_id: UUID, kind: str) -> None:
        self._begun = hmac.new(key, b"%b\x00%b\x00" % (org_id.bytes, kind.encode()), "sha256")

    def __call__(self, value: str) -> bytes:
        hashed = self._begun.copy()
        hashed.update(value.encode())
        return hashed.digest()

    def number(self, value: str) -> int:
        """The first 64 bits, as Postgres's ``bigint``."""
        return int.from_bytes(self(value)[:8], signed=True)


def word_hashes(key: bytes, org_id: UUID, words: Iterable[str]) -> list[int]:
    """A number for each word, as stored in the index of texts."""
    return list(map(LookupHash(key, org_id, "word").number, words))
