"""How a vendor joins the suite that every connector must pass (``test_every_connector.py``).

1. Write ``tests/contracts/vendors/<vendor>.py`` with one ``Vendor``: what its sandbox calls the streams, an edit
   that shows, what makes a talent, which faults its sandbox knows.
2. Add it to ``VENDORS`` in ``tests/contracts/vendors/all.py``.
3. Have somebody who has read neither the connector nor its sandbox write a second server from the vendor's reference
   (``tests/replay``), and add it to ``REPLAYS`` there.

Nothing else: the tests are parametrised over that list. What a vendor lacks (applications, small
keys, files, webhooks) it leaves out of its declaration, and what is tested then is that the connector declares none.
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
    """What is put on a record at the ATS, and what is held of it then.

    columns  of its row; ``pay`` its lowest and highest pay, ``()`` for none
    noted    the beginning of the code of a warning that counts it; ``None`` where nothing is to be told
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
"""What real accounts hold. Of each a vendor shows what becomes of it, or says in ``lacks`` why it cannot come."""


@dataclass(frozen=True, kw_only=True)
class Files:
    """What makes a sandbox hand out resumes, and a connection fetch them; ``{base}`` is the sandbox's address.

    ``live`` is for how many seconds a link that it hands out works, ``None`` where there are no such links.
    """

    switches: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    live: float | None = None


@dataclass(frozen=True, kw_only=True)
class Announced:
    """How the sandbox is made to send webhooks that name talents.

    orders    what is ordered for each talent, in turn; where the first is ``create``, of new ones
    shows     column and value of a talent that tell of the last order
    requests  most requests that a look at twenty of them, named three times each, may make
    """

    orders: tuple[tuple[str, Mapping[str, Any]], ...]
    shows: tuple[str, Any]
    requests: int = 6


def edits(name: str, last: str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    """Three edits of one attribute, so that only the last may show."""
    values = ("first", "second", last)
    return tuple(("edit", {"attributes": {name: value}}) for value in values)


class Account(Protocol):
    """A second server of a vendor (``tests/replay``), as the suite needs it.

    statuses      how often it gave each HTTP status
    truth         the records that a full sync yields, by id
    misbehave     start a fault by the suite's word for it, or end it with ``None``
    expire_links  let every link to a file that was handed out die
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
    """One vendor's sandbox as the suite needs it.

    replay      its second server, with so many talents and these keys; ``None`` for the sandbox
    edition     which of the ways that the vendor's reference leaves open that server takes
    kinds       the sandbox's name of each stream that is compared; others are not
    present     which records of the sandbox's truth the connector should hold, for kinds that are mixed
    edit        attributes of a talent to change, and the column and value that then show it
    new_talent  attributes of a talent to create
    odd         values of closed lists that nobody knows: kept as they are, and counted
    quirks      what becomes of each of ``QUIRKS``; ``lacks`` tells of others why they cannot come
    small_key   scope of a key that may not read everything; ``None`` where keys have no scopes
    regions     whether a key works in one region only, so that a refusal has to speak of it
    faults      the suite's word for a fault -> what the sandbox calls it, for those that are there
    files       how resumes are handed out; ``None`` without files
    announced   how webhooks are sent; ``None`` without webhooks
    custom      stream and key of a custom field that its people have defined; ``None`` where there are none
    telling     names whose null says something else than their absence
    per_page    records in a full page; ``large_page`` the same with the connector's own default options
    overhead    requests an initial sync may make beside full pages
    handful     requests an incremental sync of an unchanged account may make
    own_deletes whether a deletion arrives with an incremental sync already
    for_good    what makes an order to delete final, where a deletion is soft
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
    telling: tuple[str, ...] = ()
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
        """How often it gave each HTTP status."""
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
        """Let every link to a file that was handed out die."""
        self.server.clock.advance(10 * ((self.vendor.files and self.vendor.files.live) or 3600))

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

    async def put(self, what: Shown) -> str:
        """Change the first record of a stream so; its id."""
        remote_id = sorted(await self.truth(what.stream))[0]
        kind = self.vendor.kinds[what.stream]
        await self.server.change("edit", kind, remote_id, attributes=dict(what.attributes))
        return remote_id

    async def empty(self) -> None:
        """Take every record of every compared stream away."""
        for stream, kind in self.vendor.kinds.items():
            for remote_id in await self.truth(stream):
                with suppress(KeyError):  # it went with another
                    await self.server.change("delete", kind, remote_id, **self.vendor.for_good)

    def file_options(self) -> dict[str, str]:
        """The connection's options, with what fetching files needs besides."""
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
    """A company of that vendor, without a rate limit; one that hands out resumes if asked for."""
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
