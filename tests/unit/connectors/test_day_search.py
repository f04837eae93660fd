"""A list that can only be searched by day is read completely, or the walk reports that it may be incomplete."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jemmo.connectors.by_day.rolls import Rolls
from jemmo.connectors.by_day.search import Criteria, DaySearch
from jemmo.connectors.by_day.slices import Place, Row, Slice
from jemmo.connectors.by_day.windows import DayFilter
from jemmo.domain.errors import TransientError
from jemmo.domain.streams import Stream

FIRST = date(2024, 1, 1)
GROUPS = ("a", "b")


def person(number: int, day: int, group: str) -> Row:
    when = (FIRST + timedelta(days=day)).isoformat()
    return {"id": number, "created_at": when, "updated_at": when, "group": group}


class People(DaySearch):
    """An ATS that truncates each response after ``most`` rows."""

    filter = DayFilter(created=("from", "to"), changed=("since", "until"), written=date.isoformat)
    key = "id"
    facets = ("group",)

    def __init__(self, rows: list[Row], most: int | None = None, *, limits: tuple[int, ...] = ()):
        super().__init__(
            zone=ZoneInfo("UTC"), overlap=1, usual=31, limits=limits, passes=({}, {"group": "gone"})
        )
        self.people = rows
        self.most = most
        self.sent = 0

    async def send(self, criteria: Criteria) -> list[Row]:
        self.sent += 1
        rows = [
            row
            for row in self.people
            if criteria.get("from", "") <= row["created_at"] <= criteria.get("to", "9")
            if criteria.get("since", "") <= row["updated_at"] <= criteria.get("until", "9")
            if row["group"] == criteria.get("group", row["group"])
        ]
        return rows[: self.most]

    async def begins(self, reader: str) -> date:
        return FIRST

    async def values(self, facet: str, reader: str) -> list[str]:
        return list(GROUPS)


async def slices(search: DaySearch, place: Place | None = None) -> list[Slice]:
    return [step async for step in search.slices("a reader", None, place)]


def met(steps: list[Slice]) -> set[Any]:
    return {row["id"] for step in steps for row in step.rows}


@given(
    days=st.lists(st.tuples(st.integers(0, 400), st.sampled_from(GROUPS)), max_size=80),
    most=st.sampled_from([10, 25]),
)
def test_everyone_is_seen_or_the_walk_proves_nothing(
    days: list[tuple[int, str]], most: int
) -> None:
    rows = [person(number, day, group) for number, (day, group) in enumerate(days)]
    steps = asyncio.run(slices(People(rows, most, limits=(most,))))
    assert met(steps) <= set(range(len(rows)))
    assert met(steps) == set(range(len(rows))) or not steps[-1].covers


@pytest.mark.parametrize("most", [12, 20])
async def test_an_unknown_limit_is_detected(most: int) -> None:
    search = People([person(number, number * 3, "a") for number in range(60)], most)
    steps = await slices(search)
    assert met(steps) == set(range(60))
    assert steps[-1].covers
    assert most in search.limits


async def test_a_walk_continues_from_any_position() -> None:
    rows = [person(number, number, "a") for number in range(90)]
    steps = await slices(People(rows))
    for count, step in enumerate(steps, 1):
        if step.after:
            rest = await slices(People(rows), step.after)
            assert met(steps[:count]) | met(rest) == set(range(90))


async def test_a_running_pass_is_finished_even_if_new_walks_omit_it() -> None:
    search = People([person(1, 0, "gone")])
    search._walked = 1
    assert met(await slices(search, Place(part=1))) == {1}


async def test_readers_share_the_responses() -> None:
    search = People([person(number, number, "a") for number in range(90)])
    alone = len([step async for step in search.slices("first", None)])
    sent = search.sent
    assert alone
    assert [step async for step in search.slices("second", None)]
    assert search.sent < 2 * sent


async def test_a_record_absent_from_two_walks_is_gone() -> None:
    search = People([person(1, 0, "a"), person(2, 40, "b")])
    rolls = Rolls(search)
    assert met([step for step in [await rolls.find(Stream.TALENTS, "2")] if step]) == {2}
    search.people = search.people[:1]
    search.forget()
    assert await rolls.find(Stream.TALENTS, "2") is None


async def test_nobody_is_gone_after_a_walk_without_proof() -> None:
    search = People([person(number, 0, "a") for number in range(30)], 10, limits=(10,))
    with pytest.raises(TransientError) as raised:
        await Rolls(search).find(Stream.TALENTS, "29")
    assert raised.value.code == "list_may_be_cut"


async def test_recent_changes_are_read_with_one_request() -> None:
    search = People([person(number, number, "a") for number in range(90)])
    recent = await search.recent("a reader", datetime(2024, 3, 1, tzinfo=UTC))
    assert recent
    assert met([recent]) == set(range(59, 90))
    assert search.sent == 1
