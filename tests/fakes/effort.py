"""How much of what can be tried without end is tried: a little by `make test`, much by `make soak`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EFFORT = int(os.environ.get("SOAK_EFFORT", "1"))


def examples(count: int) -> settings:
    """So many examples, each of which shares the fixtures of its test; in a soak, many times as many."""
    shared = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    # No database of failures: what an example did depends on those before it.
    return settings(max_examples=count * EFFORT, suppress_health_check=shared, database=None)
