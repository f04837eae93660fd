"""How a vendor joins the suite that every connector must pass (``test_every_connector.py``).

1. Write ``tests/contracts/vendors/<vendor>.py`` with one ``Vendor``: what its sandbox calls the streams, an edit
   that shows, what makes a talent, which faults its sandbox knows.
2. Add it to ``VENDORS`` in ``tests/contracts/vendors/all.py``.

Nothing else: the tests are parametrised over that list. What a vendor lacks (applications, small
keys, deletions) it leaves out of its declaration, and the tests about it are skipped for it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from jemmo.domain.streams import Stream
from jemmo.sandbox import SandboxServer, run_sandbox


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """One vendor's sandbox as the suite needs it.

    kinds       the sandbox's name of each stream that is compared; others are not
    present     which records of the sandbox's truth the connector should hold, for kinds that are mixed
    edit        attributes of a talent to change, and the column and value that then show it
    new_talent  attributes of a talent to create
    odd_value   attributes of a job with a value of a list that nobody knows; ``None`` without such a list
    small_key   scope of a key that may not read everything; ``None`` where keys have no scopes
    faults      the suite's word for a fault -> what the sandbox calls it, for those that are there
    per_page    records in a full page
    overhead    requests an initial sync may make beside full pages
    handful     requests an incremental sync of an unchanged account may make
    own_deletes whether a deletion arrives with an incremental sync already
    """

    name: str
    kinds: Mapping[Stream, str]
    edit: Mapping[str, Any]
    shows: tuple[str, Any]
    new_talent: Mapping[str, Any]
    present: Callable[[Stream, dict[str, Any]], bool] = lambda _stream, _record: True
    id_of: Callable[[Stream, dict[str, Any]], str] = lambda _stream, record: str(record["id"])
    odd_value: Mapping[str, Any] | None = None
    odd_shows: tuple[str, Any] | None = None
    small_key: str | None = None
    switches: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(
        default_factory=lambda: {
            "storm": "storm429=0.3",
            "expires": "expired_key",
            "shifting": "shifting",
            "duplicates": "duplicate_ids",
        }
    )
    base_path: str = ""
    per_page: int = 30
    overhead: int = 25
    handful: int = 15
    own_deletes: bool = False


class Harness:
    """A running sandbox of one vendor."""

    def __init__(self, vendor: Vendor, server: SandboxServer) -> None:
        self.vendor = vendor
        self.server = server

    @property
    def base_url(self) -> str:
        return self.server.base_url + self.vendor.base_path

    @property
    def requests(self) -> int:
        return self.server.site.log.counts.total()

    def forget_requests(self) -> None:
        self.server.site.log.reset()

    def fault(self, name: str, measure: float | None = None) -> None:
        found = self.vendor.faults[name]
        if measure is not None:
            found = f"{found.partition('=')[0]}={measure}"
        self.server.faults.set(found)

    def behave(self) -> None:
        self.server.faults.set("")

    async def truth(self, stream: Stream) -> dict[str, dict[str, Any]]:
        """What the sandbox holds of a stream, by id."""
        kind = self.vendor.kinds[stream]
        lines = [line async for line in self.server.provider.truth(kind, self.server.base_url)]
        records = [json.loads(line) for line in b"".join(lines).splitlines()]
        return {
            self.vendor.id_of(stream, one): one
            for one in records
            if self.vendor.present(stream, one)
        }

    async def old_talent(self) -> str:
        """A talent from the middle of the list, last changed long ago."""
        ids = sorted(await self.truth(Stream.TALENTS))
        return ids[len(ids) // 2]

    async def edit_talent(self, remote_id: str) -> None:
        kind = self.vendor.kinds[Stream.TALENTS]
        await self.server.change("edit", kind, remote_id, attributes=dict(self.vendor.edit))

    async def delete_talent(self, remote_id: str) -> None:
        await self.server.change("delete", self.vendor.kinds[Stream.TALENTS], remote_id)

    async def create_talent(self) -> str:
        kind = self.vendor.kinds[Stream.TALENTS]
        return await self.server.change("create", kind, attributes=dict(self.vendor.new_talent))

    async def edit_job(self, attributes: Mapping[str, Any]) -> str:
        remote_id = sorted(await self.truth(Stream.JOBS))[0]
        kind = self.vendor.kinds[Stream.JOBS]
        await self.server.change("edit", kind, remote_id, attributes=dict(attributes))
        return remote_id


@asynccontextmanager
async def start(
    vendor: Vendor, *, talents: int = 60, keys: Mapping[str, str] | None = None
) -> AsyncIterator[Harness]:
    """A company of that vendor, without a rate limit."""
    async with run_sandbox(
        vendor.name,
        talents=talents,
        seed=5,
        keys=dict(keys or {}),
        switches={"rate_limit": False, **vendor.switches},
    ) as server:
        yield Harness(vendor, server)
