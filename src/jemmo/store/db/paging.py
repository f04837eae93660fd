"""Paging, sorting and search terms of lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, F, Func, QuerySet, UUIDField, Value
from django.db.models.expressions import OrderBy, RawSQL

from jemmo.domain.plain_text import visible
from jemmo.domain.typed_values import uuid_or_none
from jemmo.store.db.query import fetch_row, fetch_value
from jemmo.store.models.ordering import Alphabetical

__all__ = ["Alphabetical"]  # for modules that import it along with ``Column``

T = TypeVar("T")

SIZE = 50
FEW = 5_000  # up to this number, rows are sorted without an index
LAST_PAGE = 200  # nobody pages further; people narrow the search instead
MAX_WORDS = 10  # searched words
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Column:
    """A sortable column of a list. ``descending`` is the order after the first click."""

    by: tuple[F | Func, ...]
    descending: bool = False

    def order(self, *, turned: bool) -> list[OrderBy | str]:
        """The order of all pages: ties by id, missing values last."""
        if self.descending != turned:
            return [*(expression.desc(nulls_last=True) for expression in self.by), "id"]
        return [*(expression.asc(nulls_last=True) for expression in self.by), "id"]


def sort_key(key: str, columns: Mapping[str, Column], default: str) -> str:
    """The requested sort key, with a leading ``-`` for the reverse order. Invalid values give the default."""
    return key if key.removeprefix("-") in columns else default


def order(columns: Mapping[str, Column], key: str) -> list[OrderBy | str]:
    return columns[key.removeprefix("-")].order(turned=key.startswith("-"))


class SearchLimit(StrEnum):
    """Why a search did not consider everything that was typed, or everyone."""

    NO_WORDS = "no_words"  # it finds nothing
    WORDS = "words"  # only the first ones were used
    PEOPLE = "people"  # more people share the address or number than are listed


@dataclass(frozen=True, kw_only=True)
class ResultPage(Generic[T]):
    """A page of results, with its filters and the values to choose from."""

    items: list[T]
    total: int
    page: int
    filters: Any
    columns: Mapping[str, Column] = field(default_factory=dict)
    choices: dict[str, list[Any]] = field(default_factory=dict)
    search_limit: SearchLimit | None = None

    @property
    def reachable(self) -> int:
        """How many results the pages show."""
        return min(self.total, LAST_PAGE * SIZE)

    @property
    def pages(self) -> int:
        return max(1, -(-self.reachable // SIZE))

    @property
    def first(self) -> int:
        return (self.page - 1) * SIZE + 1 if self.items else 0

    @property
    def last(self) -> int:
        return self.first + len(self.items) - 1 if self.items else 0


def query_text(query: Mapping[str, str], name: str) -> str:
    """A text from the query string, limited to what a database query can use."""
    return query.get(name, "").replace("\x00", "")[:200]


def record_id(text: str) -> str:
    """A record's id as text. An invalid id counts as missing."""
    return str(uuid_or_none(text) or "")


def whole_number(text: str) -> int | None:
    """A value of Postgres's ``bigint`` as browsers send it; ``None`` for anything else, however long."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def page_number(text: str | None) -> int:
    """The requested page; invalid values give the first."""
    return min(LAST_PAGE, max(1, whole_number(text or "") or 1))


def page_rows(rows: QuerySet[Any], page: int, size: int = SIZE) -> list[Any]:
    return list(rows[(page - 1) * size : page * size])


def count_hidden(present: QuerySet[Any], shown: Sequence[Any], most: int) -> int:
    """The number of rows beyond the ``most`` that a page shows. Few pages are full, so few must be counted."""
    return present.count() - len(shown) if len(shown) == most else 0


def ids_in_order(rows: QuerySet[Any]) -> Iterator[UUID]:
    """Yield the ids of ordered rows, however many, in the order of one moment.

    A server-side cursor has that order while others write: no row is repeated, and none is skipped because it has
    changed its place. Pages that start after the last row could not promise that.
    """
    yield from rows.values_list("id", flat=True).iterator(chunk_size=FEW)


def count_and_ids(rows: QuerySet[Any]) -> tuple[int, list[UUID] | None]:
    """Return the count and, for small results, the ids.

    Small results are fetched and then sorted. To find so few matches, following an index in sort order would read most
    of it. The materialized query makes Postgres plan for all rows; with a limit, it would expect early matches.
    """
    try:
        sql, params = rows.order_by().values("id").query.sql_with_params()
    except EmptyResultSet:
        return 0, []
    total, ids = fetch_row(
        f"WITH found AS MATERIALIZED ({sql}), counted AS (SELECT count(*) AS n FROM found) "
        f"SELECT n, CASE WHEN n <= {FEW} THEN ARRAY(SELECT id FROM found) END FROM counted",
        params,
    )
    return total, ids


def among(ids: list[UUID]) -> RawSQL:
    """The value for ``id__in`` as one parameter, however many ids there are."""
    return RawSQL("SELECT unnest(%s::uuid[])", (ids,))


def any_of(column: str, ids: Sequence[UUID]) -> Func:
    """Like ``column__in=ids``, with one parameter for all ids, since each parameter costs Django time."""
    listed = Value(list(ids), output_field=ArrayField(UUIDField()))
    return Func(
        F(column),
        listed,
        template="%(expressions)s)",
        arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )


def first_words(typed: str) -> str:
    """Return the typed text up to the last word that is searched."""
    words = list(islice(_WORD.finditer(typed), MAX_WORDS + 1))
    return typed[: words[MAX_WORDS].start()] if len(words) > MAX_WORDS else typed


def search_limit_of(typed: str) -> SearchLimit | None:
    if typed and not _WORD.search(typed):
        return SearchLimit.NO_WORDS
    return SearchLimit.WORDS if first_words(typed) != typed else None


def search_terms(typed: str) -> str:
    """The typed text as Postgres's ``tsquery``; empty without words.

    Every typed word must be the beginning of a word of the record, ignoring accents.
    """
    text = unicodedata.normalize("NFC", visible(typed[:200]).replace("\x00", ""))
    words = _WORD.findall(_unaccented(text).lower())
    return " & ".join(f"'{word}':*" for word in words[:MAX_WORDS])


def _unaccented(text: str) -> str:
    """The text as it is in the index. Postgres also turns ``ß`` into ``ss`` and ``ø`` into ``o``."""
    if text.isascii():
        return text
    return str(fetch_value("SELECT unaccent(%s)", [text]))
