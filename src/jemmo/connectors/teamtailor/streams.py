"""The streams of Teamtailor: in which order they are read, by which cursor, into which records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from msgspec import Struct

from jemmo.connectors.base import Config
from jemmo.connectors.teamtailor import mapping, wire
from jemmo.connectors.teamtailor.lookups import Inclusions
from jemmo.connectors.teamtailor.queries import BESIDE
from jemmo.domain.records import Record
from jemmo.domain.streams import Notes, Stream, StreamSpec

BOUNDS = timedelta(seconds=2)
"""Read back in any case: whether a filter's bound counts, and whether it knows less than seconds, is not known."""


class Kind(Struct, frozen=True):
    """How a stream's resources are decoded and mapped."""

    attributes: Any
    resource: Any
    map: Callable[[Any, Inclusions, Notes], Record]


KINDS: dict[Stream, Kind] = {
    Stream.DEPARTMENTS: Kind(
        wire.NamedAttributes, wire.Resource[wire.NamedAttributes], mapping.department
    ),
    Stream.USERS: Kind(wire.UserAttributes, wire.Resource[wire.UserAttributes], mapping.user),
    Stream.REJECT_REASONS: Kind(
        wire.NamedAttributes, wire.Resource[wire.NamedAttributes], mapping.reject_reason
    ),
    Stream.JOBS: Kind(wire.JobAttributes, wire.Resource[wire.JobAttributes], mapping.job),
    Stream.STAGES: Kind(wire.StageAttributes, wire.Resource[wire.StageAttributes], mapping.stage),
    Stream.TALENTS: Kind(
        wire.CandidateAttributes, wire.Resource[wire.CandidateAttributes], mapping.talent
    ),
    Stream.APPLICATIONS: Kind(
        wire.ApplicationAttributes,
        wire.Resource[wire.ApplicationAttributes],
        mapping.application,
    ),
}


def streams_of(config: Config) -> list[StreamSpec]:
    """The streams, with the lag the connection wants.

    Users are asked for what changed like the large streams: a filter that is not proved for them, so
    where it is refused or ignored, all are read. Departments and reject reasons are few and read whole.
    """
    lag = timedelta(minutes=int(config.options["lag_minutes"])) + BOUNDS

    def changing(name: Stream, *after: Stream, thin_sweep: bool = True) -> StreamSpec:
        return StreamSpec(
            name=name,
            cursor="updated-at",
            lag=lag,
            after=after,
            thin_sweep=thin_sweep,
            recent=name in BESIDE or name is Stream.JOBS,
        )

    return [
        StreamSpec(name=Stream.DEPARTMENTS),
        changing(Stream.USERS),
        StreamSpec(name=Stream.REJECT_REASONS),
        # A job's own date need not move with its role, its locations or their names.
        changing(Stream.JOBS, Stream.DEPARTMENTS, Stream.USERS, thin_sweep=False),
        changing(Stream.STAGES, Stream.JOBS),
        changing(Stream.TALENTS, Stream.DEPARTMENTS, Stream.STAGES),
        changing(Stream.APPLICATIONS, Stream.STAGES, Stream.REJECT_REASONS),
    ]
