"""Compares Jemmo with the ATS: every id of every stream, and every link."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from jemmo.domain import numbers
from jemmo.domain.entities import PERSONAL_STREAMS
from jemmo.domain.errors import StreamRefused
from jemmo.domain.history import is_older, limit_of
from jemmo.domain.ports import Source
from jemmo.domain.streams import Stream
from jemmo.services.base.ats_sessions import ats_session
from jemmo.services.base.lookups import lookup_key_by, record_hashes
from jemmo.services.base.scopes import connected
from jemmo.store.connections import key_refusals
from jemmo.store.db.postgres import explained
from jemmo.store.privacy import suppression
from jemmo.store.sync import brake, known_records
from jemmo.store.sync.known_records import SHOWN, Broken
from jemmo.store.sync.quota import SENT_AT_ONCE
from jemmo.store.sync.request_counts import counted
from jemmo.vault import Vault


class StreamVerdict(Struct, kw_only=True):
    """The comparison of one stream.

    ``missing`` records are in the ATS but not here, ``extra`` records are here but not in the ATS, and ``stale``
    records are here in another version; each with a count and some ids. ``kept`` counts extra records that a person
    decided to keep. ``excluded`` records are here but hidden by a rule, and ``rejected`` ones could not be stored.
    ``erased`` and ``left_out`` records are in the ATS but not here on purpose: they were erased, or are older than the
    history that the connection reads.
    """

    ats: int
    jemmo: int
    excluded: int
    rejected: int
    erased: int
    left_out: int
    missing_count: int
    extra_count: int
    stale_count: int
    kept: int
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        return not (self.missing_count or self.extra_count or self.stale_count)

    @property
    def extra_words(self) -> str:
        """The part of a sentence that describes the extra records."""
        if not self.kept:
            return "in Jemmo but not in the ATS"
        if self.kept == self.extra_count:
            return "in Jemmo but not in the ATS, and kept on purpose"
        return f"in Jemmo but not in the ATS; {self.kept:,} kept on purpose"


class Problem(Struct, frozen=True, kw_only=True):
    """A kind of difference. ``kind`` is missing, extra, stale or broken_relation; ``ids`` are some of the records."""

    kind: str
    stream: str
    count: int
    message: str
    ids: list[str] = field(default_factory=list)


class Verdict(Struct, kw_only=True):
    """The comparison of one connection: the shape of ``jemmo verify --json``. Equal when there are no problems."""

    connection_id: UUID
    equal: bool
    requests: int
    streams: dict[Stream, StreamVerdict]
    problems: list[Problem]
    broken_relations: dict[str, int]

    @property
    def kept(self) -> int:
        """The number of records that the ATS no longer lists and that a person decided to keep."""
        return sum(verdict.kept for verdict in self.streams.values())

    @property
    def equal_but_for_kept(self) -> bool:
        """Whether every difference is a record that was kept on purpose."""
        return sum(problem.count for problem in self.problems) == self.kept


Seen = Callable[[Stream, int, int | None], None]
"""Takes a stream, the number of its records listed so far, and the ATS's total if it reports one."""


def _unwatched(stream: Stream, count: int, total: int | None) -> None:
    return None


async def verify(
    connection_id: UUID, *, database_url: str, vault: Vault, seen: Seen = _unwatched
) -> Verdict:
    """Compare a connection with its ATS, changing no record. Raises like the source."""
    async with connected(connection_id, database_url) as (db, row):
        async with (
            key_refusals.storing_refusals(db, connection_id),
            ats_session(row, vault, database_url, at_once=SENT_AT_ONCE) as source,
            counted(db, connection_id, source),
        ):
            streams = {}
            with explained():
                key = await lookup_key_by(db, vault)
            hash_of = record_hashes(key, row.org_id, connection_id)
            for spec in source.streams:
                try:
                    theirs = await _theirs(source, spec.name, seen)
                except StreamRefused:
                    continue  # a lookup list that this account may not read
                erased = set()
                if spec.name in PERSONAL_STREAMS:
                    kept_out = await suppression.hashes(db, connection_id)
                    erased = {key for key in theirs if hash_of(spec.name, key) in kept_out}
                with explained():
                    ours = await known_records.versions(db, connection_id, spec.name)
                    hidden = await known_records.excluded(db, connection_id, spec.name)
                    rejected = await known_records.rejected(db, connection_id, spec.name)
                    kept = await brake.kept(db, connection_id, spec.name)
                older = {
                    key
                    for key, changed in theirs.items()
                    if key not in ours and is_older(spec.name, changed, limit_of(row.options))
                }
                streams[spec.name] = _compare(theirs, ours, hidden, rejected, erased, older, kept)
            requests = source.requests
        with explained():
            broken = await known_records.broken_relations(db, connection_id)
    compared = [relation for relation in broken if relation.target in streams]
    problems = [*_problems(streams), *_broken(compared)]
    return Verdict(
        connection_id=connection_id,
        equal=not problems,
        requests=requests,
        streams=streams,
        problems=problems,
        broken_relations={relation.name: relation.count for relation in broken},
    )


def _problems(streams: dict[Stream, StreamVerdict]) -> Iterator[Problem]:
    for stream, verdict in streams.items():
        for kind, count, ids, words in (
            ("missing", verdict.missing_count, verdict.missing, "in the ATS but not in Jemmo"),
            ("extra", verdict.extra_count, verdict.extra, verdict.extra_words),
            ("stale", verdict.stale_count, verdict.stale, "another version in the ATS"),
        ):
            if count:
                message = f"{numbers.counted(count, stream)}: {words}."
                yield Problem(kind=kind, stream=stream, count=count, message=message, ids=ids)


def _broken(relations: list[Broken]) -> Iterator[Problem]:
    for relation in relations:
        phrase = relation.leads_nowhere
        phrase = phrase.replace("point", "points", 1) if relation.count == 1 else phrase
        yield Problem(
            kind="broken_relation",
            stream=relation.stream,
            count=relation.count,
            message=f"{numbers.counted(relation.count, relation.stream)} {phrase}",
            ids=relation.ids,
        )


async def _theirs(source: Source, stream: Stream, seen: Seen) -> dict[str, datetime | None]:
    versions: dict[str, datetime | None] = {}
    seen(stream, 0, None)
    async for page in source.sightings(stream, None):
        versions |= {sighting.remote_id: sighting.remote_updated_at for sighting in page.sightings}
        seen(stream, len(versions), page.total)
    seen(stream, len(versions), len(versions))
    return versions


def _compare(
    theirs: dict[str, datetime | None],
    ours: dict[str, datetime | None],
    hidden: int,
    rejected: set[str],
    erased: set[str],
    older: set[str],
    kept: frozenset[str],
) -> StreamVerdict:
    missing = sorted(set(theirs) - set(ours) - rejected - erased - older)
    extra = sorted(set(ours) - set(theirs))
    stale = sorted(
        key
        for key, when in theirs.items()
        if when is not None and key in ours and when != ours[key]
    )
    return StreamVerdict(
        ats=len(theirs),
        jemmo=len(ours),
        excluded=hidden,
        rejected=len(rejected & set(theirs) - erased),
        erased=len(erased),
        left_out=len(older - rejected - erased),
        missing_count=len(missing),
        extra_count=len(extra),
        stale_count=len(stale),
        kept=len(kept.intersection(extra)),
        missing=missing[:SHOWN],
        extra=extra[:SHOWN],
        stale=stale[:SHOWN],
    )
