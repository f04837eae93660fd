"""The digest of a copy, as the API computes it over its tables."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import TypedDict


class Total(TypedDict):
    """The number of records, and the sum of their versions' hashes modulo 2²⁵⁶, in hexadecimal."""

    count: int
    digest: str


Part = TypedDict("Part", {"from": str | None, "to": str | None, "count": int, "digest": str})
"""A range of ids, from the first up to but excluding the last; ``None``: no limit."""


def total_of(versions: Iterable[tuple[str, str]]) -> Total:
    """The total of a copy's records, from each ``id`` and ``modified_at`` exactly as the API wrote them."""
    count = total = 0
    for record_id, modified_at in versions:
        count += 1
        total += int.from_bytes(sha256(f"{record_id}:{modified_at}".encode()).digest(), "big")
    return {"count": count, "digest": f"{total % 2**256:064x}"}
