"""Which task a free slot takes next, and which slice ends, while large and small first syncs are waiting.

The queue and its order are real, but the work isn't done, and the clock advances in steps of a second.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection as database

from jemmo.cli.operations.working import seen_twice
from jemmo.domain.streams import Mode
from jemmo.services.sync import queue
from jemmo.store.sync.runs import Hold
from jemmo.tasks import slices

HANDS = 4
SMALL, LARGE = 3, 10_000  # seconds of work
FETCH = "SELECT id, priority, args->>'connection_id' FROM procrastinate_fetch_job_v2(NULL, %s)"
WAITING = """
    SELECT priority FROM procrastinate_jobs WHERE status = 'todo' ORDER BY priority DESC LIMIT %s"""


@dataclass
class Turn:
    """A running task: one slice of a first sync."""

    job: int
    sync: UUID
    slice: slices.Slice
    opened: ExitStack


@dataclass
class Worker:
    """Four slots, which take and requeue tasks like ``jemmo worker``."""

    left: dict[UUID, int] = field(default_factory=dict)
    large: set[UUID] = field(default_factory=set)
    hands: list[Turn] = field(default_factory=list)
    begun: list[UUID] = field(
        default_factory=list
    )  # large ones that started while small ones waited
    before: list[int] = field(default_factory=list)
    now: int = 0
    held: int = 0  # slot seconds used by large syncs while small ones waited

    def add(self, seconds: int) -> None:
        connection = uuid4()
        self.left[connection] = seconds
        if seconds == LARGE:
            self.large.add(connection)
        queue.sync(connection, priority=queue.INITIAL, trigger="schedule")

    def run_until_the_small_ones_are_done(self) -> None:
        with database.cursor() as cursor:
            cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
            [worker] = cursor.fetchone()
            while self.left.keys() - self.large:
                while len(self.hands) < HANDS and self._take(cursor, worker):
                    pass
                self._work(cursor)
                self._look(cursor)

    @property
    def small_ones_wait(self) -> bool:
        return bool(self.left.keys() - self.large - {turn.sync for turn in self.hands})

    def _take(self, cursor: Any, worker: int) -> bool:
        cursor.execute(FETCH, [worker])
        job, priority, connection = cursor.fetchone()
        if job is None:
            return False
        if self.small_ones_wait:
            self.begun.append(UUID(connection))
        opened = ExitStack()
        turn = opened.enter_context(slices.Slice(priority))
        self.hands.append(Turn(job, UUID(connection), turn, opened))
        return True

    def _work(self, cursor: Any) -> None:
        """Simulate a second, in which every running sync reads a page."""
        self.now += 1
        for turn in list(self.hands):
            self.held += turn.sync in self.large and self.small_ones_wait
            self.left[turn.sync] -= 1
            is_over = turn.slice.is_over(Mode.INITIAL)
            if is_over or not self.left[turn.sync]:
                self._give_back(cursor, turn)

    def _give_back(self, cursor: Any, turn: Turn) -> None:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [turn.job])
        turn.opened.close()
        self.hands.remove(turn)
        if not self.left[turn.sync]:
            del self.left[turn.sync]
            return
        queue.next_slice(
            turn.sync,
            Hold(run_id=uuid4(), token=uuid4()),
            priority=turn.slice.rest(Mode.INITIAL),
            trigger="schedule",
            only=None,
            mode=None,
        )

    def _look(self, cursor: Any) -> None:
        cursor.execute(WAITING, [HANDS])
        waiting = [row[0] for row in cursor.fetchall()]
        slices.preempt(seen_twice(self.before, waiting))
        self.before = waiting


@pytest.fixture
def worker(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Worker:
    made = Worker()
    monkeypatch.setattr(slices, "monotonic", lambda: float(made.now))
    monkeypatch.setattr(slices, "_running", set())
    return made


@pytest.mark.parametrize("large", [3, 5])
def test_large_first_syncs_get_one_short_slice_each_while_small_ones_wait(
    worker: Worker, large: int
) -> None:
    for seconds in [LARGE] * large + [SMALL] * 20:
        worker.add(seconds)

    worker.run_until_the_small_ones_are_done()

    assert [worker.begun.count(sync) for sync in worker.large] == [1] * large
    assert worker.held <= large * (slices.MIN_SECONDS + 2)  # two checks for waiting tasks
    alone = 20 * SMALL / HANDS
    assert worker.now <= alone + large * (slices.MIN_SECONDS + 2) / HANDS + SMALL


def test_large_syncs_cost_small_ones_that_exceed_a_slice_less_than_a_third(
    worker: Worker,
) -> None:
    for seconds in [LARGE] * 5 + [SMALL] * 120:
        worker.add(seconds)

    worker.run_until_the_small_ones_are_done()

    assert worker.now <= 1.3 * 120 * SMALL / HANDS


def test_large_syncs_give_way_to_a_small_one_immediately(worker: Worker) -> None:
    for _ in range(HANDS):
        worker.add(LARGE)
    worker.add(SMALL)
    worker.run_until_the_small_ones_are_done()
    began = worker.now
    worker.begun.clear()

    for _ in range(HANDS):
        worker.add(SMALL)
    worker.run_until_the_small_ones_are_done()

    assert worker.now - began <= slices.MIN_SECONDS + 2 + 2 * SMALL
    assert not worker.large & set(worker.begun)


def test_a_long_incremental_sync_gives_way_too(worker: Worker) -> None:
    asked = []
    with slices.Slice(queue.INCREMENTAL) as slow:
        for now in (int(slices.LONG) - 1, int(slices.LONG)):
            worker.now = now
            slices.preempt([queue.INCREMENTAL])
            asked.append(slow.asked)
    assert asked == [False, True]


def test_a_slice_that_waits_for_its_ats_is_interrupted_while_others_wait(worker: Worker) -> None:
    with slices.Slice(queue.INITIAL) as slow:
        worker.now = int(slices.MIN_SECONDS)
        slices.preempt([queue.INCREMENTAL])
        worker.now += int(slices.GIVE_WAY)
        is_cut_off = []
        for waiting in ([], [queue.INCREMENTAL]):
            slices.preempt(waiting)
            is_cut_off.append(slow.cut_off.is_set)
        assert is_cut_off == [False, True]
        assert queue.RESUMES < slow.rest(Mode.INITIAL) < queue.LARGE


@pytest.mark.parametrize("priority", [queue.SLOW, queue.LARGE, queue.INCREMENTAL])
def test_no_work_is_ranked_behind_less_urgent_work(worker: Worker, priority: int) -> None:
    assert queue.fair(uuid4(), priority) == priority
