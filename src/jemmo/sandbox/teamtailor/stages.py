"""Stages: five to seven per job, with varying names."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable

from jemmo.sandbox.mixing import mix
from jemmo.sandbox.table import Base, Relation
from jemmo.sandbox.teamtailor import texts
from jemmo.sandbox.teamtailor.frame import Frame

FIRST_ID = 41_001
FIRST_JOB = 7_001
PER_THREE_JOBS = 5 + 6 + 7
ORDERS = (-4194303, 0, 1073741824, 1610612736, 1879048192, 2013265920, 2080374784)
ATTRIBUTES = (
    "name stage-type legacy-stage-type-name row-order active-job-applications-count "
    "rejected-job-applications-count created-at updated-at"
)
MIDDLE = {5: (1, 2, 5), 6: (1, 2, 3, 5), 7: (1, 2, 3, 4, 5)}


class Stages(Base):
    """The stages of all jobs. `count_applications` is given by the world, which knows the applications."""

    type = "stages"
    attributes = tuple(ATTRIBUTES.split())
    relations = {
        "job": Relation("jobs"),
        "job-applications": Relation("job-applications", many=True, inverse="stage"),
        "triggers": Relation("triggers", many=True),
        "stage-type": Relation("stage-types"),
    }

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._salt = frame.salt("stages")
        self.size = self.first(frame.jobs)
        self.count_applications: Callable[[], tuple[array[int], array[int]]] | None = None
        self.applications_of: Callable[[int], tuple[int, ...]] = lambda _row: ()

    def first(self, job: int) -> int:
        """Return the row of a job's first stage."""
        triple, rest = divmod(job, 3)
        return triple * PER_THREE_JOBS + (0, 5, 11)[rest]

    def count(self, job: int) -> int:
        """Return how many stages a job has."""
        return 5 + job % 3

    def owner(self, row: int) -> tuple[int, int]:
        """Return the job of a stage and the stage's number within it."""
        triple, rest = divmod(row, PER_THREE_JOBS)
        third = 0 if rest < 5 else 1 if rest < 11 else 2
        return triple * 3 + third, rest - (0, 5, 11)[third]

    def job_id(self, job: int) -> int:
        """Return the id of a job; kept here because stages and applications both need it."""
        return FIRST_JOB + job * 4 + mix(self._salt, job) % 4

    def job_row(self, record: int) -> int:
        """Return the row of a job id, or -1."""
        row = (record - FIRST_JOB) // 4
        return row if 0 <= row < self._frame.jobs and self.job_id(row) == record else -1

    def stage_id(self, job: int, number: int) -> int:
        """Return the id of a job's stage."""
        return FIRST_ID + (self.first(job) + number) * 2

    def id_at(self, row: int) -> int:
        return FIRST_ID + row * 2

    def row_of(self, record: int) -> int:
        row, odd = divmod(record - FIRST_ID, 2)
        return row if 0 <= row < self.size and not odd else -1

    def kind(self, row: int) -> tuple[str, str]:
        """Return name and stage type."""
        job, number = self.owner(row)
        count = self.count(job)
        if number in (0, count - 1):
            return texts.STAGE_NAMES[0 if number == 0 else -1]
        return texts.STAGE_NAMES[MIDDLE[count][number - 1]]

    def created_ms(self, row: int) -> int:
        return self._frame.start_ms + row

    def updated_ms(self, row: int) -> int:
        return self._frame.later_ms(self.created_ms(row), mix(self._salt, row) >> 9)

    def values(self, row: int) -> tuple[str, ...]:
        name, kind = self.kind(row)
        active, rejected = (
            self.count_applications() if self.count_applications else (array("I"), array("I"))
        )
        number = self.owner(row)[1]
        text = self._frame.local.text
        return (
            json.dumps(name), f'"{kind}"', f'"{kind}"', str(ORDERS[number]), str(active[row]),
            str(rejected[row]), text(self.created_ms(row)), text(self.updated_ms(row)),
        )  # fmt: skip

    def related(self, row: int, name: str) -> tuple[int, ...]:
        job, number = self.owner(row)
        if name == "job":
            return (self.job_id(job),)
        if name == "job-applications":
            return self.applications_of(row)
        if name == "stage-type":
            last = self.count(job) - 1
            return (51 if number == 0 else 55 if number == last else 52 + min(number, 3) - 1,)
        return ()
