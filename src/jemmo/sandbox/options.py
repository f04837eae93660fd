"""The options of any sandbox."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jemmo.sandbox.clock import Clock, day_start_ms
from jemmo.sandbox.faults import TRANSPORT_FAULTS, Faults


@dataclass(slots=True)
class Options:
    """The options of the command line and of ``run_sandbox``."""

    talents: int = 1000
    seed: int = 7
    key: str = "test-key"
    keys: dict[str, str] = field(default_factory=dict)
    epoch_ms: int | None = None
    zone: str = "Europe/Paris"
    faults: str = ""
    switches: dict[str, Any] = field(default_factory=dict)
    webhook_url: str | None = None
    webhook_key: str = "webhook-key"
    journal: Path | None = None
    frozen_at: int | None = None

    def clock(self) -> Clock:
        """Return a new clock."""
        return Clock(frozen_at=self.frozen_at)

    def epoch(self, clock: Clock) -> int:
        """Return the moment that all base data precedes: the start of the day by default."""
        return day_start_ms(clock.now_ms()) if self.epoch_ms is None else self.epoch_ms

    def faults_with(self, page_faults: dict[str, float]) -> Faults:
        """Return the requested faults, both in transport and in this ATS's pages."""
        faults = Faults({**TRANSPORT_FAULTS, **page_faults})
        faults.set(self.faults)
        return faults
