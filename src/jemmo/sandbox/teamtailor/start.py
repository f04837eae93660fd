"""Puts a simulated Teamtailor company together."""

from jemmo.sandbox.clock import Clock
from jemmo.sandbox.faults import Faults
from jemmo.sandbox.options import Options
from jemmo.sandbox.teamtailor.app import Teamtailor
from jemmo.sandbox.teamtailor.changes import Changes
from jemmo.sandbox.teamtailor.page_faults import PAGE_FAULTS
from jemmo.sandbox.teamtailor.switches import Switches
from jemmo.sandbox.teamtailor.webhooks import Webhooks
from jemmo.sandbox.teamtailor.world import World


def teamtailor(options: Options) -> tuple[Teamtailor, Faults, Clock]:
    """Return the company, its faults and its clock."""
    clock = options.clock()
    faults = options.faults_with(PAGE_FAULTS)
    switches = Switches()
    switches.set(options.switches)
    epoch = options.epoch(clock)
    world = World(
        seed=options.seed, talents=options.talents, epoch_ms=epoch, zone=options.zone, clock=clock
    )
    webhooks = Webhooks(world, switches, options.webhook_url, options.webhook_key)
    changes = Changes(world, webhooks, options.journal)
    world.count_applications()
    keys = {options.key: "admin", **options.keys}
    return Teamtailor(world, switches, faults, keys, changes), faults, clock
