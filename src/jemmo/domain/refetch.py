"""Refetches one record by id, even if the ATS responds with another record."""

from __future__ import annotations

from msgspec import Struct

from jemmo.domain.ports import Source
from jemmo.domain.streams import Page, Stream

MAX_MERGES = 5  # in a row: the survivor of a merge may have been merged again


class Refetched(Struct, frozen=True, kw_only=True):
    """What the ATS returned for an id: pages to write, and whether the record is ``gone``."""

    pages: list[Page]
    gone: bool


async def refetch(source: Source, stream: Stream, remote_id: str) -> Refetched:
    """Request one record by id. Raises the source's errors.

    After a merge, an ATS answers the old id with "not found" or with the surviving record, directly or by a redirect. A
    record with another id means that the requested one is gone. The survivor is then requested by its own id, since a
    redirect may have dropped query parameters.
    """
    asked: set[str] = set()
    current_id = remote_id
    while True:
        page = await source.fetch(stream, current_id)
        other = _other(page, current_id) if page else None
        if other is None:
            return Refetched(
                pages=[page] if page else [], gone=page is None or current_id != remote_id
            )
        asked.add(current_id)
        if other in asked or len(asked) > MAX_MERGES:
            return Refetched(pages=[], gone=True)
        current_id = other


def _other(page: Page, asked_id: str) -> str | None:
    """Return the id of a record that came instead of the requested one. A response without any id proves nothing."""
    ids = [raw.remote_id for raw in page.raw if raw.remote_id]
    return ids[0] if ids and asked_id not in ids else None
