"""Lists by offset: filters are trusted only after a test, and no other response is mistaken for an empty list."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from jemmo.connectors.by_offset.lists import OffsetLists
from jemmo.connectors.by_offset.query import Query, Where
from jemmo.connectors.refusals import Refused
from jemmo.rest_client import RestClient

CATS: Where = {"kind": {"_eq": "cat"}}
OTHERS: Where = {"kind": {"_eq": "dog"}}
KINDS = ["cat"] * 7 + ["dog"] * 5

Filter = Callable[[Where, str], bool]


class Zoo:
    """An API with one list. ``passes`` is the effect of its filters; ``when_empty`` is the response without matches."""

    def __init__(self, passes: Filter, *, counted: bool = True, when_empty: int = 200) -> None:
        self.passes = passes
        self.counted = counted
        self.when_empty = when_empty
        self.asked: list[str] = []

    async def get(self, url: str, decode: Callable[[bytes], Any]) -> Any:
        self.asked.append(url)
        query = parse_qs(urlsplit(url).query)
        where = json.loads(query["where"][0]) if "where" in query else None
        if urlsplit(url).path != "animals":
            raise Refused(status=404)
        kinds = [kind for kind in KINDS if where is None or self.passes(where, kind)]
        if not kinds and self.when_empty == 404:
            raise Refused(status=404)
        first, limit = int(query["offset"][0]), int(query["limit"][0])
        rows = [{"id": str(number), "kind": kind} for number, kind in enumerate(kinds)]
        count = {"total": len(rows)} if self.counted else {}
        return decode(json.dumps({"data": rows[first : first + limit], **count}).encode())


def works(where: Where, kind: str) -> bool:
    return where == {"kind": {"_eq": kind}}


def ignores(where: Where, kind: str) -> bool:
    return True


def loses_some(where: Where, kind: str) -> bool:
    return False


def lists_of(zoo: Zoo, incremental: str = "auto") -> OffsetLists:
    return OffsetLists(
        cast("RestClient", zoo),
        label="Zoo",
        order=None,
        page_size=100,
        sorted_limit=100,
        incremental=incremental,
    )


def animals(where: Where | None = None) -> Query:
    return Query(entity="animals", where=where)


@pytest.mark.parametrize(
    ("passes", "counted", "is_trusted"),
    [(works, True, True), (works, False, False), (loses_some, True, False), (ignores, True, True)],
)
async def test_a_filter_is_trusted_if_it_and_its_opposite_add_up(
    passes: Filter, *, counted: bool, is_trusted: bool
) -> None:
    """A filter without effect loses nothing either, because each row is checked again."""
    zoo = Zoo(passes, counted=counted)
    lists = lists_of(zoo)
    for _time in range(2):
        assert await lists.loses_none(animals(CATS), animals(OTHERS)) is is_trusted
    assert len(zoo.asked) == 3


@pytest.mark.parametrize(("passes", "is_trusted"), [(loses_some, True), (ignores, False)])
async def test_a_filter_for_ids_or_changes_must_be_able_to_return_nothing(
    passes: Filter, *, is_trusted: bool
) -> None:
    lists = lists_of(Zoo(passes))
    assert await lists.finds_ids("animals") is is_trusted
    assert await lists.finds_changes("animals") is is_trusted


@pytest.mark.parametrize(("incremental", "is_trusted"), [("on", True), ("off", False)])
async def test_a_customer_can_decide_without_a_test(incremental: str, *, is_trusted: bool) -> None:
    zoo = Zoo(ignores)
    assert await lists_of(zoo, incremental).finds_changes("animals") is is_trusted
    assert not zoo.asked


async def test_a_404_means_no_rows_only_for_a_filter_of_an_existing_list() -> None:
    lists = lists_of(Zoo(loses_some, when_empty=404))
    assert (await lists.ask(animals(CATS))).rows == []
    with pytest.raises(Refused):
        await lists.ask(Query(entity="plants", where=CATS))
    with pytest.raises(Refused):
        await lists.ask(Query(entity="plants"))


async def test_a_first_page_that_is_the_whole_list_is_recognized() -> None:
    lists = lists_of(Zoo(works))
    short = await lists.if_short(animals())
    assert short is not None
    assert len(short.rows) == len(KINDS)
    assert (await lists.whole(animals())).rows == short.rows
    assert await lists.if_short(Query(entity="animals", limit=5)) is None
