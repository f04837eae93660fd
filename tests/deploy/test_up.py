"""`jemmo up` with real processes: kills each part, kills `jemmo up` itself, and checks what remains."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import LiteralString

import psutil
import psycopg
import pytest
from psycopg import errors

from jemmo import embedded
from jemmo.cli.operations.demo import free_port

pytestmark = pytest.mark.one_server

# Seconds, longer than a forced restart of Postgres and a worker may take
LONGEST = 600.0


def _cwd(process: psutil.Process) -> str | None:
    with contextlib.suppress(psutil.Error, OSError):
        return process.cwd()
    return None


class Up:
    """Runs `jemmo up` repeatedly with the same data folder."""

    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        self.lines = home / "lines"

    def start(self, *words: str) -> None:
        with self.lines.open("ab") as lines:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jemmo", "up", "--port", str(self.port), *words],
                stdout=lines,
                stderr=lines,
            )

    def get(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://localhost:{self.port}{path}", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except (OSError, urllib.error.URLError):
            return 0

    def ready(self) -> bool:
        return self.get("/readyz") == 200

    def part(self, word: str) -> psutil.Process | None:
        """Return the part whose command contains this word."""
        for process in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):  # the process may just have ended
                if word in process.cmdline():
                    return process
        return None

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait while `jemmo up` runs, at most as long as its own limits allow."""
        gives_up = time.monotonic() + LONGEST
        while not condition():
            assert self.process.poll() is None, f"jemmo up ended before {what}: {self.seen()}"
            assert time.monotonic() < gives_up, f"not in {LONGEST:.0f} s: {what}: {self.seen()}"
            time.sleep(0.05)

    def seen(self) -> str:
        """Return the output of `jemmo up` and its database, and the running processes."""
        log = (self.home / "postgres/log").read_text(errors="replace")
        ours = [
            f"{process.pid} {process.status()} {' '.join(process.cmdline())}"
            for process in psutil.process_iter()
            if str(self.home) in (_cwd(process) or "") or self._is_child(process)
        ]
        return "\n".join([self.lines.read_text(), log[-5000:], *ours])

    def _is_child(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return self.process.pid in {parent.pid for parent in process.parents()}
        return False

    def another(self, word: str, before: psutil.Process) -> Callable[[], bool]:
        def found() -> bool:
            process = self.part(word)
            return process is not None and process != before

        return found

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(LONGEST)


@pytest.fixture(autouse=True)
def hangup_ends() -> Iterator[None]:
    """Restore the default for SIGHUP: under `nohup`, tests and `jemmo up` would ignore it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch) -> Iterator[Up]:
    home = Path(mkdtemp(prefix="jemmo-test-"))
    home.chmod(0o711)
    monkeypatch.setenv("JEMMO_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    found = Up(home)
    yield found
    if found.process.poll() is None:
        found.end(signal.SIGTERM)
    embedded.stop()
    shutil.rmtree(home)


def postmaster(up: Up) -> int:
    return int((up.home / "postgres/cluster/data/postmaster.pid").read_text().split()[0])


def test_every_killed_part_is_restarted(up: Up) -> None:
    up.start()
    up.until(up.ready, "everything runs")

    for word in ("worker", "web"):
        before = up.part(word)
        assert before
        before.kill()
        up.until(up.another(word, before), f"another {word} runs")
    up.until(up.ready, "everything runs again")

    os.kill(postmaster(up), signal.SIGKILL)
    up.until(lambda: embedded.is_running() and up.ready(), "the killed database runs again")
    up.until(worker_beats(), "the worker reaches it")

    kill_a_backend(embedded.ensure_running())
    up.until(up.ready, "the database has repaired itself")
    up.until(worker_beats(), "the worker reaches the repaired one")
    said = up.lines.read_text()
    assert "The worker was ended by SIGKILL; restarting it" in said
    assert "The web server was ended by SIGKILL; restarting it" in said
    assert said.count("The database stopped; restarting it") == 1
    assert "Traceback" not in said

    children = psutil.Process(up.process.pid).children(recursive=True)
    up.end(signal.SIGKILL)
    up.start()  # waits for remaining parts, then opens the same port
    up.until(lambda: up.lines.read_text().count("Jemmo is ready") == 2, "a second one runs")
    assert not still_running(children)

    children = psutil.Process(up.process.pid).children(recursive=True)
    os.kill(postmaster(up), signal.SIGKILL)
    assert up.end(signal.SIGHUP) == 0  # even while the database restarts
    assert not still_running(children)
    assert up.get("/healthz") == 0


def still_running(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return the processes that don't end; a file reader, for example, ends by itself once its worker is gone."""
    _, left = psutil.wait_procs(processes, timeout=LONGEST)
    return list(left)


def worker_beats() -> Callable[[], bool]:
    """Return a check of whether the worker has reached the database since now."""
    now = ask("SELECT clock_timestamp()")
    query = "SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > %s)"
    return lambda: bool(ask(query, now))


def ask(query: LiteralString, *values: object) -> object:
    with psycopg.connect(embedded.ensure_running()) as connection:
        row = connection.execute(query, values).fetchone()
    return row and row[0]


def kill_a_backend(url: str) -> None:
    """Kill a backend, after which Postgres ends all others and recovers."""
    with psycopg.connect(url) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        with pytest.raises(errors.OperationalError):
            connection.execute("SELECT 1")
