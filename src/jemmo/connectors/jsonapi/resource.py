"""What a vendor declares about each stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from jemmo.domain.records import Record
from jemmo.domain.streams import Notes, Stream, StreamSpec


class ResourceType(Struct, frozen=True, kw_only=True):
    """One stream: where its list is, what to request, and how to map a record.

    path          the list's, and the type of its records
    resource      a record as decoded, with ``id`` and ``attributes``
    map           takes such a record, what ``JsonApiSource.around`` makes of all that came along, and notes
    label         what the connection test calls the list; blank where a sync can do without it
    optional      whether jobs and talents are still worth reading without this stream
    include       the relations whose records come along
    may_include   more of them, where the account does not refuse them
    thin          sparse fields of what comes along, by type
    sweep_field   the field asked for where only ids are needed
    newest_first  the list has no filter for changes, so it is read from the newest record to the first one known
    beside        what is shown together with a recent record: other streams, by the relation that leads to them
    people        what makes a person whole of whom one record is within a limited history, by the same
    names         short lists whose names its records hold, by the filter that finds the records of one
    """

    spec: StreamSpec
    path: str
    resource: Any
    map: Callable[[Any, Any, Notes], Record]
    label: str = ""
    optional: bool = False
    include: tuple[str, ...] = ()
    may_include: tuple[str, ...] = ()
    thin: Mapping[str, str] = {}
    sweep_field: str = "updated-at"
    newest_first: bool = False
    beside: Mapping[Stream, str] = {}
    people: Mapping[Stream, str] = {}
    names: Mapping[str, str] = {}

    def beside_by(self, relation: str) -> tuple[str, ...]:
        """The includes without which these records, led to by a relation, would not be whole."""
        return (relation, *(f"{relation}.{name}" for name in self.include))
