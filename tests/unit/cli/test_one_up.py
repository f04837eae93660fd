"""Each data folder has at most one `jemmo up`, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from jemmo import embedded
from jemmo.cli.operations import supervise
from jemmo.cli.operations.listening import adopt, listen
from jemmo.domain.errors import ConfigError, PermanentError
from jemmo.embedded import locks


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JEMMO_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def other(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another `jemmo up`: a process with that command line that holds the lock."""
    with locks.exclusive(home / "up.pid", seconds=1) as lock:
        process = subprocess.Popen(
            [sys.executable, "-c", "input()", "up"], stdin=subprocess.PIPE, pass_fds=[lock]
        )
    (home / "up.pid").write_text(str(process.pid))
    yield process
    process.kill()
    process.communicate()


def up(port: int) -> None:
    supervise.up(host="127.0.0.1", port=port, with_demo=True, exit_when_ready=True)


def test_the_second_is_refused(other: subprocess.Popen[bytes]) -> None:
    with pytest.raises(ConfigError, match="already running") as raised:
        up(0)
    assert "jemmo down" in raised.value.next_step


def test_down_stops_it(other: subprocess.Popen[bytes]) -> None:
    assert supervise.down() == ["jemmo up"]
    assert other.poll() is not None


def test_the_database_stops_before_another_may_start(
    other: subprocess.Popen[bytes], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = list[bool]()

    def stop() -> bool:
        held.append(other.poll() is not None and locks.is_held(home / "up.pid"))
        return True

    monkeypatch.setattr(embedded, "stop", stop)

    assert supervise.down() == ["jemmo up", "Postgres"]
    assert held == [True]
    with supervise._claimed():
        pass


def test_a_jemmo_up_that_starts_meanwhile_keeps_its_database(
    other: subprocess.Popen[bytes], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new one has claimed the folder as soon as the old one has ended."""
    monkeypatch.setattr(embedded, "stop", lambda: pytest.fail("not ours to stop"))
    former = supervise._end
    claimed = ExitStack()

    def end(process: psutil.Process) -> None:
        former(process)
        claimed.enter_context(locks.exclusive(home / "up.pid", seconds=10))
        (home / "up.pid").write_text(str(next_up.pid))

    monkeypatch.setattr(supervise, "_end", end)
    with subprocess.Popen(
        [sys.executable, "-c", "input()", "up"], stdin=subprocess.PIPE
    ) as next_up:
        with claimed:
            assert supervise.down() == ["jemmo up"]
        assert next_up.poll() is None
        next_up.kill()


def test_a_jemmo_up_that_does_not_stop_is_reported(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "END_SECONDS", 0.0)
    monkeypatch.setattr(embedded, "stop", lambda: pytest.fail("it is in use"))
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(); input()"
    with locks.exclusive(home / "up.pid", seconds=1) as lock:
        process = subprocess.Popen(
            [sys.executable, "-c", stubborn, "up"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[lock],
        )
    assert process.stdout is not None
    process.stdout.readline()
    (home / "up.pid").write_text(str(process.pid))

    with pytest.raises(PermanentError, match="didn't stop") as raised:
        supervise.down()
    assert "jemmo down" in raised.value.next_step
    process.kill()
    process.communicate()


def test_a_reused_process_id_does_not_count(home: Path) -> None:
    (home / "up.pid").write_text(str(os.getpid()))

    with supervise._claimed():
        assert (home / "up.pid").read_text() == str(os.getpid())


@pytest.mark.parametrize("left", ["", "nonsense", "999999999"])
def test_the_pid_file_of_a_killed_jemmo_up_does_not_matter(home: Path, left: str) -> None:
    (home / "up.pid").write_text(left)

    with supervise._claimed():
        pass


def test_parts_that_do_not_end_by_themselves_are_killed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "STOP_SECONDS", -5)
    with locks.exclusive(home / "up.pid", seconds=1) as lock:
        command = [sys.executable, "-c", "input()", "jemmo.cli.operations.tied"]
        part = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[lock])

    assert supervise.down() == ["leftover processes of an earlier `jemmo up`"]
    assert part.wait() == -signal.SIGKILL
    part.communicate()


def test_a_taken_port_is_reported_before_anything_starts(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            ConfigError, match=rf"Port {port} .* another program is using it"
        ) as raised:
            up(port)
    assert raised.value.code == "port_taken"
    assert {path.name for path in home.iterdir()} == {"up.pid"}


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine(host: str) -> None:
    with pytest.raises(ConfigError, match="doesn't have that address"):
        listen(host, 0)


def test_a_descriptor_that_is_not_a_socket() -> None:
    with Path(os.devnull).open("rb") as file, pytest.raises(ConfigError, match="not a socket"):
        adopt(file.fileno())
