"""Size and times of one simulated account, computed from seed, number of talents and epoch."""

from __future__ import annotations

from array import array

from jemmo.sandbox.flatchr.moments import DAY_MS
from jemmo.sandbox.mixing import mix, salt

AGE_DAYS = 1000
COMPANY_NUMBER = 4242
COMPANY_SLUG = "demo-exemple"
COLUMNS = (
    ("Candidatures", True, False), ("Présélection ", True, False), ("Entretien RH", True, False),
    ("Entretien manager", True, False), ("Proposition", True, False), ("Vivier", False, False),
    ("Refusé", True, False), ("Recruté", True, True),
)  # fmt: skip
FIRST_COLUMN = 641
FIRST_VACANCY = 70_101
FIRST_APPLICANT = 9_000_001
FIRST_CANDIDATE = 8_000_001


class Frame:
    """How many records there are, and when each applicant was created and changed."""

    def __init__(self, seed: int, talents: int, epoch_ms: int) -> None:
        self.seed = seed
        self.talents = talents
        self.epoch_ms = epoch_ms
        self.founded_ms = epoch_ms - AGE_DAYS * DAY_MS
        self.first_vacancy = FIRST_VACANCY
        self.vacancies = max(3, min(400, talents // 40))
        self._salt = salt(seed, "applicant")
        self.created = array("q", (self._created(row) for row in range(talents)))
        self.updated = array("q", (self._updated(row) for row in range(talents)))

    def bits(self, row: int) -> int:
        """Return the 64 bits that determine one applicant."""
        return mix(self._salt, row)

    def _created(self, row: int) -> int:
        share = self._import(row / max(1, self.talents))
        span = (AGE_DAYS - 2) * DAY_MS
        step = span // max(1, self.talents)
        return self.founded_ms + int(span * share) + self.bits(row) % max(1, min(step, DAY_MS))

    def _import(self, share: float) -> float:
        """A tenth of all applicants were imported on one day long ago."""
        return 0.2 if 0.2 <= share < 0.3 else share

    def _updated(self, row: int) -> int:
        created = self.created[row]
        later = (self.bits(row) >> 12) % (90 * DAY_MS)
        return min(created + later, self.epoch_ms - 3_600_000 - row % 1000)
