"""Orders the API's lists by a time, with an index per connection for each order.

A page starts after the time and id of the last record of the previous page. A record whose time does not change is
therefore read exactly once, whatever is written meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection as database
from django.db import transaction
from django.db.models import BooleanField, DateTimeField, F, Func, QuerySet, UUIDField, Value
from msgspec import Struct

from jemmo.store.db.paging import any_of
from jemmo.store.models import Organisation
from jemmo.store.models.ordering import SORTED_BY
from jemmo.store.records.export import KINDS

DEFAULT = "remote_id"
"""The order without a sort key: by connection, then by the ATS's id."""


class Place(NamedTuple):
    """The sort value and id of a record."""

    value: datetime | None
    id: UUID


class Order(Struct, frozen=True, kw_only=True):
    """An order by a column and then by id, in the same direction. Records without a value come last."""

    column: str
    descending: bool = False

    @classmethod
    def of(cls, key: str) -> Order:
        """The order of a sort key: a column, with ``-`` in front for descending."""
        return cls(column=key.removeprefix("-"), descending=key.startswith("-"))

    def ranges(self, rows: QuerySet[Any], place: Place | None) -> Iterator[QuerySet[Any]]:
        """The rows after a place: those with a value, then the others. Each range is one scan of the index."""
        valued, blank = (
            rows.filter(**{f"{self.column}__isnull": empty}) for empty in (False, True)
        )
        sign = "-" if self.descending else ""
        if place is None:
            ranges = [valued, blank]
        elif place.value is None:
            ranges = [blank.filter(**{"id__lt" if self.descending else "id__gt": place.id})]
        else:
            ranges = [valued.filter(_beyond(self, place)), blank]
        if not rows.model._meta.get_field(self.column).null:  # noqa: SLF001 - Django's own name
            ranges = ranges[:1]
        for each in ranges:
            # Rows without a value are ordered by the column too, so that Postgres recognizes the index's order.
            yield each.order_by(f"{sign}{self.column}", f"{sign}id")

    def arranged(self, places: Iterable[Place]) -> list[Place]:
        listed = sorted(places, key=lambda place: place.id, reverse=self.descending)
        valued = [place for place in listed if place.value is not None]
        valued.sort(key=attrgetter("value"), reverse=self.descending)
        return valued + [place for place in listed if place.value is None]


def _beyond(order: Order, place: Place) -> Func:
    """Compare (column, id) with a place as a row value. Postgres uses the index for that, but not for an OR."""
    value = Value(place.value, output_field=DateTimeField())
    row, last = _pair(F(order.column), F("id")), _pair(value, Value(place.id, UUIDField()))
    sign = "<" if order.descending else ">"
    return Func(
        row, last, template="%(expressions)s", arg_joiner=f" {sign} ", output_field=BooleanField()
    )


def _pair(*values: F | Value) -> Func:
    return Func(*values, template="(%(expressions)s)", output_field=BooleanField())


def sort_keys(name: str) -> tuple[str, ...]:
    """The sort keys of a list, the default first."""
    columns = SORTED_BY[KINDS[name].model._meta.db_table]  # noqa: SLF001 - Django's own name
    return (DEFAULT, *(f"{sign}{column}" for column in columns for sign in ("", "-")))


def sorted_batch(
    org: Organisation, records: QuerySet[Any], key: str, place: Place | None, limit: int
) -> tuple[list[Any], Place | None]:
    """Return up to ``limit`` records after a place, and the place to continue from; ``None`` at the end.

    The second query reads only the records of this page. One that was deleted in between is missing from it.
    """
    places = _places(org, records, Order.of(key), place, limit + 1)
    ids = [each.id for each in places[:limit]]
    read = {record.id: record for record in records.filter(any_of("id", ids))}
    following = places[limit - 1] if len(places) > limit else None
    return [read[record_id] for record_id in ids if record_id in read], following


def _places(
    org: Organisation, records: QuerySet[Any], order: Order, place: Place | None, most: int
) -> list[Place]:
    """The next places, merged from the index of each connection in one statement."""
    rows = records.select_related(None).prefetch_related(None).order_by()
    ranges: Sequence[QuerySet[Any]] = [
        each.values_list(order.column, "id")[:most]
        for connection_id in org.connections.order_by("id").values_list("id", flat=True)
        for each in order.ranges(rows.filter(connection_id=connection_id), place)
    ]
    if not ranges:
        return []
    with transaction.atomic(), database.cursor() as cursor:
        # Without statistics, Postgres would rather sort all rows of a connection.
        cursor.execute("SELECT set_config('enable_sort', 'off', true)")
        merged = ranges[0].union(*ranges[1:], all=True) if len(ranges) > 1 else ranges[0]
        return order.arranged(Place(*row) for row in merged)[:most]
