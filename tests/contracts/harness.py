"""The declarations by which a vendor joins the suite that every connector must pass (``test_every_connector.py``).

1. Write ``tests/contracts/vendors/<vendor>.py`` with one ``Vendor``: its sandbox's names of the streams, an edit with a
   visible effect, the attributes of a new talent, and the faults that its sandbox supports.
2. Add it to ``VENDORS`` in ``tests/contracts/vendors/all.py``.
3. Have someone who has read neither the connector nor its sandbox write a second server from the vendor's reference
   (``tests/replay``), and add it to ``REPLAYS`` there.

That is all, since the tests are parametrized over these lists. Omit from the declaration what a vendor lacks
(applications, restricted keys, files, webhooks); the suite then checks that the connector declares none either.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from jemmo.domain.streams import Stream
from jemmo.sandbox import SandboxServer, run_sandbox


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Attributes set on a record in the ATS, and how Jemmo then stores the record.

    columns  expected columns of its row; ``pay`` is its lowest and highest pay, ``()`` for none
    noted    beginning of the code of the expected warning; ``None`` for no warning
    """

    attributes: Mapping[str, Any]
    stream: Stream = Stream.JOBS
    columns: Mapping[str, Any] = field(default_factory=dict)
    pay: tuple[float | None, ...] | None = None
    noted: str | None = None


QUIRKS = (
    "a title with blanks around it",
    "a salary of zero as text",
    "remote as a truth value",
    "remote as a word",
    "a salary in thousands",
    "a date with two digits for the year",
    "markup in a name",
    "no e-mail address",
)
"""Oddities of real accounts. A vendor declares the outcome of each, or the reason in ``lacks`` why it can't occur."""


@dataclass(frozen=True, kw_only=True)
class Files:
    """Switches and options for serving and fetching resumes; ``{base}`` is the sandbox's address.

    ``live`` is the lifetime of a link in seconds, ``None`` if there are no such links.
    """

    switches: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    live: float | None = None


@dataclass(frozen=True, kw_only=True)
class Announced:
    """Orders that make the sandbox send webhooks about talents.

    orders    orders for each talent, in this order; new talents if the first is ``create``
    shows     column and value of a talent after the last order
    requests  maximum number of requests for refetching twenty talents, each named three times
    """

    orders: tuple[tuple[str, Mapping[str, Any]], ...]
    shows: tuple[str, Any]
    requests: int = 6


def edits(name: str, last: str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Return three edits of one attribute, of which only the last may be visible in the end."""
    values = ("first", "second", last)
    return tuple(("edit", {"attributes": {name: value}}) for value in values)


class Account(Protocol):
    """The interface of a vendor's second server (``tests/replay``).

    statuses      number of responses by HTTP status
    truth         the records that a full sync yields, by id
    misbehave     start a fault by the suite's name for it, or end it with ``None``
    expire_links  expire every link to a file sent so far
    """

    key: str
    base_url: str
    statuses: Counter[int]

    def truth(self, stream: Stream) -> dict[str, dict[str, Any]]: ...

    def misbehave(self, fault: str | None, measure: float | None = None) -> None: ...

    def expire_links(self) -> None: ...

    async def change(
        self, op: str, kind: str, record: int | str | None = None, **order: Any
    ) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """One vendor's sandbox, and the expectations of the suite.

    replay           starts its second server with the given number of talents and keys; ``None`` for the sandbox
    edition          name of that server's choices where the vendor's reference is silent
    kinds            the sandbox's names of the compared streams
    present          which of the sandbox's records the connector should store, if a list contains others too
    edit             attributes of a talent to change; ``shows`` is the column and value that result
    new_talent       attributes of a talent to create
    odd              unknown values of enumerations, which are stored unchanged and counted
    quirks           outcomes of ``QUIRKS``; ``lacks`` explains why the others can't occur
    small_key        scope of a key that may not read everything; ``None`` if keys have no scopes
    regions          whether a key works in only one region, which the error must then mention
    faults           the sandbox's names of the faults it supports, by the suite's names
    files            how resumes are served; ``None`` without files
    announced        how to trigger webhooks; ``None`` without webhooks
    custom           stream and key of a custom field defined by the customer; ``None`` if there are none
    meaningful_nulls fields for which null and a missing field have different meanings
    per_page         records in a full page; ``large_page`` is the same with the connector's default options
    overhead         requests that an initial sync may make in addition to full pages
    handful          requests that an incremental sync of an unchanged account may make
    own_deletes      whether incremental syncs notice deletions
    for_good         arguments that make a deletion permanent if it is soft by default
    """

    name: str
    replay: Callable[..., AbstractAsyncContextManager[Account]] | None = None
    edition: str = ""
    kinds: Mapping[Stream, str]
    edit: Mapping[str, Any]
    shows: tuple[str, Any]
    new_talent: Mapping[str, Any]
    present: Callable[[Stream, dict[str, Any]], bool] = lambda _stream, _record: True
    id_of: Callable[[Stream, dict[str, Any]], str] = lambda _stream, record: str(record["id"])
    odd: tuple[Shown, ...] = ()
    quirks: Mapping[str, Shown] = field(default_factory=dict)
    lacks: Mapping[str, str] = field(default_factory=dict)
    small_key: str | None = None
    regions: bool = False
    switches: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(
        default_factory=lambda: {
            "storm": "storm429=0.3",
            "expires": "expired_key",
            "shifting": "shifting",
            "duplicates": "duplicate_ids",
            "nonsense": "nulls,wrong_types,nasty_text,bad_dates,record_without_id",
        }
    )
    base_path: str = ""
    files: Files | None = None
    announced: Announced | None = None
    custom: tuple[Stream, str] | None = None
    meaningful_nulls: tuple[str, ...] = ()
    per_page: int = 30
    large_page: int = 30
    overhead: int = 25
    handful: int = 11
    own_deletes: bool = False
    for_good: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return "-".join(filter(None, (self.name, self.replay and "replay", self.edition)))


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

    @property
    def statuses(self) -> Mapping[int, int]:
        """The number of responses by HTTP status."""
        return self.server.site.log.statuses

    def forget_requests(self) -> None:
        self.server.site.log.reset()

    def fault(self, name: str, measure: float | None = None) -> None:
        found = self.vendor.faults[name]
        if measure is not None:
            found = f"{found.partition('=')[0]}={measure}"
        self.server.faults.set(found)

    def behave(self) -> None:
        self.server.faults.set("")

    def expire_links(self) -> None:
        """Expire every link to a file sent so far."""
        self.server.clock.advance(10 * ((self.vendor.files and self.vendor.files.live) or 3600))

    async def truth(self, stream: Stream) -> dict[str, dict[str, Any]]:
        """Return the sandbox's records of a stream, by id."""
        kind = self.vendor.kinds[stream]
        lines = [line async for line in self.server.provider.truth(kind, self.server.base_url)]
        records = [json.loads(line) for line in b"".join(lines).splitlines()]
        return {
            self.vendor.id_of(stream, one): one
            for one in records
            if self.vendor.present(stream, one)
        }

    async def old_talent(self) -> str:
        """Return a talent from the middle of the list that last changed long ago."""
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

    async def put(self, what: Shown) -> str:
        """Set these attributes on the first record of the stream; return its id."""
        remote_id = sorted(await self.truth(what.stream))[0]
        kind = self.vendor.kinds[what.stream]
        await self.server.change("edit", kind, remote_id, attributes=dict(what.attributes))
        return remote_id

    async def empty(self) -> None:
        """Delete every record of every compared stream."""
        for stream, kind in self.vendor.kinds.items():
            for remote_id in await self.truth(stream):
                with suppress(KeyError):  # deleted together with another record
                    await self.server.change("delete", kind, remote_id, **self.vendor.for_good)

    def file_options(self) -> dict[str, str]:
        """Return the connection's options, including those for fetching files."""
        files = self.vendor.files or Files()
        more = {name: text.format(base=self.base_url) for name, text in files.options.items()}
        return {**self.vendor.options, **more}


class Replay(Harness):
    """A running second server of one vendor."""

    server: Any

    def __init__(self, vendor: Vendor, account: Account) -> None:
        self.vendor = vendor
        self.server = account

    @property
    def statuses(self) -> Counter[int]:
        found: Counter[int] = self.server.statuses
        return found

    @property
    def requests(self) -> int:
        return self.statuses.total()

    def forget_requests(self) -> None:
        self.statuses.clear()

    def fault(self, name: str, measure: float | None = None) -> None:
        self.server.misbehave(self.vendor.faults[name], measure)

    def behave(self) -> None:
        self.server.misbehave(None)

    def expire_links(self) -> None:
        self.server.expire_links()

    async def truth(self, stream: Stream) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.server.truth(stream)
        return found


@asynccontextmanager
async def start(
    vendor: Vendor,
    *,
    talents: int = 60,
    keys: Mapping[str, str] | None = None,
    with_files: bool = False,
    **more: Any,
) -> AsyncIterator[Harness]:
    """Start a company of that vendor without a rate limit, optionally one that serves resumes."""
    if vendor.replay:
        async with vendor.replay(talents=talents, keys=keys) as account:
            yield Replay(vendor, account)
        return
    files = vendor.files if with_files and vendor.files else Files()
    async with run_sandbox(
        vendor.name,
        talents=talents,
        seed=5,
        keys=dict(keys or {}),
        switches={"rate_limit": False, **vendor.switches, **files.switches},
        **more,
    ) as server:
        yield Harness(vendor, server)
