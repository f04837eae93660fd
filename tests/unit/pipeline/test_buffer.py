"""The buffer combines quick pages in one transaction, and doesn't delay slow ones."""

from __future__ import annotations

import asyncio

import pytest

from jemmo.domain.outcomes import PageOutcome, ReadyPage
from jemmo.domain.streams import Checkpoint, Notes, Stream
from jemmo.pipeline.buffer import Batch, Buffer

FOREVER = 3600.0  # seconds, longer than any test waits


def page(number: int, *, records: int = 10, size: int = 10, last: bool = False) -> Batch:
    outcome = PageOutcome(
        stream=Stream.JOBS, fetched=records, accepted=[], rejected=[], notes=Notes()
    )
    return Batch(
        ReadyPage(outcome, []), Checkpoint(stream=Stream.JOBS, cursor=str(number), done=last), size
    )


def numbers(batches: list[Batch]) -> list[str | None]:
    return [one.checkpoint.cursor for one in batches if one.checkpoint]


async def test_pages_are_written_together_once_there_are_enough() -> None:
    buffer = Buffer(plenty=20, patience=FOREVER)
    taking = asyncio.create_task(buffer.take())
    await buffer.put(page(1))
    await buffer.put(page(2))
    assert numbers(await taking) == ["1", "2"]


async def test_the_last_page_of_a_stream_does_not_wait() -> None:
    buffer = Buffer(patience=FOREVER)
    await buffer.put(page(1, last=True))
    assert numbers(await buffer.take()) == ["1"]


async def test_a_single_page_is_written_after_the_maximum_wait() -> None:
    buffer = Buffer(patience=0)
    await buffer.put(page(1))
    assert numbers(await buffer.take()) == ["1"]
    await buffer.put(page(2))
    assert numbers(await buffer.take()) == ["2"]


@pytest.mark.parametrize("room", [{"most_pages": 2}, {"plenty": 20}, {"most_bytes": 20}])
async def test_the_number_of_held_pages_is_limited(room: dict[str, int]) -> None:
    buffer = Buffer(**room, patience=FOREVER)
    order: list[str] = []

    async def reader() -> None:
        for number in range(5):
            await buffer.put(page(number))
            order.append(f"put {number}")
        buffer.close()

    async with asyncio.TaskGroup() as group:
        group.create_task(reader())
        while taken := await buffer.take():
            assert len(taken) <= 2
            order += [f"took {number}" for number in numbers(taken)]
    assert [one for one in order if one.startswith("took")] == [f"took {n}" for n in range(5)]
    assert order.index("put 2") > order.index("took 0")


async def test_closing_writes_waiting_pages() -> None:
    buffer = Buffer(patience=FOREVER)
    await buffer.put(page(1))
    buffer.close()
    assert numbers(await buffer.take()) == ["1"]
    assert await buffer.take() == []
