"""The walk sees every row, whatever is removed or added meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.by_offset.walk import Position, Rows, Walk
from jemmo.connectors.refusals import Refused
from jemmo.domain.errors import PermanentError, TransientError

SIZE = 10
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Listing:
    """A list that always returns ten rows, and changes before a page on request."""

    def __init__(self, count: int, *, counted: bool = True) -> None:
        self.rows = [self.row(n) for n in range(count)]
        self.counted = counted
        self.before: dict[int, Any] = {}
        self.pages = 0

    @staticmethod
    def row(number: int) -> dict[str, Any]:
        created = BEGAN + timedelta(minutes=number)
        return {"id": f"r{number}", "createdAt": created.isoformat()}

    async def fetch(self, offset: int) -> Rows:
        self.pages += 1
        if change := self.before.get(self.pages):
            change(self.rows)
        total = len(self.rows) if self.counted else None
        return Rows(self.rows[offset : offset + SIZE], total)


async def walked(
    listing: Listing, start: Position | None = None, **more: Any
) -> tuple[list[str], bool]:
    walk = Walk(listing.fetch, start or Position(), **more)
    found: list[str] = []
    covers = True
    async for step in walk.steps():
        found += [row["id"] for row in step.rows]
        covers = covers and step.covers
    return found, covers


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 19, 20, 21, 95])
@pytest.mark.parametrize("counted", [True, False])
async def test_every_row_is_seen_once(count: int, *, counted: bool) -> None:
    found, covers = await walked(Listing(count, counted=counted))
    assert found == [f"r{n}" for n in range(count)]
    assert covers


@given(st.lists(st.tuples(st.integers(2, 12), st.integers(0, 94)), max_size=6))
async def test_no_remaining_row_is_missed_when_others_are_removed(
    removals: list[tuple[int, int]],
) -> None:
    listing = Listing(95)

    def remove(name: str) -> Any:
        return lambda rows: rows.__setitem__(
            slice(None), [row for row in rows if row["id"] != name]
        )

    for page, number in removals:
        listing.before[page] = remove(f"r{number}")
    found, _ = await walked(listing)
    assert {row["id"] for row in listing.rows} <= set(found)
    assert len(found) == len(set(found))


async def test_rows_added_at_the_end_are_seen() -> None:
    listing = Listing(25)
    listing.before[2] = lambda rows: rows.append(Listing.row(99))
    found, covers = await walked(listing)
    assert found[-1] == "r99"
    assert covers


async def test_a_row_inserted_in_the_middle_restarts_a_list_of_changes() -> None:
    listing = Listing(25)
    listing.before[2] = lambda rows: rows.insert(3, Listing.row(99))
    found, covers = await walked(listing, by_change=True)
    assert sorted(found) == sorted(row["id"] for row in listing.rows)
    assert covers


async def test_a_walk_continues_where_it_stopped() -> None:
    listing = Listing(45)
    walk = Walk(listing.fetch, Position())
    place = None
    async for step in walk.steps():
        place = step.after
        break
    assert place is not None
    del listing.rows[2:5]
    found, covers = await walked(listing, place)
    assert {f"r{n}" for n in range(10, 45)} <= set(found)
    assert covers


async def test_the_shortfall_from_the_count_is_reported() -> None:
    listing = Listing(25)

    async def boast(offset: int) -> Rows:
        page = await listing.fetch(offset)
        return Rows(page.rows, 32)

    walk = Walk(boast, Position())
    short = [step.short async for step in walk.steps()]
    assert short == [*[0] * (len(short) - 1), 7]
    assert listing.pages < 8


async def test_an_endless_list_is_aborted() -> None:
    async def same(_: int) -> Rows:
        return Rows([Listing.row(n) for n in range(SIZE)], None)

    with pytest.raises(PermanentError, match="same page"):
        async for _ in Walk(same, Position()).steps():
            pass


class Shuffled(Listing):
    """Rows, many of which have the same creation time, in another order for each page."""

    def __init__(self, count: int, together: range) -> None:
        super().__init__(count)
        for row in self.rows[together.start : together.stop]:
            row["createdAt"] = BEGAN.replace(year=2027).isoformat()
        self.rows.sort(key=lambda row: row["createdAt"])

    async def fetch(self, offset: int) -> Rows:
        self.pages += 1
        rows = sorted(
            self.rows,
            key=lambda row: (
                row["createdAt"],
                (int(row["id"][1:]) * 7919 + offset * 104_729) % 997,
            ),
        )
        return Rows(rows[offset : offset + SIZE], len(rows))

    async def exactly(self, offset: int) -> Rows:
        return await super().fetch(offset)


async def test_rows_with_equal_times_are_all_seen_in_an_order_without_ties() -> None:
    listing = Shuffled(95, range(40, 80))
    found, covers = await walked(listing, exact=listing.exactly)
    assert sorted(found) == sorted(row["id"] for row in listing.rows)
    assert covers


async def test_without_such_an_order_a_walk_ends_and_proves_nothing() -> None:
    listing = Shuffled(95, range(40, 80))
    found, covers = await walked(listing)
    assert len(found) == len(set(found)) <= 95
    assert not covers
    assert listing.pages < 20


@pytest.mark.parametrize("error", [TransientError(), Refused(status=400)], ids=["500", "400"])
async def test_the_walk_does_without_a_refused_order(error: Exception) -> None:
    listing = Shuffled(95, range(40, 80))

    async def refused(_: int) -> Rows:
        raise error

    found, covers = await walked(listing, exact=refused)
    assert len(found) == len(set(found)) >= 55
    assert not covers


async def test_an_interrupted_walk_continues_in_its_order() -> None:
    listing = Shuffled(95, range(40, 80))
    walk = Walk(listing.fetch, Position(), exact=listing.exactly)
    met, place = set[str](), Position()
    async for step in walk.steps():
        met |= {row["id"] for row in step.rows}
        if step.after is not None and step.after.exact and step.after.offset > 70:
            place = step.after
            break
    assert place.exact
    rest, covers = await walked(listing, place, exact=listing.exactly)
    assert met | set(rest) == {row["id"] for row in listing.rows}
    assert covers


@pytest.mark.parametrize("page", [2, 5])
async def test_an_empty_page_without_a_count_does_not_end_the_list(page: int) -> None:
    listing = Listing(95)

    async def fetch(offset: int) -> Rows:
        rows = await listing.fetch(offset)
        return Rows([], None) if listing.pages == page else rows

    steps = [step async for step in Walk(fetch, Position()).steps()]
    assert sum(len(step.rows) for step in steps) == 95
    assert all(step.covers for step in steps)
