"""A short run of `make chaos`: real workers, a real Postgres, many failures, and correct data in the end."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import pytest
from fakes.effort import EFFORT

pytestmark = [pytest.mark.one_server, pytest.mark.soak, pytest.mark.long]
KILLS = 5 * EFFORT


@pytest.mark.parametrize("seed", [3])
async def test_nothing_is_lost_duplicated_or_wrongly_deleted(seed: int) -> None:
    words = ("--seed", str(seed), "--kills", str(KILLS), "--companies", "4")
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.chaos", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
    )
    out, err = await run.communicate()

    assert out, err.decode()
    found = json.loads(out.decode().splitlines()[-1])
    assert found["ok"], found
    assert found["kills"] == KILLS
    assert found["syncs_asked"] > 10
