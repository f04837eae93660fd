"""Is what we hold what the ATS has? Every id of every stream is compared, every relation looked at."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from jemmo.domain.ports import Source
from jemmo.domain.streams import Stream
from jemmo.services.lookups import keeper_of
from jemmo.services.scopes import connected
from jemmo.services.syncs import opened
from jemmo.store import held, suppression
from jemmo.store.postgres import explained
from jemmo.vault import Vault

SHOWN = 20  # ids listed of each difference


class StreamVerdict(Struct, kw_only=True):
    """One stream compared.

    ``missing`` are in the ATS and not here, ``extra`` here and not there, ``stale`` were changed
    there since; of each the
    count and some ids. ``excluded`` are here but hidden by a rule, ``rejected`` could not be kept.
    """

    ats: int
    jemmo: int
    excluded: int
    rejected: int
    missing_count: int
    extra_count: int
    stale_count: int
    missing: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        return not (self.missing_count or self.extra_count or self.stale_count)


class Verdict(Struct, kw_only=True):
    """One connection compared: the shape of ``jemmo verify --json``."""

    connection_id: UUID
    equal: bool
    requests: int
    streams: dict[Stream, StreamVerdict]
    broken_relations: dict[str, int]


async def verify(connection_id: UUID, *, database_url: str, vault: Vault) -> Verdict:
    """Compare a connection with its ATS, changing nothing. Raises as the source does."""
    async with connected(connection_id, database_url) as (db, row):
        async with opened(row, vault, database_url) as source:
            streams = {}
            keeps_out = await keeper_of(db, row, vault)
            for spec in source.streams:
                theirs = await _theirs(source, spec.name)
                if spec.name in suppression.STREAMS:
                    erased = await suppression.hashes(db, connection_id)
                    theirs = {
                        key: when
                        for key, when in theirs.items()
                        if keeps_out(spec.name, key) not in erased
                    }
                with explained():
                    ours = await held.versions(db, connection_id, spec.name)
                    hidden = await held.excluded(db, connection_id, spec.name)
                    rejected = await held.rejected(db, connection_id, spec.name)
                streams[spec.name] = _compare(theirs, ours, hidden, rejected)
            requests = source.requests
        with explained():
            broken = await held.broken_relations(db, connection_id)
    return Verdict(
        connection_id=connection_id,
        equal=all(one.equal for one in streams.values()),
        requests=requests,
        streams=streams,
        broken_relations=broken,
    )


async def _theirs(source: Source, stream: Stream) -> dict[str, datetime | None]:
    return {
        one.remote_id: one.remote_updated_at
        async for page in source.sightings(stream, None)
        for one in page.sightings
    }


def _compare(
    theirs: dict[str, datetime | None],
    ours: dict[str, datetime | None],
    hidden: int,
    rejected: set[str],
) -> StreamVerdict:
    missing = sorted(set(theirs) - set(ours) - rejected)
    extra = sorted(set(ours) - set(theirs))
    stale = sorted(
        key
        for key, when in theirs.items()
        if when is not None and (mine := ours.get(key)) is not None and when > mine
    )
    return StreamVerdict(
        ats=len(theirs),
        jemmo=len(ours),
        excluded=hidden,
        rejected=len(rejected & set(theirs)),
        missing_count=len(missing),
        extra_count=len(extra),
        stale_count=len(stale),
        missing=missing[:SHOWN],
        extra=extra[:SHOWN],
        stale=stale[:SHOWN],
    )
