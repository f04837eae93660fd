"""Applications: candidate, job, stage, and whether they were rejected."""

from __future__ import annotations

import json
from array import array

from jemmo.sandbox.mixing import mix_all
from jemmo.sandbox.spread import BLOCK, Spread
from jemmo.sandbox.table import Base, Relation
from jemmo.sandbox.teamtailor import texts
from jemmo.sandbox.teamtailor.frame import MIN_JOBS, Frame
from jemmo.sandbox.teamtailor.stages import Stages

FIRST_ID = 500_201
SHARES = (0, 1, 1, 1, 1, 1, 1, 2, 2, 4)
RECENT_JOBS = 60
INBOX_LUCK = 6  # of 16; 0 is a hire
ATTRIBUTES = (
    "cover-letter created-at match referring-site referring-url rejected-at row-order sourced "
    "updated-at changed-stage-at"
)
LETTER = tuple(json.dumps(text) for text in texts.LETTERS)
SITE = tuple((json.dumps(site), json.dumps(url)) for site, url in texts.SITES)


class Applications(Base):
    """Job applications: fourteen for every ten talents, at most one per talent and job."""

    type = "job-applications"
    attributes = tuple(ATTRIBUTES.split())
    relations = {
        "candidate": Relation("candidates"), "job": Relation("jobs"), "stage": Relation("stages"),
        "reject-reason": Relation("reject-reasons"),
        "nps-responses": Relation("nps-responses", many=True),
    }  # fmt: skip

    def __init__(self, frame: Frame, spread: Spread, stages: Stages) -> None:
        self.size = spread.size
        self._frame = frame
        self._spread = spread
        self._stages = stages
        self._bits = mix_all(frame.salt("applications"), self.size)
        self._talent_bits = frame.talent_bits()
        self._blocks = max(1, -(-frame.talents // BLOCK))
        self._per = sum(SHARES)
        # Needed several times per rendered row, so computed once: five bytes a row.
        rows = range(self.size)
        self._jobs = array("I", (self._job_of(row) for row in rows))
        self._places = array("B", (self._place_of(row) for row in rows))

    def id_at(self, row: int) -> int:
        return FIRST_ID + row * 2 + (self._bits[row] & 1)

    child_id = id_at

    def row_of(self, record: int) -> int:
        row = (record - FIRST_ID) // 2
        return row if 0 <= row < self.size and self.id_at(row) == record else -1

    def job_row(self, row: int) -> int:
        """Return the row of the job applied for."""
        return self._jobs[row]

    def place(self, row: int) -> tuple[int, bool]:
        """Return the stage's number within its job and whether the application is rejected."""
        place = self._places[row]
        return place >> 1, place & 1 == 1

    def _job_of(self, row: int) -> int:
        # One of the jobs that existed then, the newest ones more often.
        owner, nth = self._spread.owner(row)
        known = MIN_JOBS + (self._frame.jobs - MIN_JOBS) * (owner // BLOCK) // self._blocks
        window = min(known, RECENT_JOBS)
        bits = self._talent_bits[owner]
        pick = (bits & 1023) * (bits >> 10 & 1023) * window >> 20
        return known - 1 - (pick + nth) % window

    def _place_of(self, row: int) -> int:
        bits = self._bits[row]
        last = self._stages.count(self._jobs[row]) - 1
        luck = bits >> 1 & 15
        if luck == 0:
            return last << 1
        number = 0 if luck < INBOX_LUCK else 1 + (bits >> 5) % (last - 1)
        return number << 1 | (bits >> 13 & 7 < 4)

    def created_ms(self, row: int) -> int:
        block, slot = divmod(row, self._per)
        return self._frame.block_ms(block, slot, self._per) + (self._bits[row] >> 40) % 1000

    def updated_ms(self, row: int) -> int:
        bits = self._bits[row]
        return self._frame.later_ms(self._changed_ms(row, bits), bits >> 20)

    def _changed_ms(self, row: int, bits: int) -> int:
        created = self.created_ms(row)
        if 0 < bits >> 1 & 15 < INBOX_LUCK:
            return created - 11  # the stage is entered a moment before the row is written
        return self._frame.later_ms(created, bits >> 30)

    def values(self, row: int) -> tuple[str, ...]:
        bits, frame = self._bits[row], self._frame
        text, created, changed = frame.local.text, self.created_ms(row), self._changed_ms(row, bits)
        updated = frame.later_ms(changed, bits >> 20)
        rejected = self.place(row)[1]
        site, url = SITE[bits >> 44 & 7]
        return (
            LETTER[bits >> 50 & 7], text(created), "null", site, url,
            text(updated) if rejected else "null", str(bits >> 24 & 63),
            "true" if bits >> 33 & 15 == 4 else "false", text(updated), text(changed),
        )  # fmt: skip

    def related(self, row: int, name: str) -> tuple[int, ...]:
        if name == "candidate":
            owner = self._spread.owner(row)[0]
            return (900_101 + owner * 3 + self._talent_bits[owner] % 3,)
        if name == "job":
            return (self._stages.job_id(self.job_row(row)),)
        if name == "stage":
            return (self._stages.stage_id(self.job_row(row), self.place(row)[0]),)
        if name == "reject-reason" and self.place(row)[1]:
            bits = self._bits[row] >> 17
            return (9001 + bits % len(texts.REJECT_REASONS) * 2,) if bits & 7 else ()
        return ()
