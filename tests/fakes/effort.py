"""How many examples property tests try: a few in `make test`, many in `make soak`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EFFORT = int(os.environ.get("SOAK_EFFORT", "1"))


def examples(count: int) -> settings:
    """Try ``count`` examples, which share the fixtures of their test; many times more in a soak."""
    shared = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    # Failures aren't stored, since an example's outcome depends on those before it.
    return settings(max_examples=count * EFFORT, suppress_health_check=shared, database=None)
