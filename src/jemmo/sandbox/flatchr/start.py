"""Puts a simulated Flatchr account together."""

from jemmo.sandbox.clock import Clock
from jemmo.sandbox.faults import Faults
from jemmo.sandbox.flatchr.app import Flatchr
from jemmo.sandbox.flatchr.changes import Changes
from jemmo.sandbox.flatchr.page_faults import PAGE_FAULTS
from jemmo.sandbox.flatchr.switches import Switches
from jemmo.sandbox.flatchr.webhooks import Webhooks
from jemmo.sandbox.flatchr.world import World
from jemmo.sandbox.options import Options


def flatchr(options: Options) -> tuple[Flatchr, Faults, Clock]:
    """Return the account, its faults and its clock."""
    clock = options.clock()
    faults = options.faults_with(PAGE_FAULTS)
    switches = Switches()
    switches.set(options.switches)
    epoch = options.epoch(clock)
    world = World(
        seed=options.seed, talents=options.talents, epoch_ms=epoch, zone=options.zone, clock=clock
    )
    webhooks = Webhooks(world, switches, options.webhook_url)
    changes = Changes(world, webhooks, options.journal)
    keys = {options.key, *options.keys}
    return Flatchr(world, switches, faults, keys, changes), faults, clock
