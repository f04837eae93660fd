"""What a sync learns of an account: custom fields, which attributes its API version has, what it does not answer.

Attributes come and go with the version, and asking for an unknown one is refused. So one record is looked at whole, and
then only what is there and what we read is asked for: a page shrinks to a third. An include, a filter, a sort or a
sparse field that is refused is left out from then on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from jemmo.connectors.base import Config
from jemmo.connectors.teamtailor.lookups import Lookups
from jemmo.connectors.teamtailor.queries import FEEDS, INCLUDES, THIN, Query, every_job
from jemmo.connectors.teamtailor.refusals import Refused
from jemmo.connectors.teamtailor.remembering import Remembering
from jemmo.connectors.teamtailor.wire import CandidateAttributes, Included, LooseDocument
from jemmo.connectors.whole import whole
from jemmo.domain.errors import ScopeTooSmall
from jemmo.domain.streams import Stream
from jemmo.rest_client import Answer, RestClient

PARTS = ("fields", "include", "sort", "filter")
"""What is left out, in this order, where a refusal does not say what it is about."""
Part = tuple[str, frozenset[str] | None]
"""A part of a query and the names in it that are left out; ``None`` for all of it."""
NAMED = {Stream.JOBS: ("locations", "roles"), Stream.TALENTS: ("locations",)}
"""Lists whose names are kept in the records that refer to them. They are short, and tell no date of a change."""
NAMED_BY = {"locations": "[locations]", "roles": "[role]"}
MOST_NAMED = 500  # of which digests are kept; of more, records are only read again in their turn
MOST_CHOICES = 100  # select fields whose options are asked for one by one

_decode = msgspec.json.Decoder(LooseDocument).decode
_WANTED = {field.encode_name for field in msgspec.structs.fields(CandidateAttributes)}
_ALWAYS = {
    *("email", "first-name", "last-name", "phone", "pitch", "tags"),
    *("resume", "original-resume", "created-at", "updated-at"),
}
"""In every version's records, blank or not. Where one lacks some, blanks are left out, so it says nothing of others."""


class Learner:
    """Asks once per sync, when a stream first needs it."""

    def __init__(self, client: RestClient, config: Config) -> None:
        self.lookups = Lookups(path_is_version=config.on("resume_path_is_version"))
        self._client = client
        self._config = config
        self.digest = ""
        self._named: set[str] = set()
        self._custom_fields_known = False
        self._asking = asyncio.Lock()
        self._stage_type: str | None = None
        self._stages_known = False
        self._talent_fields: str | None = None
        self._talents_known = False
        self.feeds: tuple[str, ...] = FEEDS
        self._feeds_known = config.options["feeds"] == "two_passes"
        self._refused: dict[str, list[Part]] = {}
        self.remembering = Remembering(config.refusals)

    async def learn(self, stream: Stream, *, reads_all: bool = False) -> None:
        """What reading ``stream`` needs to know.

        Only where all talents are read do smaller pages save more than it costs to learn how to ask for them.
        """
        await self.remembering.recall()
        if stream in (Stream.JOBS, Stream.TALENTS):
            async with self._asking:
                if not self._custom_fields_known:
                    await self._read_custom_fields()
                    self._custom_fields_known = True
                    self.digest = self.lookups.digest()
                await self._read_named(NAMED[stream])
        if stream is Stream.JOBS and not self._feeds_known:
            self.feeds = await self._combined_feeds()
            self._feeds_known = True
        if stream is Stream.TALENTS and reads_all and self._config.on("sparse_fields"):
            async with self._asking:
                if not self._talents_known:
                    self._talent_fields = await self._known(await self._first("candidates"))
                    self._talents_known = True
        if stream is Stream.APPLICATIONS and not self._stages_known:
            self.note_stages(await self._first("stages"))

    def basis(self, stream: Stream, before: str | None) -> str | None:
        """What the stream's records are mapped with besides themselves; of a list that is refused what was known."""
        if stream not in NAMED:
            return None
        old = _parts(before)
        named = {
            key: value
            for kind in NAMED[stream]
            for key, value in (self.lookups.named if kind in self._named else old).items()
            if key.startswith(f"{kind}:")
        }
        if len(named) > MOST_NAMED:
            return self.digest
        return f"{self.digest} {msgspec.json.encode(named).decode()}"

    def renamed(self, stream: Stream, before: str | None) -> list[tuple[str, str]]:
        """Filters by which the records are found that refer to a place or a role that has changed since."""
        old, new = _parts(before), _parts(self.basis(stream, before))
        changed = [key.split(":", 1) for key in sorted(old) if key in new and old[key] != new[key]]
        return [(NAMED_BY[kind], key) for kind, key in changed]

    def fields(self, stream: Stream) -> tuple[tuple[str, str], ...]:
        """Sparse fields: of the stream's own records where they are learned, and of what comes along."""
        if not self._config.on("sparse_fields"):
            return ()
        thin = dict(THIN.get(stream, {}))
        if stream is Stream.APPLICATIONS and self._stage_type:
            thin["stages"] = self._stage_type
        if stream is Stream.TALENTS and self._talent_fields:
            own = [name for name in INCLUDES[stream] if "." not in name]
            thin["candidates"] = ",".join([self._talent_fields, *own])
        return tuple(thin.items())

    async def count(self, query: Query) -> int | None:
        """How many records a list has; ``None`` where it is refused or does not tell."""
        found = await self._ask(replace(query, include=(), fields=(), sort=None, size=1).url())
        return found.meta.record_count if found else None

    @property
    def knows_types_by_relation_alone(self) -> bool:
        """Whether stages were seen, and none with its type as an attribute."""
        return self._stages_known and self._stage_type is None

    # --- what is refused ---

    def allowed(self, query: Query) -> Query:
        """The query without what this account has refused, in this sync or lately."""
        for one in self.remembering.of(query.path):
            query = query.without(one.part, frozenset(one.names) or None) or query
        for part, names in self._refused.get(query.path, ()):
            query = query.without(part, names) or query
        return query

    async def less(self, query: Query, error: Refused | ScopeTooSmall) -> Query | None:
        """A smaller query to ask instead of one that was refused; ``None`` where nothing is left to leave out.

        Where the answer names what it refuses, that; else what is only there to save time, then each include that is
        refused by itself, then order and filter.
        """
        words = error.words if isinstance(error, Refused) else frozenset()
        named = error.part if isinstance(error, Refused) else "include"
        for one in (named,) if named else PARTS:
            part, names = await self._refused_of(query, one, words)
            less = query.without(part, names)
            if less is not None:
                sure = bool(named) or part in ("fields", "include")
                if sure or await self._refuses_alone(query, part):  # else only guessed
                    self._refused.setdefault(query.path, []).append((part, names))
                    await self.remembering.note(query.path, part, names or ())
                return less
        return None

    async def _refuses_alone(self, query: Query, part: str) -> bool:
        """Whether an order or a filter alone is refused, where the answer does not say what is."""
        alone = Query(path=query.path, fixed_filters=query.fixed_filters, size=1, sort=None)
        if part == "sort":
            alone = replace(alone, sort=query.sort)
        elif part == "filter":
            alone = replace(alone, filters=query.filters)
        return await self._is_refused(alone)

    async def _refused_of(self, query: Query, part: str, words: frozenset[str]) -> Part:
        """What to leave out where a part of a query is refused, in the words of ``Query.without``."""
        if part == "include":
            gone = {one for one in query.include if one in words}
            gone = gone or {one for one in query.include if await self._refuses(query.path, one)}
            return part, frozenset(gone)
        if part == "sort":
            return part, frozenset((query.sort or "",))
        if part == "filter" and query.without("fixed filter", words):
            return "fixed filter", words
        if part == "filter":
            used = {name: name[1:].partition("]")[0] for name, _ in query.filters}
            gone = {name for name, field in used.items() if field in words}
            return part, frozenset(gone or used)
        return part, None

    async def _refuses(self, path: str, include: str) -> bool:
        """Whether one include alone is refused, where the list without it is not."""
        return await self._is_refused(Query(path=path, include=(include,), size=1, sort=None))

    async def _is_refused(self, query: Query) -> bool:
        try:
            await self._client.get(query.url(), _decode)
        except (Refused, ScopeTooSmall):
            return True
        return False

    def note_stages(self, stages: Iterable[Any]) -> None:
        """Remember each stage's type, and by which of its two names this API version gives it."""
        self._stages_known = True
        for resource in stages:
            key, own = _identified(resource)
            legacy = own("legacy-stage-type-name", "legacy_stage_type_name")
            found = legacy or own("stage-type", "stage_type")
            if key and isinstance(found, str):
                self.lookups.stage_types[key] = found
                self._stage_type = "legacy-stage-type-name" if legacy else "stage-type"

    async def _combined_feeds(self) -> tuple[str, ...]:
        """Both feeds in one request, if that counts as many jobs as one after the other."""
        together = ",".join(FEEDS)
        counts = []
        for feed in (together, *FEEDS):
            query = Query(path="jobs", fixed_filters=every_job(feed), size=1)
            try:
                page = await self._client.get(query.url(), _decode)
            except Refused:
                return FEEDS
            counts.append(page.meta.record_count)
        whole, *parts = counts
        known = [part for part in parts if part is not None]
        return (together,) if len(known) == len(parts) and whole == sum(known) else FEEDS

    async def _first(self, path: str) -> list[Any]:
        if self.remembering.refuses(path):
            return []
        found = await self._ask(Query(path=path, size=1, sort=None).url())
        return found.data if found else []

    async def _known(self, candidates: list[Any]) -> str | None:
        """Of the attributes we read, those that candidates of this account have.

        Where one candidate lacks some, they may be blank or unknown: whether they are refused is asked.
        """
        first = candidates[0] if candidates else None
        attributes = first.get("attributes") if isinstance(first, dict) else None
        if not isinstance(attributes, dict) or not set(attributes) >= _ALWAYS:
            return None
        unseen = _WANTED - set(attributes)
        while unseen and (refused := await self._refused_fields(unseen)):
            unseen -= refused
        return ",".join(sorted((_WANTED & set(attributes)) | unseen))

    async def _refused_fields(self, names: set[str]) -> set[str]:
        """Those of some fields that the answer refuses; all of them, where it does not say which."""
        fields = (("candidates", ",".join(sorted(names))),)
        query = Query(path="candidates", fields=fields, size=1, sort=None)
        try:
            await self._client.get(query.url(), _decode)
        except Refused as error:
            named = names & error.words
            if named or len(names) == 1:
                return named or names
            return {one for one in names if await self._refused_fields({one})}
        return set()

    async def _read_custom_fields(self) -> None:
        """Fields and what their choices are called: from one list, or beside the fields, or field by field."""
        fields = Query(path="custom-fields", include=("custom-field-selects",), sort=None)
        if not await self._read_all(fields, self.lookups.add_field):
            await self._read_all(replace(fields, include=()), self.lookups.add_field)
        options = Query(path="custom-field-options", sort=None)
        if not await self._read_all(options, self.lookups.add_option):
            for key in sorted(self.lookups.choices)[:MOST_CHOICES]:
                path = f"custom-field-selects/{quote(key, safe='')}/custom-field-options"
                await self._read_all(replace(options, path=path), self.lookups.add_option)

    async def _read_named(self, kinds: tuple[str, ...]) -> None:
        for kind in kinds:
            if kind not in self._named and await self._read_all(
                Query(path=kind, sort=None), self.lookups.add_named
            ):
                self._named.add(kind)

    async def _read_all(self, query: Query, add: Callable[[Included], None]) -> bool:
        """Every page of a small list. An account without it, or a key that may not see it, has none: ``False``."""
        if self.remembering.refuses(query.path, query.include):
            return False
        try:
            async for found in whole(
                self._client, query.url(), _page, lambda page: page.links.next
            ):
                for one in included_in(found.data):
                    add(one)
                for one in included_in(found.included):
                    self.lookups.add_choices(one)
        except (Refused, ScopeTooSmall):
            await self.remembering.note(query.path, names=query.include)
            return False
        return True

    async def _ask(self, url: str) -> LooseDocument | None:
        """An answer that reading can do without; ``None`` where it is refused."""
        try:
            return await self._client.get(url, _decode)
        except (Refused, ScopeTooSmall):
            return None


def _page(answer: Answer) -> LooseDocument:
    return _decode(answer.body)


def _parts(basis: str | None) -> dict[str, str]:
    """The digests of places and roles in a basis."""
    found = (basis or "").partition(" ")[2]
    return msgspec.json.decode(found, type=dict[str, str]) if found else {}


def included_in(found: Sequence[Any]) -> list[Included]:
    """What came along, without the objects that do not have the promised shape."""
    usable = []
    for one in found:
        if isinstance(one, Included):
            usable.append(one)
            continue
        try:
            usable.append(msgspec.convert(one, Included, strict=False))
        except msgspec.ValidationError:
            continue
    return usable


def _identified(resource: Any) -> tuple[str | None, Any]:
    """A resource's id and a reader of its attributes, decoded or not."""
    if isinstance(resource, dict):
        attributes = resource.get("attributes")
        known = attributes if isinstance(attributes, dict) else {}
        return str(resource.get("id") or "") or None, lambda wire, _: known.get(wire)
    own = getattr(resource, "attributes", None)
    return str(resource.id), lambda _, name: getattr(own, name, None)
