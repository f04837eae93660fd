"""The digest of a copy, as the API computes it over its tables."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import TypedDict


class Total(TypedDict):
    """How many records there are, and the sum of the hashes of their versions modulo 2²⁵⁶, in hexadecimal."""

    count: int
    digest: str


Part = TypedDict("Part", {"from": str | None, "to": str | None, "count": int, "digest": str})
"""A range of ids, from the first up to but excluding the last; ``None``: no limit."""


def total_of(versions: Iterable[tuple[str, str]]) -> Total:
    """Of a copy's records: the ``id`` and ``modified_at`` of each, exactly as the API wrote them."""
    count = total = 0
    for record_id, modified_at in versions:
        count += 1
        total += int.from_bytes(sha256(f"{record_id}:{modified_at}".encode()).digest(), "big")
    return {"count": count, "digest": f"{total % 2**256:064x}"}
