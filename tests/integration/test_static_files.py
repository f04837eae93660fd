"""The first server that needs them collects the static files; the others leave them alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.one_server

COLLECT = "from jemmo import bootstrap; bootstrap.setup(); bootstrap.collect_static()"


def collect(home: Path, servers: int = 1) -> list[int]:
    """Start this number of servers at once; return their outcomes."""
    env = {**os.environ, "JEMMO_HOME": str(home)}
    running = [subprocess.Popen([sys.executable, "-c", COLLECT], env=env) for _ in range(servers)]
    return [one.wait() for one in running]


def times(home: Path) -> dict[Path, int]:
    found = [path for path in (home / "static").rglob("*") if path.is_file()]
    return {path: path.stat().st_ctime_ns for path in found}


@pytest.mark.long
def test_simultaneous_starts_do_not_interfere(tmp_path: Path) -> None:
    assert collect(tmp_path, 4) == [0, 0, 0, 0]
    assert (tmp_path / "static" / "staticfiles.json").exists()


@pytest.mark.long
def test_a_later_start_removes_no_file(tmp_path: Path) -> None:
    assert collect(tmp_path) == [0]
    before = times(tmp_path)
    assert len(before) > 20

    assert collect(tmp_path) == [0]

    assert times(tmp_path) == before


@pytest.mark.long
def test_files_that_were_lost_are_put_back(tmp_path: Path) -> None:
    collect(tmp_path)
    (tmp_path / "static").rename(tmp_path / "lost")

    assert collect(tmp_path) == [0]

    assert (tmp_path / "static" / "staticfiles.json").exists()
