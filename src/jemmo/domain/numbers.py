"""The numbers of a sync that people are shown, each computed here alone. docs/counts-and-times.md defines them.

A *record* is a job, a talent or an application. The records that they refer to (departments, users, stages, reject
reasons) are synced too, but not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from jemmo.domain.streams import Stream

RECORDS = (Stream.JOBS, Stream.TALENTS, Stream.APPLICATIONS)
CHANGES = ("created", "updated", "deleted")

Lines = Mapping[str, Mapping[str, int]]
"""A report's counts by stream, as they are stored."""


def counted(count: int, stream: str) -> str:
    """How many of a stream's records, in English: ``1 job``, ``1,200 reject reasons``."""
    name = stream.replace("_", " ")
    return f"{count:,} {name.removesuffix('s') if count == 1 else name}"


def known(counts: Mapping[str, int], synced: Mapping[str, object]) -> dict[str, int | None]:
    """The counts to show; ``None`` for a stream with no records and no sync, of which nobody knows how many it has."""
    return {name: count if count or synced.get(name) else None for name, count in counts.items()}


class Numbers(Struct, frozen=True, kw_only=True):
    """The counts of a sync.

    ``created`` and ``updated`` count records that people see, ``deleted`` excluded ones as well.

    ``read`` counts those that the ATS sent.

    Until the sync ends it is unknown which new records a rule hides, so ``created`` and ``changed`` must not be shown.
    """

    read: int
    created: int
    updated: int
    deleted: int

    @property
    def changed(self) -> int:
        """The records that look different now."""
        return self.created + self.updated + self.deleted


def of(lines: Lines, streams: Iterable[Stream] = RECORDS) -> Numbers:
    """The numbers of all records, or of some streams."""
    counts = [lines[name] for name in streams if name in lines]
    read, created, updated, deleted = (
        sum(line.get(name, 0) for line in counts) for name in ("fetched", *CHANGES)
    )
    return Numbers(read=read, created=created, updated=updated, deleted=deleted)


def changed_by_stream(lines: Lines, streams: Iterable[Stream] = tuple(Stream)) -> dict[str, int]:
    """How many rows of each stream changed, those with none left out."""
    changes = {str(name): of(lines, [name]).changed for name in streams}
    return {name: number for name, number in changes.items() if number > 0}
