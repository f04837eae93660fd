"""Restarting parts: when, after which delay, and when to give up."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from jemmo.cli.operations.listening import listen, remember, remembered
from jemmo.cli.operations.parts import Pace, Parts, Process, Watch
from jemmo.domain.errors import PermanentError
from jemmo.embedded import locks

PACE = Pace(first=1.0, longest=8.0, healthy=60.0, attempts=4)


class Fragile:
    """A part that ends on request."""

    name = "worker"

    def __init__(self) -> None:
        self.alive, self.starts = True, 0

    def start(self) -> None:
        self.alive, self.starts = True, self.starts + 1

    def is_alive(self) -> bool:
        return self.alive

    def ending(self) -> str:
        return "was ended by SIGKILL"

    def last_lines(self) -> list[str]:
        return ["the first line", "the last line"]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def part() -> Fragile:
    return Fragile()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(part: Fragile, clock: Clock) -> Watch:
    return Watch(part, PACE, clock=clock, chance=lambda: 1.0)


def fail(watch: Watch, part: Fragile, clock: Clock) -> float:
    """End the part; return the seconds until it runs again."""
    part.alive, ended = False, clock.now
    while not watch.tend():
        clock.now += 0.5
    return clock.now - ended


def test_the_delays_grow_and_are_spread() -> None:
    assert [PACE.delay(failures, 1.0) for failures in range(1, 6)] == [1, 2, 4, 8, 8]
    assert PACE.delay(1, 0.0) == 0.5


def test_a_running_part_is_left_alone(watch: Watch, part: Fragile) -> None:
    assert watch.tend()
    assert part.starts == 0


def test_a_part_that_ended_is_restarted_later_each_time_with_a_line_each(
    watch: Watch, part: Fragile, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    waits = [fail(watch, part, clock) for _ in range(3)]

    assert waits == sorted(waits)
    assert waits[0] < waits[2]
    assert part.starts == 3
    assert [record.getMessage() for record in caplog.records] == [
        "The worker was ended by SIGKILL; restarting it in 1.0 s (failure 1 of 4).",
        "The worker was ended by SIGKILL; restarting it in 2.0 s (failure 2 of 4).",
        "The worker was ended by SIGKILL; restarting it in 4.0 s (failure 3 of 4).",
    ]


def test_a_part_that_was_healthy_starts_with_a_clean_record(
    watch: Watch, part: Fragile, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        clock.now += 60
        fail(watch, part, clock)
        fail(watch, part, clock)

    counted = [record.getMessage().split("(")[1] for record in caplog.records]
    assert counted == ["failure 1 of 4).", "failure 2 of 4)."] * 3


def test_giving_up_names_the_reason(watch: Watch, part: Fragile, clock: Clock) -> None:
    for _ in range(3):
        fail(watch, part, clock)
    part.alive = False

    with pytest.raises(PermanentError, match="worker was ended by SIGKILL 4 times") as raised:
        watch.tend()
    assert "the first line / the last line" in raised.value.message


def program(folder: Path, text: str) -> list[str]:
    """Write a module for this test, to run as a part."""
    (folder / "fragile.py").write_text(text)
    return ["fragile"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    return tmp_path


def test_a_failing_program_is_reported_with_its_last_lines(
    folder: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    words = program(folder, "import sys; sys.exit('It cannot work like this.')")
    parts = Parts(Pace(first=0.01, attempts=2))
    parts.start("worker", words)

    with pytest.raises(PermanentError, match=r"status 1 2 times.*It cannot work like this"):
        parts.stay()
    parts.stop()
    assert capfdbinary.readouterr().err.count(b"It cannot work like this.") == 2


def test_a_program_ends_when_its_parent_is_gone(folder: Path) -> None:
    words = program(
        folder,
        "import pathlib, signal, sys\n"
        f"def note(*_): pathlib.Path({str(folder / 'asked')!r}).touch(); sys.exit()\n"
        "signal.signal(signal.SIGTERM, note)\n"
        "print('ready', file=sys.stderr, flush=True)\n"
        "while True: signal.pause()",
    )
    process = Process("worker", words)
    process.start()
    assert locks.wait_until(lambda: bool(process._lines), seconds=30)
    assert process._running
    assert process._running.stdin

    process._running.stdin.close()  # as the system does if we are killed

    assert locks.wait_until(lambda: not process.is_alive(), seconds=30)
    process.wait(0)
    assert (folder / "asked").exists()


def test_a_program_that_does_not_stop_is_killed(folder: Path) -> None:
    words = program(
        folder,
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', file=sys.stderr, flush=True)\n"
        "while True: signal.pause()",
    )
    process = Process("worker", words)
    process.start()
    assert locks.wait_until(lambda: bool(process._lines), seconds=30)

    process.terminate()
    process.wait(0.01)

    assert process.ending() == f"was ended by {signal.SIGKILL.name}"


@pytest.mark.parametrize(("host", "site"), [("127.0.0.1", "localhost"), ("0.0.0.0", "localhost")])
def test_other_commands_know_the_web_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, site: str
) -> None:
    monkeypatch.setenv("JEMMO_HOME", str(tmp_path))
    assert remembered() is None

    with listen(host, 0) as server:
        remember(server)
        port = server.getsockname()[1]

    assert remembered() == f"http://{site}:{port}"
