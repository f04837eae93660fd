"""Rows of older accounts: they name the vacancy by its title alone and do not say whether an applicant is archived."""

from __future__ import annotations

from hashlib import blake2b

from jemmo.connectors.flatchr.wire import Row

ONLY_ACTIVE = {"status": 1}


def unlisted(title: str | None) -> int:
    """Stands for the vacancy of a title that Flatchr does not list, where nothing else is known of it."""
    digest = blake2b((title or "").encode("utf-8", "replace"), digest_size=6).digest()
    return -int.from_bytes(digest) - 1


def lack_status(found: list[Row]) -> bool:
    """Whether these are rows of an older account, which do not say whether an applicant is archived."""
    return bool(found) and not any("status" in row for row in found)
