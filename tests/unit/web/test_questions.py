"""Slots for requests to ATSs are shared fairly: a slow ATS doesn't block the others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from uuid import UUID, uuid4

import pytest

from jemmo.domain.errors import TransientError
from jemmo.services.records import quality
from jemmo.web.connections.ats_threads import REMEMBERED, SLOW, SLOW_FOR, AtsRequestSlots


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def refused(part: str) -> Iterator[None]:
    with pytest.raises(TransientError) as told:
        yield
    assert told.value.code == "questions_wait"
    assert part in told.value.message


def ask(questions: AtsRequestSlots, org: UUID | None = None, person: UUID | None = None) -> None:
    with questions.place(org or uuid4(), person or uuid4()):
        pass


def test_organizations_and_people_have_one_slot_each() -> None:
    questions, org, person = AtsRequestSlots(8, wait=0), uuid4(), uuid4()
    with questions.place(org, person):
        with refused("A request from your organization"):
            ask(questions, org=org)
        with refused("Your last request"):
            ask(questions, person=person)
        ask(questions)
    ask(questions, org, person)


def test_some_threads_are_reserved_for_pages() -> None:
    questions = AtsRequestSlots(4, wait=0)
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(questions.place(uuid4(), uuid4()))
        with refused("Other ATS requests"):
            ask(questions)
    ask(questions)


def test_a_waiting_request_gets_the_next_slot() -> None:
    questions = AtsRequestSlots(2, wait=60)
    with ThreadPoolExecutor(1) as threads:
        with questions.place(uuid4(), uuid4()):
            waiting = threads.submit(ask, questions)
        waiting.result()


def test_organizations_with_a_slow_ats_leave_a_slot_to_others() -> None:
    clock = Clock()
    questions, slow = AtsRequestSlots(3, wait=0, clock=clock), [uuid4() for _ in range(3)]
    for org in slow:
        with questions.place(org, uuid4()):
            clock.now += SLOW
    with questions.place(slow[0], uuid4()):
        with refused("Other ATS requests"):
            ask(questions, slow[1])
        ask(questions)
        clock.now += SLOW_FOR
        ask(questions, slow[1])


def test_an_ats_that_becomes_fast_is_no_longer_slow() -> None:
    clock = Clock()
    questions, org = AtsRequestSlots(3, wait=0, clock=clock), uuid4()
    with questions.place(org, uuid4()):
        clock.now += SLOW
    ask(questions, org)
    with questions.place(uuid4(), uuid4()):
        ask(questions, org)


def test_the_memory_of_slow_organizations_is_bounded() -> None:
    ticks = count(0.0, SLOW)
    questions = AtsRequestSlots(3, wait=0, clock=lambda: next(ticks))
    for _ in range(REMEMBERED + 10):
        ask(questions)
    assert len(questions._slow) == REMEMBERED


def test_one_thread_is_enough() -> None:
    clock = Clock()
    questions, org = AtsRequestSlots(1, wait=0, clock=clock), uuid4()
    with questions.place(org, uuid4()):
        clock.now += SLOW
        with refused("Other ATS requests"):
            ask(questions)
    ask(questions, org)


def test_refreshing_counts_stops_after_its_time() -> None:
    with pytest.raises(TransientError) as told:
        quality._left(time.monotonic())
    assert told.value.code == "not_asked"
    assert quality._left(time.monotonic() + 100) > 1
