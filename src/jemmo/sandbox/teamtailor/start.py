"""Puts a simulated Teamtailor company together."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jemmo.sandbox.clock import Clock, day_start_ms
from jemmo.sandbox.faults import TRANSPORT_FAULTS, Faults
from jemmo.sandbox.teamtailor.app import Teamtailor
from jemmo.sandbox.teamtailor.changes import Changes
from jemmo.sandbox.teamtailor.misbehaviour import PAGE_FAULTS
from jemmo.sandbox.teamtailor.switches import Switches
from jemmo.sandbox.teamtailor.webhooks import Webhooks
from jemmo.sandbox.teamtailor.world import World


@dataclass(slots=True)
class Options:
    """What a sandbox is started with."""

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


def teamtailor(options: Options) -> tuple[Teamtailor, Faults, Clock]:
    """Return the company, its faults and its clock."""
    clock = Clock(frozen_at=options.frozen_at)
    faults = Faults({**TRANSPORT_FAULTS, **PAGE_FAULTS})
    faults.set(options.faults)
    switches = Switches()
    switches.set(options.switches)
    epoch = day_start_ms(clock.now_ms()) if options.epoch_ms is None else options.epoch_ms
    world = World(
        seed=options.seed, talents=options.talents, epoch_ms=epoch, zone=options.zone, clock=clock
    )
    webhooks = Webhooks(world, switches, options.webhook_url, options.webhook_key)
    changes = Changes(world, webhooks, options.journal)
    world.tally()
    keys = {options.key: "admin", **options.keys}
    return Teamtailor(world, switches, faults, keys, changes), faults, clock
