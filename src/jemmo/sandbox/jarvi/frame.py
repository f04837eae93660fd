"""Size, age and kinds of rows of the invented firm."""

from __future__ import annotations

from dataclasses import dataclass, field

from jemmo.sandbox.mixing import mix, salt

DAY_US = 86_400_000_000
SPAN_DAYS = 4 * 365
BLOCK = "t" * 30 + "c" * 10 + "d"
TALENTS_IN_BLOCK = BLOCK.count("t")
PATTERNS = 16
MIN_PROJECTS, TALENTS_PER_PROJECT = 8, 60


@dataclass(slots=True)
class Frame:
    """What the base data depends on; the same frame gives the same rows.

    Of every 41 profiles, 30 are talents, 10 are contacts at clients, and one is a soft-deleted talent, much like
    in the account that was measured.
    """

    seed: int
    talents: int
    epoch_ms: int
    profiles: int = field(init=False)
    projects: int = field(init=False)
    companies: int = field(init=False)
    start_us: int = field(init=False)
    patterns: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.start_us = self.epoch_ms * 1000 - SPAN_DAYS * DAY_US
        self.patterns = tuple(self._shuffled(n) for n in range(PATTERNS))
        self.profiles = self._count()
        self.projects = max(MIN_PROJECTS, self.talents // TALENTS_PER_PROJECT)
        self.companies = max(3, self.projects // 4)

    def _shuffled(self, pattern: int) -> str:
        bits = self.salt("pattern") + pattern
        order = sorted(range(len(BLOCK)), key=lambda n: mix(bits, n))
        return "".join(BLOCK[n] for n in order)

    def _count(self) -> int:
        blocks, rest = divmod(self.talents, TALENTS_IN_BLOCK)
        count = blocks * len(BLOCK)
        while rest:
            rest -= self.kind(count) == "t"
            count += 1
        return count

    def salt(self, purpose: str) -> int:
        """Return this firm's salt for one purpose."""
        return salt(self.seed, purpose)

    def kind(self, row: int) -> str:
        """Return the kind of a profile: `t` a talent, `c` a contact, `d` a soft-deleted talent."""
        block, place = divmod(row, len(BLOCK))
        return self.patterns[mix(self.salt("blocks"), block) % PATTERNS][place]

    def created_us(self, row: int, count: int, bits: int) -> int:
        """Return when a row was created; rises with rows."""
        step = SPAN_DAYS * DAY_US // (count + 2)
        return rounded(
            self.start_us + row * step + (bits & 1023) * (step - 2_000_000) // 1024, bits
        )

    def updated_us(self, created: int, bits: int) -> int:
        """Return a moment between the creation and the epoch."""
        share = bits & 1023
        room = self.epoch_ms * 1000 - 1_000_000 - created
        return rounded(created + room * share * share // 1024 // 1024, bits)


def rounded(moment: int, bits: int) -> int:
    """Round the moment to a unit chosen by the bits, so that some have zeros to trim."""
    unit = (1, 1, 10, 1000, 10_000, 100_000, 1_000_000, 1)[bits >> 20 & 7]
    return moment - moment % unit


class Rows:
    """The base rows of one kind: what each is drawn from, and when it was created and changed."""

    def __init__(self, frame: Frame, size: int, kind: str) -> None:
        self.frame = frame
        self.size = size
        self._salt = frame.salt(kind)

    def bits(self, row: int) -> int:
        return mix(self._salt, row)

    def created_us(self, row: int) -> int:
        return self.frame.created_us(row, self.size, self.bits(row))

    def updated_us(self, row: int) -> int:
        return self.frame.updated_us(self.created_us(row), self.bits(row) >> 10)
