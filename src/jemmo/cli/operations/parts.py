"""The parts of one `jemmo up`, and their restarts."""

from __future__ import annotations

import contextlib
import logging
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Sequence
from typing import IO, NoReturn, Protocol

from msgspec import Struct

from jemmo import embedded
from jemmo.domain.errors import PermanentError

LOOK_SECONDS = 0.2  # seconds between two checks of the parts
STOP_SECONDS = 30.0  # a worker finishes its page within 25
LAST_LINES = 5

log = logging.getLogger(__name__)


class Pace(Struct, frozen=True, kw_only=True):
    """How often a part that ends is restarted, in seconds, and when we give up."""

    first: float = 0.5
    longest: float = 30.0
    healthy: float = 60.0  # after running this long, a part's earlier failures no longer count
    attempts: int = 6

    def delay(self, failures: int, chance: float) -> float:
        """Double the delay after each failure. ``chance`` (0 to 1) keeps parts from restarting in step."""
        return float(min(self.longest, self.first * 2 ** (failures - 1)) * (0.5 + chance / 2))


class Part(Protocol):
    """A part that can be started, and may end on its own."""

    name: str

    def start(self) -> None: ...

    def is_alive(self) -> bool: ...

    def ending(self) -> str:
        """How it ended, as the end of a sentence."""
        ...

    def last_lines(self) -> list[str]:
        """The process's last output."""
        ...


class Process:
    """A part that is a child process in its own session, so that Ctrl-C reaches it only through us.

    Its standard input is a pipe that closes when we end (``jemmo.cli.operations.tied``). Its errors are passed on.
    """

    def __init__(self, name: str, module: Sequence[str], keep: Sequence[int] = ()) -> None:
        self.name = name
        self._command = [sys.executable, "-m", "jemmo.cli.operations.tied", *module]
        self._keep = keep
        self._running: subprocess.Popen[bytes] | None = None
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._reader = threading.Thread()

    def start(self) -> None:
        self._release()
        self._running = subprocess.Popen(  # noqa: S603 - our own programs, no shell
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=self._keep,
        )
        self._lines.clear()
        self._reader = threading.Thread(
            target=_pass_on, args=(self._running.stderr, self._lines), daemon=True
        )
        self._reader.start()

    def is_alive(self) -> bool:
        return self._running is not None and self._running.poll() is None

    def ending(self) -> str:
        status = self._running.returncode if self._running else None
        if status is not None and status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with status {status}"

    def last_lines(self) -> list[str]:
        self._reader.join(timeout=1)  # a child process may still hold the pipe
        return list(self._lines)

    def terminate(self) -> None:
        if self._running:
            self._running.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for its end, then kill it."""
        if self._running is None:
            return
        try:
            self._running.wait(seconds)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
        self._release()

    def _release(self) -> None:
        if self._running and self._running.stdin:
            self._running.stdin.close()


class Database:
    """The embedded Postgres. It outlives us if another command started it."""

    name = "database"

    def __init__(self) -> None:
        self._refusal: embedded.PostgresError | None = None

    def start(self) -> None:
        try:
            embedded.ensure_running()
            self._refusal = None
        except embedded.PostgresError as error:
            self._refusal = error

    def is_alive(self) -> bool:
        return embedded.is_alive()

    def ending(self) -> str:
        return "did not start" if self._refusal else "stopped"

    def last_lines(self) -> list[str]:
        return [str(self._refusal)] if self._refusal else []


class Watch:
    """Restarts a part that ended, after growing delays, and finally gives up."""

    def __init__(
        self,
        part: Part,
        pace: Pace,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.part = part
        self._pace, self._clock, self._chance = pace, clock, chance
        self._failures = 0
        self._started = clock()
        self._due: float | None = None

    def tend(self) -> bool:
        """Restart the part if it is due. Return whether it runs. Raises ``PermanentError`` after too many failures."""
        if self._due is None:
            if self.part.is_alive():
                return True
            self._plan_restart()
        elif self._clock() >= self._due:
            self._due, self._started = None, self._clock()
            self.part.start()
        return False

    def _plan_restart(self) -> None:
        healthy = self._clock() - self._started >= self._pace.healthy
        self._failures = 1 if healthy else self._failures + 1
        if self._failures >= self._pace.attempts:
            raise _gave_up(self.part, self._failures)
        delay = self._pace.delay(self._failures, self._chance())
        self._due = self._clock() + delay
        log.warning(
            "The %s %s; restarting it in %.1f s (failure %d of %d).",
            *(self.part.name, self.part.ending(), delay, self._failures, self._pace.attempts),
        )


class Parts:
    """All parts that one `jemmo up` keeps running."""

    def __init__(self, pace: Pace | None = None, keep: Sequence[int] = ()) -> None:
        self._pace, self._keep = pace or Pace(), keep
        self._processes: list[Process] = []
        self._watches: list[Watch] = []
        self._database: Watch | None = None

    def watch_database(self) -> None:
        self._database = Watch(Database(), self._pace)

    def start(self, name: str, module: Sequence[str]) -> None:
        """Start ``python -m MODULE …`` and keep it running."""
        process = Process(name, module, self._keep)
        self._processes.append(process)
        process.start()
        self._watches.append(Watch(process, self._pace))

    def tend(self) -> None:
        """Restart parts that ended: first the database, which all others need."""
        if self._database is None or self._database.tend():
            for watch in self._watches:
                watch.tend()

    def stay(self) -> NoReturn:
        """Keep the parts running until we are interrupted or give up."""
        while True:
            self.tend()
            time.sleep(LOOK_SECONDS)

    def await_answer(self, url: str) -> None:
        """Keep the parts running until this URL responds."""
        while not _answers(url):
            self.tend()
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._processes:
            process.wait(max(0.1, deadline - time.monotonic()))


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own address
            return True
    except urllib.error.HTTPError:  # it responds, if only to another host name
        return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _gave_up(part: Part, failures: int) -> PermanentError:
    lines = " / ".join(part.last_lines())
    return PermanentError(
        "part_ended", program=part.name, failures=failures, reason=part.ending(), lines=lines or "–"
    )


def _pass_on(source: IO[bytes], lines: deque[str]) -> None:
    """Copy a part's errors to ours, and remember the last of them."""
    with source:
        for line in source:
            if text := line.decode(errors="replace").strip():
                lines.append(text)
            with contextlib.suppress(OSError, ValueError):  # a full disk, a closed terminal
                sys.stderr.buffer.write(line)
                sys.stderr.buffer.flush()
