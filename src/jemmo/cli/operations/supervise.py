"""Start the parts of `jemmo up`, keep them running, and stop them together."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import psutil
from rich.text import Text

from jemmo import bootstrap, embedded
from jemmo.cli.operations import demo as demonstration
from jemmo.cli.operations import tied
from jemmo.cli.operations.listening import address_of, listen
from jemmo.cli.operations.parts import STOP_SECONDS, Parts
from jemmo.cli.output import out
from jemmo.domain.errors import ConfigError, PermanentError
from jemmo.embedded import locks
from jemmo.home import home

END_SECONDS = 120.0  # for all parts of a `jemmo up` and its database, even on a busy machine
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def pid_file() -> Path:
    """The file that is locked while `jemmo up` or any part of it runs. It holds the process id of `jemmo up` itself."""
    return home() / "up.pid"


def up(*, host: str, port: int, with_demo: bool, exit_when_ready: bool) -> None:
    """Start everything and stay until interrupted, or until a part keeps failing."""
    with _claimed() as lock, listen(host, port) as server:
        _on_stop_signals(_interrupt)
        uses_embedded = not os.environ.get("DATABASE_URL")
        found_running = uses_embedded and embedded.is_running()
        parts = Parts(keep=[lock, server.fileno()])
        try:
            out.print("Starting the database …")
            url = bootstrap.start()
            if uses_embedded:
                parts.watch_database()
            if with_demo:  # so that the wizard can reach the simulated ATS too
                os.environ.setdefault("JEMMO_ATS_HOSTS", "127.0.0.1")
                os.environ["JEMMO_DEMO"] = "1"
            parts.start("web server", ["jemmo", "web", "--fd", str(server.fileno())])
            address = address_of(host, server.getsockname()[1])
            ats = demonstration.prepare(parts, url, address) if with_demo else ""
            parts.start("worker", ["jemmo", "worker"])
            parts.await_answer(f"{address}/healthz")
            out.print(Text.assemble("\nJemmo is ready: ", (address, "bold")))
            if with_demo:
                demonstration.tell_logins(address)
                demonstration.tell_ats(ats, address)
            if not exit_when_ready:
                out.print("Press Ctrl-C to stop it.")
                parts.stay()
        except KeyboardInterrupt:
            out.print("\nStopping …")
        finally:
            _on_stop_signals(signal.SIG_IGN)  # a second signal must not leave half of it running
            parts.stop()
            if uses_embedded and not found_running and not os.environ.get("JEMMO_KEEP_POSTGRES"):
                embedded.stop()


def down() -> list[str]:
    """Stop a running `jemmo up`, the remains of a killed one, and the embedded Postgres. Return what was stopped.

    The database is stopped under the lock of `jemmo up`. A `jemmo up` that starts meanwhile waits for the lock. One
    that started earlier keeps the database as its own.
    """
    stopped = []
    if _has_left_parts():
        _end_left_parts()
        if _other_up() is None:  # otherwise another has just started
            stopped.append("leftover processes of an earlier `jemmo up`")
    if (process := _other_up()) is not None:
        _end(process)
        stopped.append("jemmo up")
        if _has_left_parts():
            _end_left_parts()
    with contextlib.suppress(TimeoutError), locks.exclusive(pid_file(), seconds=1):
        if embedded.stop():
            stopped.append("Postgres")
    return stopped or ["nothing, because nothing was running"]


def _end(process: psutil.Process) -> None:
    """Ask a `jemmo up` to stop, and wait until it has stopped its parts and its database."""
    with contextlib.suppress(psutil.NoSuchProcess):  # it has just ended by itself
        process.terminate()
    if not locks.wait_until(lambda: _other_up() != process, seconds=END_SECONDS):
        raise PermanentError("does_not_stop", process=process.pid, seconds=round(END_SECONDS))


@contextmanager
def _claimed() -> Iterator[int]:
    """Take the lock of this data folder, so that this is its only `jemmo up`. The parts hold the lock too."""
    if _has_left_parts():
        out.print("Waiting for an earlier `jemmo up` to finish stopping …")
        _end_left_parts()
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(locks.exclusive(pid_file(), seconds=1))
        except TimeoutError:
            raise ConfigError("already_up") from None
        pid_file().write_text(str(os.getpid()))
        yield lock


def _other_up() -> psutil.Process | None:
    """The process of another `jemmo up`. A process id that was reused doesn't count."""
    if not locks.is_held(pid_file()):
        return None
    try:
        process = psutil.Process(int(pid_file().read_text()))
        return process if "up" in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


def _has_left_parts() -> bool:
    """Whether parts run without their `jemmo up`."""
    return locks.is_held(pid_file()) and _other_up() is None


def _end_left_parts() -> None:
    """Wait for the parts of a killed `jemmo up` to end by themselves, then kill the others."""

    def decided() -> bool:
        return not locks.is_held(pid_file()) or _other_up() is not None

    if locks.wait_until(decided, seconds=STOP_SECONDS + 5):
        return
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if tied.__name__ in process.cmdline() and _holds(process, pid_file()):
                process.kill()
    locks.wait_until(decided, seconds=5)


def _holds(process: psutil.Process, path: Path) -> bool:
    return any(file.path == str(path.resolve()) for file in process.open_files())


def _on_stop_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for name in STOP_SIGNALS:
        if signal.getsignal(name) is not signal.SIG_IGN:  # as under nohup
            signal.signal(name, handler)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
