"""A worker leaves the processor to the pages of the same machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jemmo.cli.operations.server import AUTOGROUP, NICENESS

SAYS = """
import os
from pathlib import Path
from jemmo.cli.operations import server

begin = os.nice(0)
server._give_way()
group = Path("/proc/self/autogroup")
print(os.nice(0) - begin, group.read_text().split()[-1] if group.exists() else "none")
"""


def priorities(*, leads: bool) -> list[str]:
    """What its own priority changed by, and that of its session."""
    command = [sys.executable, "-c", SAYS]
    done = subprocess.run(
        command, start_new_session=leads, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.skipif(not Path(AUTOGROUP).exists(), reason="this kernel doesn't group sessions")
def test_a_worker_in_a_session_of_its_own_lowers_the_session_too() -> None:
    assert priorities(leads=True) == [str(NICENESS)] * 2


def test_a_worker_in_a_session_with_others_lowers_only_itself() -> None:
    own = Path(AUTOGROUP)
    before = own.read_text() if own.exists() else ""
    assert priorities(leads=False)[0] == str(NICENESS)
    assert (own.read_text() if own.exists() else "") == before
