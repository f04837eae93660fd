"""Keyed hashes, by which sealed data is found without being opened."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

BLOCK = 64  # bytes that SHA-256 takes at a time


class LookupHash:
    """What stands for values of one kind in an organisation; without the key nobody can tell which value it is.

    An HMAC with SHA-256 (RFC 2104) of organisation, kind and value. Only the value differs from call to call, so all
    before it is hashed once: a first sync makes a million of these, and ``hmac`` begins each anew.
    """

    def __init__(self, key: bytes, org_id: UUID, kind: str) -> None:
        block = (key if len(key) <= BLOCK else sha256(key).digest()).ljust(BLOCK, b"\x00")
        self._inner = sha256(bytes(one ^ 0x36 for one in block))
        self._outer = sha256(bytes(one ^ 0x5C for one in block))
        self._inner.update(b"%b\x00%b\x00" % (org_id.bytes, kind.encode()))

    def __call__(self, value: str) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(value.encode())
        outer.update(inner.digest())
        return outer.digest()

    def number(self, value: str) -> int:
        """The first 64 bits, as Postgres's ``bigint``."""
        return int.from_bytes(self(value)[:8], signed=True)


def word_hashes(key: bytes, org_id: UUID, words: Iterable[str]) -> list[int]:
    """A number for each word, as the index of texts keeps them."""
    return list(map(LookupHash(key, org_id, "word").number, words))
