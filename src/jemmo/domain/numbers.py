"""The counts of a sync that people see, computed nowhere else. docs/counts-and-times.md defines them.

A *record* is a job, a talent or an application. Records that these refer to (departments, users, stages, reject
reasons) are synced too, but not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from jemmo.domain.streams import Stream

RECORDS = (Stream.JOBS, Stream.TALENTS, Stream.APPLICATIONS)
CHANGES = ("created", "updated", "deleted")

Lines = Mapping[str, Mapping[str, int]]
"""A report's counts by stream, in the stored shape."""


def counted(count: int, stream: str) -> str:
    """Return a count with the stream's name, in English: ``1 job``, ``1,200 reject reasons``."""
    name = stream.replace("_", " ")
    return f"{count:,} {name.removesuffix('s') if count == 1 else name}"


def known(counts: Mapping[str, int], synced: Mapping[str, object]) -> dict[str, int | None]:
    """Return the counts to show; ``None`` for a stream that has no records and was never synced."""
    return {name: count if count or synced.get(name) else None for name, count in counts.items()}


class Numbers(Struct, frozen=True, kw_only=True):
    """The counts of a sync.

    ``created`` and ``updated`` count visible records, ``deleted`` also excluded ones. ``read`` counts all records that
    the ATS sent.

    Don't show ``created`` and ``changed`` before the sync ends, since only then it is known which new records a rule
    hides.
    """

    read: int
    created: int
    updated: int
    deleted: int

    @property
    def changed(self) -> int:
        """Total of created, updated and deleted records."""
        return self.created + self.updated + self.deleted


def numbers_of(lines: Lines, streams: Iterable[Stream] = RECORDS) -> Numbers:
    """Return the counts over all records, or over some streams."""
    counts = [lines[name] for name in streams if name in lines]
    read, created, updated, deleted = (
        sum(line.get(name, 0) for line in counts) for name in ("fetched", *CHANGES)
    )
    return Numbers(read=read, created=created, updated=updated, deleted=deleted)


def changed_by_stream(lines: Lines, streams: Iterable[Stream] = tuple(Stream)) -> dict[str, int]:
    """Return how many rows of each stream changed, without streams that have no changes."""
    changes = {str(name): numbers_of(lines, [name]).changed for name in streams}
    return {name: number for name, number in changes.items() if number > 0}
