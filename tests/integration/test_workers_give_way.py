"""Workers yield the CPU to web processes on the same machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from jemmo.store.db import priority
from jemmo.store.db.priority import NICENESS

OWN = Path("/proc/self/autogroup")
grouped = pytest.mark.skipif(not OWN.exists(), reason="this kernel doesn't group sessions")

SAYS = """
import os
from jemmo.store.db import priority

begin = os.nice(0)
priority.give_way()
print(os.nice(0) - begin)
if os.path.exists("/proc/self/autogroup"):
    print(open("/proc/self/autogroup").read())
"""

CONNECTS = """
import asyncio, os, sys
import psycopg
from jemmo import bootstrap
from jemmo.store.db import postgres, priority

if sys.argv[1] == "worker":
    priority.give_way()

def session_of(connection):
    return open(f"/proc/{connection.info.backend_pid}/autogroup").read().split()[-1]

async def of_the_data_path():
    async with postgres.connect(os.environ["DATABASE_URL"]) as connection:
        return session_of(connection)

bootstrap.setup()
from django.db import connection as django
django.ensure_connection()
print(session_of(django.connection), asyncio.run(of_the_data_path()))
"""


def printed(source: str, *arguments: str, leads: bool = True) -> list[str]:
    """Return a process's output; with ``leads`` it has its own session, otherwise ours."""
    command = [sys.executable, "-c", source, *arguments]
    done = subprocess.run(
        command, start_new_session=leads, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@grouped
def test_a_worker_in_its_own_session_lowers_the_session_too() -> None:
    own, *_, of_session = printed(SAYS)
    assert (own, of_session) == (str(NICENESS), str(NICENESS))


def test_a_worker_in_a_session_with_others_lowers_only_itself() -> None:
    """In some containers, processes have no autogroup, and the kernel shows an empty text."""
    before = OWN.read_text() if OWN.exists() else ""
    assert printed(SAYS, leads=False)[0] == str(NICENESS)
    assert (OWN.read_text() if OWN.exists() else "") == before


@grouped
@pytest.mark.skipif(
    os.name != "posix" or os.getuid() != 0, reason="needs the right to lower others"
)
def test_a_workers_postgres_processes_give_way_too(database_url: str) -> None:
    assert printed(CONNECTS, "web") == ["0", "0"]
    assert printed(CONNECTS, "worker") == [str(NICENESS), str(NICENESS)]


def test_a_temporary_refusal_by_the_kernel_is_retried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    attempts: list[str] = []
    done = Event()

    def write(path: Path, text: str) -> None:
        attempts.append(f"{path.relative_to(tmp_path)}: {text}")
        if len(attempts) < 4:
            raise BlockingIOError
        done.set()

    monkeypatch.setattr(priority, "PROCESSES", tmp_path)
    monkeypatch.setattr(priority, "PAUSE", 0.0)
    monkeypatch.setattr(Path, "write_text", write)
    priority._lower_session(42)
    assert done.wait(60)
    assert attempts == [f"42/autogroup: {NICENESS}"] * 4
