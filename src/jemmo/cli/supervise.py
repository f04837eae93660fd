"""Keeps the parts of `jemmo up` running, and stops them together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

import psutil

from jemmo import bootstrap, embedded
from jemmo.cli import demo as demonstration
from jemmo.cli.output import out
from jemmo.domain.errors import ConfigError, PermanentError
from jemmo.home import home

STOP_SECONDS = 15


def pid_file() -> Path:
    return home() / "up.pid"


class Parts:
    """The processes of one `jemmo up`."""

    def __init__(self) -> None:
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str]) -> None:
        """Start a part in a session of its own, so that Ctrl-C reaches it through us alone."""
        self.running[name] = subprocess.Popen(  # noqa: S603 - our own programs, no shell
            command, stdout=subprocess.DEVNULL, start_new_session=True
        )

    def ended(self) -> str | None:
        """The name of a part that is no longer running."""
        return next((name for name, part in self.running.items() if part.poll() is not None), None)

    def stop(self) -> None:
        for part in self.running.values():
            with contextlib.suppress(ProcessLookupError):
                part.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for part in self.running.values():
            try:
                part.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                part.kill()


def up(*, host: str, port: int, with_demo: bool, exit_when_ready: bool) -> None:
    """Start everything and stay until interrupted or until a part ends."""
    _only_one()
    found_running = embedded.is_running()
    signal.signal(signal.SIGTERM, _interrupt)
    parts = Parts()
    try:
        out.print("Starting the database …")
        url = bootstrap.start()
        address = f"http://{'localhost' if host in ('127.0.0.1', '::1') else host}:{port}"
        if with_demo:  # so that the wizard may reach the simulated ATS too
            os.environ.setdefault("JEMMO_ATS_HOSTS", "127.0.0.1")
        jemmo = [sys.executable, "-m", "jemmo"]
        parts.start("web", [*jemmo, "web", "--host", host, "--port", str(port)])
        if with_demo:
            demonstration.prepare(parts.start, url)
        parts.start("worker", [*jemmo, "worker"])
        _await_pages(f"http://{host}:{port}/healthz", parts)
        out.print(f"\nJemmo is ready: [bold]{address}[/]")
        if with_demo:
            demonstration.tell_logins()
        if not exit_when_ready:
            out.print("Ctrl-C stops it.")
            _stay(parts)
    except KeyboardInterrupt:
        out.print("\nStopping …")
    finally:
        parts.stop()
        pid_file().unlink(missing_ok=True)
        if not found_running and not os.environ.get("JEMMO_KEEP_POSTGRES"):
            embedded.stop()


def down() -> list[str]:
    """Stop a running `jemmo up` and the embedded Postgres; what was stopped."""
    stopped = []
    process = _other_up()
    if process is not None:
        process.terminate()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(STOP_SECONDS + 5)
        stopped.append("jemmo up")
    if embedded.stop():
        stopped.append("Postgres")
    return stopped or ["nothing: nothing was running"]


def _only_one() -> None:
    process = _other_up()
    if process is not None:
        raise ConfigError(
            "Jemmo is already up for this data folder.",
            code="already_up",
            next_step="Use it, or stop it with `jemmo down`.",
        )
    pid_file().write_text(str(os.getpid()))


def _other_up() -> psutil.Process | None:
    """The process of another `jemmo up`; a number that now belongs to something else does not count."""
    try:
        process = psutil.Process(int(pid_file().read_text()))
        ours = "up" in process.cmdline() and process.pid != os.getpid()
    except (OSError, ValueError, psutil.Error):
        return None
    return process if ours else None


def _await_pages(url: str, parts: Parts) -> None:
    while True:
        if name := parts.ended():
            raise PermanentError(
                f"The part {name!r} ended while starting.",
                code="part_ended",
                next_step="Look at its message above; is the port taken? `--port` chooses another.",
            )
        if _answers(url):
            return
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _stay(parts: Parts) -> None:
    while True:
        if name := parts.ended():
            raise PermanentError(
                f"The part {name!r} ended unexpectedly, so all were stopped.",
                code="part_ended",
                next_step="Look at its message above and start again.",
            )
        time.sleep(0.5)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
