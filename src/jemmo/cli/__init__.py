"""The command line."""

import gc

# A command loads half a second's worth of modules, none of which ends before it: see ``bootstrap.setup``.
gc.set_threshold(50_000, 20, 50)
