"""Lists with a stable order, in which a write does not shift the pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from msgspec import Meta, Struct

from jemmo.api import cursors
from jemmo.api.problems import bad_parameter
from jemmo.api.records import chosen_fields, json_response, pick

Moment = Annotated[datetime, Meta(tz=True)]
BigInteger = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Order(Struct, frozen=True, kw_only=True):
    """Columns that no write changes, the last one unique, and their types in a cursor."""

    columns: tuple[str, ...]
    types: Any
    descending: bool = False

    def after(self, place: Sequence[Any]) -> Q:
        """Rows after those with these values."""
        way = "lt" if self.descending else "gt"
        beyond = Q(pk=None) & ~Q(pk=None)
        for depth, column in enumerate(self.columns):
            same = dict(zip(self.columns[:depth], place, strict=False))
            beyond |= Q(**same, **{f"{column}__{way}": place[depth]})
        return beyond

    def sorted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        sign = "-" if self.descending else ""
        return rows.order_by(*(f"{sign}{column}" for column in self.columns))


def by_time(column: str, *, descending: bool = False) -> Order:
    """By a time that is set once, then by id."""
    return Order(columns=(column, "id"), types=tuple[Moment, UUID], descending=descending)


def by_number(*, descending: bool = False) -> Order:
    """By an id that counts up."""
    return Order(columns=("id",), types=tuple[BigInteger], descending=descending)


def narrowed(rows: QuerySet[Any], **columns: object) -> QuerySet[Any]:
    """The rows with these values; ``None`` means any."""
    return rows.filter(**{name: value for name, value in columns.items() if value is not None})


def page_of_rows(
    name: str,
    rows: QuerySet[Any],
    orders: dict[str, Order],
    *,
    limit: int,
    cursor: str | None,
    fields: str | None,
    shape: type[Struct],
    write: Callable[[Sequence[Any]], list[Any]],
    sort: str = "",
) -> HttpResponse:
    """A page of rows in the shape that ``write`` gives them. The first order is the default. Raises ``Problem``."""
    chosen = chosen_fields(shape.__struct_fields__, fields)
    sort = sort or next(iter(orders))
    order = orders[sort]
    if cursor is not None:
        rows = rows.filter(order.after(_place(f"{name} {sort}", cursor, order)))
    batch = list(order.sorted(rows)[: limit + 1])
    last = batch[limit - 1] if len(batch) > limit else None
    following = None
    if last is not None:
        place = [getattr(last, column) for column in order.columns]
        following = cursors.seal(f"{name} {sort}", msgspec.json.encode(place))
    return rows_response(write(batch[:limit]), chosen, following)


def row_response(row: Struct, fields: str | None) -> HttpResponse:
    """A response with one row. Raises ``Problem``."""
    chosen = chosen_fields(row.__struct_fields__, fields)
    return json_response(pick(msgspec.to_builtins(row), chosen))


def rows_response(
    rows: Sequence[Any], chosen: frozenset[str] | None, following: str | None = None
) -> HttpResponse:
    """The response for a page."""
    data = [pick(msgspec.to_builtins(row), chosen) for row in rows]
    return json_response({"data": data, "next_cursor": following})


def _place(name: str, cursor: str, order: Order) -> Sequence[Any]:
    try:
        place: Sequence[Any] = msgspec.json.decode(cursors.unseal(name, cursor), type=order.types)
    except (msgspec.DecodeError, ValueError):
        raise bad_parameter("cursor") from None
    return place
