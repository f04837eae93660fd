"""A worker leaves the processor to the pages of the same machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jemmo.cli.operations.server import AUTOGROUP, NICENESS

SAYS = """
import os
from jemmo.cli.operations import server

begin = os.nice(0)
server._give_way()
print(os.nice(0) - begin)
if server.AUTOGROUP.exists():
    print(server.AUTOGROUP.read_text())
"""


def priorities(*, leads: bool) -> list[str]:
    """What its own priority changed by, then the words the kernel has for its session.

    There are none for a session that began before the kernel grouped any, as in some containers.
    """
    command = [sys.executable, "-c", SAYS]
    done = subprocess.run(
        command, start_new_session=leads, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel doesn't group sessions")
def test_a_worker_in_a_session_of_its_own_lowers_the_session_too() -> None:
    own, *_, of_session = priorities(leads=True)
    assert (own, of_session) == (str(NICENESS), str(NICENESS))


def test_a_worker_in_a_session_with_others_lowers_only_itself() -> None:
    before = AUTOGROUP.read_text() if AUTOGROUP.exists() else ""
    assert priorities(leads=False)[0] == str(NICENESS)
    assert (AUTOGROUP.read_text() if AUTOGROUP.exists() else "") == before
