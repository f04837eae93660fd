"""What a vendor declares about each stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from jemmo.domain.records import Record
from jemmo.domain.streams import Notes, Stream, StreamSpec


class ResourceType(Struct, frozen=True, kw_only=True):
    """One stream: where its list is, what to request, and how to map a record.

    path          path of the list, and the type of its records
    resource      type of a decoded record, with ``id`` and ``attributes``
    map           takes a record, the result of ``Account.around`` for its page, and notes
    label         name of the list in the connection test; blank if a sync can do without it
    optional      whether jobs and talents are still worth reading without this stream
    include       relations whose records are included
    newer         those of ``include`` that an account may not have yet, so nothing is missing without them
    may_include   further relations, included if the account allows them
    thin          sparse fields of included records, by type
    sweep_field   the field requested when only ids are needed
    newest_first  the list has no change filter, so it is read from the newest record to the first known one
    beside        other streams shown together with a recent record, by the relation that leads to them
    people        other streams that complete a person within a limited history, by relation
    names         short lists with names that records of this stream store, by the filter that finds these records
    """

    spec: StreamSpec
    path: str
    resource: Any
    map: Callable[[Any, Any, Notes], Record]
    label: str = ""
    optional: bool = False
    include: tuple[str, ...] = ()
    newer: tuple[str, ...] = ()
    may_include: tuple[str, ...] = ()
    thin: Mapping[str, str] = {}
    sweep_field: str = "updated-at"
    newest_first: bool = False
    beside: Mapping[Stream, str] = {}
    people: Mapping[Stream, str] = {}
    names: Mapping[str, str] = {}

    def unsent(self, resource: Any) -> list[str]:
        """Return the relations that a record should name but doesn't, unlike one that is empty.

        The account refuses or ignores their includes, so nobody knows what the record belongs to. A missing talent is
        noted for every ATS.
        """
        sent, ignored = resource.relationships, {self.beside.get(Stream.TALENTS), *self.newer}
        named = (name for name in self.include if "." not in name and name not in ignored)
        return [name for name in named if not getattr(sent, name.replace("-", "_")).is_sent]

    def beside_by(self, relation: str) -> tuple[str, ...]:
        """Return the includes needed to fully read the records that this relation leads to."""
        return (relation, *(f"{relation}.{name}" for name in self.include))
