"""A Teamtailor account: what goes beyond JSON:API, and what a sync learns about the account."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from jemmo.connectors.base import Config
from jemmo.connectors.jsonapi.account import Account
from jemmo.connectors.jsonapi.document import LooseDocument, attributes_of, usable
from jemmo.connectors.jsonapi.query import Filters, Query
from jemmo.connectors.jsonapi.resource import ResourceType
from jemmo.connectors.loose import row_id
from jemmo.connectors.teamtailor.client import client
from jemmo.connectors.teamtailor.lookups import Inclusions, Lookups, named_digests
from jemmo.connectors.teamtailor.resources import FEEDS, RESOURCES, every_job, open_jobs
from jemmo.connectors.teamtailor.wire import CandidateAttributes, Included
from jemmo.domain.streams import Notes, Stream

FIELDS = "custom-fields"
MOST_CHOICES = 100  # select fields whose options are requested one by one

_READ = {field.encode_name for field in msgspec.structs.fields(CandidateAttributes)}
_ALWAYS = {
    *("email", "first-name", "last-name", "phone", "pitch", "tags"),
    *("resume", "original-resume", "created-at", "updated-at"),
}
"""Attributes that candidates have in every API version, even if blank."""


def _is_read(own: ResourceType, config: Config) -> bool:
    """Whether a stream is read. A limited history excludes notes: they may mention people who are not stored."""
    return own.spec.name is not Stream.NOTES or (config.on("notes") and config.limit is None)


class TeamtailorAccount(Account):
    path = "company"
    included = Included

    def __init__(self, config: Config) -> None:
        stage_types = config.on("stage_types")
        resources = [own if stage_types else replace(own, may_include=()) for own in RESOURCES]
        super().__init__(
            config, client(config), [own for own in resources if _is_read(own, config)]
        )
        self.lookups = Lookups(
            path_is_version=config.on("resume_path_is_version"),
            private_notes=config.on("private_notes"),
        )
        self._feeds: tuple[str, ...] = FEEDS
        self._feeds_known = config.options["feeds"] == "two_passes"
        self._talent_fields: str | None = None
        self._talents_known = False
        self._stage_type: str | None = None  # name of the attribute that contains it
        self._stages_known = False
        self._fields_read = False
        self._refused: set[str] = set()

    async def learn_account(self, stream: Stream, *, reads_all: bool) -> None:
        """Learn custom fields, feeds, and which attributes the account's API version has.

        Learning the attributes costs requests, which smaller pages only make up for when all talents are read.
        """
        if self.resources[stream].names and not self._fields_read:
            await self._read_custom_fields()
            self._fields_read = True
            self.digest = "" if self._refused else self.lookups.digest()
        if stream is Stream.JOBS and not self._feeds_known:
            self._feeds, self._feeds_known = await self._counted_feeds(), True
        if stream is Stream.APPLICATIONS and not self._stages_known:
            self.note(Stream.STAGES, await self.asker.first("stages"))
        learns = stream is Stream.TALENTS and reads_all and self.config.on("sparse_fields")
        if learns and not self._talents_known:
            attributes = await self.asker.attributes("candidates", _READ, _ALWAYS)
            self._talent_fields, self._talents_known = attributes, True

    def fields(self, stream: Stream) -> Mapping[str, str]:
        if not self.config.on("sparse_fields"):
            return {}
        own = self.resources[stream]
        thin = dict(own.thin)
        if FIELDS in self._refused and FIELDS in thin:
            thin[FIELDS] = "api-name,name"  # the labels are in no list
        if stream is Stream.APPLICATIONS and self._stage_type:
            thin["stages"] = self._stage_type
        if stream is Stream.TALENTS and self._talent_fields:
            relations = [name for name in own.include if "." not in name]
            thin["candidates"] = ",".join([self._talent_fields, *relations])
        return thin

    def further_includes(self, stream: Stream) -> tuple[str, ...]:
        """Include the stage's type by its relation, if stages were seen and none has it as an attribute."""
        by_relation = self._stages_known and self._stage_type is None
        return ("stage.stage-type",) if by_relation and stream is Stream.APPLICATIONS else ()

    def lists(self, stream: Stream) -> tuple[Filters, ...]:
        return tuple(map(every_job, self._feeds)) if stream is Stream.JOBS else ((),)

    def first_lists(self, stream: Stream) -> tuple[Filters, ...]:
        return tuple(map(open_jobs, self._feeds)) if stream is Stream.JOBS else ()

    def refused_lists(self, stream: Stream) -> Collection[str]:
        return sorted(self._refused) if FIELDS in self.resources[stream].thin else ()

    def digests(self, rows: Iterable[Any]) -> Mapping[str, str]:
        return named_digests(usable(rows, Included, Notes()))

    def around(self, included: list[Any]) -> Inclusions:
        return Inclusions(included, self.lookups)

    def note(self, stream: Stream, rows: Sequence[Any]) -> None:
        """Remember each stage's type, and which attribute this API version uses for it."""
        if stream is not Stream.STAGES:
            return
        self._stages_known = True
        for row in rows:
            own, key = attributes_of(row), row_id(row)
            legacy = own.get("legacy-stage-type-name")
            kind = legacy or own.get("stage-type")
            if key and isinstance(kind, str):
                self.lookups.stage_types[key] = kind
                self._stage_type = "legacy-stage-type-name" if legacy else "stage-type"

    def doubt(self, stream: Stream, rows: list[Any]) -> str | None:
        """Without Admin scope a job's ``created-at`` is null (public API reference, jobs)."""
        attributes = rows[0].get("attributes") if rows and isinstance(rows[0], dict) else None
        if stream is not Stream.JOBS or not isinstance(attributes, dict):
            return None
        if attributes.get("created-at") is not None:
            return None
        return "The key doesn't have Admin scope, so it can't read the dates and tags of jobs."

    async def _counted_feeds(self) -> tuple[str, ...]:
        """Request both feeds at once, if that counts as many jobs as separate requests."""
        together = ",".join(FEEDS)
        queries = [Query(path="jobs", fixed_filters=every_job(feed)) for feed in (together, *FEEDS)]
        whole, *counts = [await self.asker.count(query) for query in queries]
        known = [count for count in counts if count is not None]
        return (together,) if len(known) == len(counts) and whole == sum(known) else FEEDS

    async def _read_custom_fields(self) -> None:
        """Read custom fields and their options from one list, from a list of fields, or field by field."""
        fields = Query(path=FIELDS, include=("custom-field-selects",), sort=None)
        if not await self.asker.every_page(fields, self._add_fields):
            whole = await self.asker.every_page(replace(fields, include=()), self._add_fields)
            self._refused |= set() if whole else {FIELDS}
        options = Query(path="custom-field-options", sort=None)
        if not await self.asker.every_page(options, self._add_options):
            for key in sorted(self.lookups.choices)[:MOST_CHOICES]:
                path = f"custom-field-selects/{quote(key, safe='')}/custom-field-options"
                await self.asker.every_page(replace(options, path=path), self._add_options)

    def _add_fields(self, page: LooseDocument) -> None:
        for field in usable(page.rows, Included, Notes()):
            self.lookups.add_field(field)
        for choice in usable(page.included, Included, Notes()):
            self.lookups.add_choices(choice)

    def _add_options(self, page: LooseDocument) -> None:
        for option in usable(page.rows, Included, Notes()):
            self.lookups.add_option(option)
