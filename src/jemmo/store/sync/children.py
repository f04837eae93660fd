"""Rows that belong to a synced record and are written with it: files, places, pay, moves."""

from __future__ import annotations

from operator import attrgetter

from jemmo.domain.entities import ENTITIES, Part
from jemmo.domain.streams import Stream
from jemmo.store.sync.tables import Column, columns_of


class Child:
    """Rows that belong to a staged row and are staged with it.

    ``owner`` names the column that points to that row. They are matched by its remote id. They also have the id that it
    was staged with, which it gets only if it is new.
    """

    def __init__(self, part: Part, owner: str) -> None:
        self.name, self.table, self.attribute = part.name, part.table, part.attribute
        self.order, self.present = part.order, part.present
        self.owner = owner
        self.columns = columns = columns_of(part.record)
        position = Column("position", "int2")
        self.kept = [position, *columns] if part.ordered else [*columns]
        self.staged = [Column("owner"), Column("owner_id", "uuid"), position, *columns]
        self.values = attrgetter(*(column.name for column in columns))


CHILDREN: dict[Stream, tuple[Child, ...]] = {
    stream: tuple(Child(part, f"{entity.table}_id") for part in entity.parts)
    for stream, entity in ENTITIES.items()
    if entity.parts
}
