"""Size, age and time zone of the invented company."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from jemmo.sandbox.clock import LocalTime
from jemmo.sandbox.mixing import mix_all, salt

DAY_MS = 86_400_000
SPAN_DAYS = 4 * 365
MIN_JOBS = 8
TALENTS_PER_JOB = 60


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything the base data depends on; the same frame gives the same bytes."""

    seed: int
    talents: int
    epoch_ms: int
    local: LocalTime
    start_ms: int = field(init=False)
    step_us: int = field(init=False)
    jobs: int = field(init=False)
    _bits: array[int] = field(init=False, default_factory=lambda: array("Q"))

    def __post_init__(self) -> None:
        object.__setattr__(self, "start_ms", self.epoch_ms - SPAN_DAYS * DAY_MS)
        steps = self.talents + 40  # room for applications, which come after their talents
        object.__setattr__(self, "step_us", SPAN_DAYS * DAY_MS * 1000 // steps)
        object.__setattr__(self, "jobs", max(MIN_JOBS, self.talents // TALENTS_PER_JOB))

    def salt(self, purpose: str) -> int:
        """Return this company's salt for one purpose."""
        return salt(self.seed, purpose)

    def talent_bits(self) -> array[int]:
        """Return the bits that determine each talent; computed once, then shared."""
        if self.talents and not self._bits:
            self._bits.extend(mix_all(self.salt("candidates"), self.talents))
        return self._bits

    def talent_ms(self, row: int, bits: int) -> int:
        """Return when the talent of this row was created; rises with rows."""
        return self.start_ms + (row * self.step_us + (bits & 1023) * self.step_us // 1024) // 1000

    def block_ms(self, block: int, part: int, parts: int) -> int:
        """Return a moment after all talents of a block of ten, before the next block's."""
        return (
            self.start_ms
            + (block + 1) * 10 * self.step_us // 1000
            + (part * 10 * self.step_us // parts // 1000)
        )

    def later_ms(self, since: int, bits: int) -> int:
        """Return a moment between `since` and the epoch, mostly soon after `since`."""
        part = bits & 1023
        return since + (self.epoch_ms - 1000 - since) * (part * part * part >> 20) // 1024
