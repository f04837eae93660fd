"""Puts a simulated Jarvi account together."""

from jemmo.sandbox.clock import Clock
from jemmo.sandbox.faults import Faults
from jemmo.sandbox.jarvi.app import Jarvi
from jemmo.sandbox.jarvi.changes import Changes
from jemmo.sandbox.jarvi.page_faults import PAGE_FAULTS
from jemmo.sandbox.jarvi.switches import Switches
from jemmo.sandbox.jarvi.webhooks import Triggers
from jemmo.sandbox.jarvi.world import World
from jemmo.sandbox.options import Options


def jarvi(options: Options) -> tuple[Jarvi, Faults, Clock]:
    """Return the account, its faults and its clock."""
    clock = options.clock()
    faults = options.faults_with(PAGE_FAULTS)
    switches = Switches()
    switches.set(options.switches)
    epoch = options.epoch(clock)
    world = World(seed=options.seed, talents=options.talents, epoch_ms=epoch, clock=clock)
    triggers = Triggers(switches, options.webhook_url)
    changes = Changes(world, switches, triggers, options.journal)
    keys = {options.key: "private", f"public-{options.key}": "public", **options.keys}
    return Jarvi(world, switches, faults, keys, changes), faults, clock
