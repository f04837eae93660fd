"""What a sync learns of an account before it reads: custom fields, and which attributes its API version has.

Attributes come and go with the version, and asking for an unknown one is refused. So one record is looked at whole, and
then only what is there and what we read is asked for: a page shrinks to a third.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from jemmo.connectors.base import Config
from jemmo.connectors.teamtailor.lookups import Lookups
from jemmo.connectors.teamtailor.queries import FEEDS, INCLUDES, THIN, Query, every_job
from jemmo.connectors.teamtailor.refusals import Refused
from jemmo.connectors.teamtailor.wire import CandidateAttributes, Included, LooseDocument
from jemmo.domain.streams import Stream
from jemmo.rest_client import RestClient

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
        self._custom_fields_known = False
        self._asking = asyncio.Lock()
        self._stage_type: str | None = None
        self._stages_known = False
        self._talent_fields: str | None = None
        self.feeds: tuple[str, ...] = FEEDS
        self._feeds_known = config.options["feeds"] == "two_passes"

    async def learn(self, stream: Stream) -> None:
        """What reading ``stream`` needs to know."""
        if stream in (Stream.JOBS, Stream.TALENTS):
            async with self._asking:
                if not self._custom_fields_known:
                    await self._read_all("custom-fields", self.lookups.add_field)
                    await self._read_all("custom-field-options", self.lookups.add_option)
                    self._custom_fields_known = True
        if stream is Stream.JOBS and not self._feeds_known:
            self.feeds = await self._combined_feeds()
            self._feeds_known = True
        if (
            stream is Stream.TALENTS
            and self._talent_fields is None
            and self._config.on("sparse_fields")
        ):
            self._talent_fields = _known(await self._first("candidates"))
        if stream is Stream.APPLICATIONS and not self._stages_known:
            self.note_stages(await self._first("stages"))

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
        found = await self._client.get(Query(path=path, size=1, sort=None).url(), _decode)
        return found.data

    async def _read_all(self, path: str, add: Any) -> None:
        """Every page of a small list; an account without it, or a key that may not see it, has none."""
        url: str | None = Query(path=path, size=30, sort=None).url()
        visited = set()
        while url and url not in visited:
            visited.add(url)
            try:
                found = await self._client.get(url, _decode)
            except Refused:
                return
            for one in included_in(found.data):
                add(one)
            url = found.links.next


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


def _known(candidates: list[Any]) -> str | None:
    """Of the attributes we read, those that a record of this account has."""
    first = candidates[0] if candidates else None
    attributes = first.get("attributes") if isinstance(first, dict) else None
    if not isinstance(attributes, dict):
        return None
    return ",".join(sorted(_WANTED & set(attributes))) if set(attributes) >= _ALWAYS else None


def _identified(resource: Any) -> tuple[str | None, Any]:
    """A resource's id and a reader of its attributes, decoded or not."""
    if isinstance(resource, dict):
        attributes = resource.get("attributes")
        known = attributes if isinstance(attributes, dict) else {}
        return str(resource.get("id") or "") or None, lambda wire, _: known.get(wire)
    own = getattr(resource, "attributes", None)
    return str(resource.id), lambda _, name: getattr(own, name, None)
