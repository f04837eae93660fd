"""Concurrent requests are batched, and each gets its own result."""

from __future__ import annotations

import asyncio

import pytest

from jemmo.services.base.batches import Batches


async def test_requests_gather_while_a_batch_is_running() -> None:
    batches: list[list[int]] = []
    go_on = asyncio.Event()

    async def doubled(questions: list[int]) -> list[int]:
        batches.append(questions)
        await go_on.wait()
        return [2 * question for question in questions]

    asked = Batches(doubled, most=3)
    tasks = [asyncio.create_task(asked.ask(number)) for number in range(6)]
    await asyncio.sleep(0)  # both have made their requests
    await asyncio.sleep(0)  # the first batch is running
    last = asyncio.create_task(asked.ask(6))
    go_on.set()

    assert await asyncio.gather(*tasks, last) == [0, 2, 4, 6, 8, 10, 12]
    assert batches == [[0, 1, 2], [3, 4, 5], [6]]


async def test_an_error_reaches_exactly_its_batch() -> None:
    async def inverse(questions: list[int]) -> list[float]:
        return [1 / question for question in questions]

    asked = Batches(inverse, most=2)
    answers = await asyncio.gather(
        *(asked.ask(number) for number in (1, 0, 2, 4)), return_exceptions=True
    )

    assert [type(answer) for answer in answers] == [
        ZeroDivisionError,
        ZeroDivisionError,
        float,
        float,
    ]
    assert answers[2:] == [0.5, 0.25]


async def test_canceled_requests_are_not_sent() -> None:
    batches: list[list[int]] = []

    async def same(questions: list[int]) -> list[int]:
        batches.append(questions)
        return questions

    asked = Batches(same, most=10)
    left, stays = (asyncio.create_task(asked.ask(number)) for number in (1, 2))
    await asyncio.sleep(0)
    left.cancel()

    assert await stays == 2
    with pytest.raises(asyncio.CancelledError):
        await left
    assert batches == [[2]]


async def test_closing_waits_for_pending_requests() -> None:
    async def same(questions: list[int]) -> list[int]:
        await asyncio.sleep(0)
        return questions

    asked = Batches(same, most=1)
    tasks = [asyncio.create_task(asked.ask(number)) for number in range(3)]
    await asyncio.sleep(0)
    await asked.close()

    await asyncio.sleep(0)  # the result is delivered
    assert [task.result() for task in tasks] == [0, 1, 2]
