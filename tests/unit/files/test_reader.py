"""The sandbox that reads files: confined, quickly replaced, and without remains of earlier files."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jemmo import bootstrap
from jemmo.files import reader, text
from jemmo.files.kinds import PDF, PNG, TEXT
from jemmo.files.text import (
    Examined,
    NoText,
    ReaderUnavailable,
    Sandbox,
    close_sandboxes,
    examine,
    text_of,
)
from jemmo.files.verdict import Refused
from jemmo.sandbox.files import pdf, png

LIMIT = 1_000_000

CONFINED = """
import os, socket
from jemmo.files.reader import confine
confine()
tries = {
    "open": lambda: open("/etc/hostname"),
    "connect": lambda: socket.socket(),
    "memory": lambda: bytearray(2 << 30),
    "write": lambda: os.write(1, b"x"),
}
for name, attempt in tries.items():
    try:
        attempt()
    except (OSError, MemoryError):
        continue
    os._exit(1 if name != "write" else 0)
os._exit(3)
"""

ALONE = """
import os
from jemmo.files.reader import confine
confine()
tries = [
    lambda: os.kill(os.getppid(), 0),
    lambda: os.kill(os.getpid(), 9),
    os.fork,
    lambda: os.open("/etc/hostname", 0),
    lambda: os.execv("/bin/true", ["true"]),
]
for place, attempt in enumerate(tries):
    try:
        attempt()
    except PermissionError:
        continue
    os._exit(10 + place)
os._exit(0)
"""

PRIVATE = """
import ctypes, os, sys
from jemmo.platforms import keep_memory_private
if os.getuid() == 0:
    os.setuid(65534)
get = lambda: ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as after a program was started
assert get() == 1
keep_memory_private()
sys.stdout.write(f"{get()} ")
sys.stdout.flush()
if os.fork() == 0:
    sys.stdout.write(f"{get()} ")
    try:
        open(f"/proc/{os.getppid()}/mem", "rb")
    except PermissionError:
        sys.stdout.write("denied")
    sys.stdout.flush()
    os._exit(0)
os.wait()
"""


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    close_sandboxes()
    yield
    close_sandboxes()


def waiting() -> Sandbox:
    (sandbox,) = text._idle
    return sandbox


def test_a_fork_can_open_nothing_and_has_little_memory() -> None:
    env = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", CONFINED], env=env, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"x"), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system decides")
def test_a_fork_can_neither_signal_nor_start_another_process() -> None:
    env = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", ALONE], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system decides")
def test_no_process_of_the_same_user_reads_the_memory_of_another() -> None:
    env = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", PRIVATE], env=env, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"0 0 denied"), done.stderr


def test_sandbox_and_commands_keep_their_memory_private(monkeypatch: pytest.MonkeyPatch) -> None:
    class Asked(Exception):
        pass

    def asked() -> None:
        raise Asked

    for module, start in ((bootstrap, bootstrap.start), (reader, reader.main)):
        monkeypatch.setattr(module, "keep_memory_private", asked)
        with pytest.raises(Asked):
            start()


def test_one_sandbox_reads_file_after_file() -> None:
    text_of(pdf("Ada"), PDF)
    first = waiting()
    assert text_of(b"Grace", TEXT) == "Grace"
    with pytest.raises(NoText):
        text_of(b"no PDF", PDF)

    assert waiting() is first
    assert first.files == 3


def test_it_is_replaced_after_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MAX_FILES", 2)
    text_of(b"Ada", TEXT)
    assert waiting().files == 1
    text_of(b"Ada", TEXT)
    assert text._idle == []


def test_a_killed_sandbox_is_replaced() -> None:
    text_of(b"Ada", TEXT)
    killed = waiting()
    killed._process.kill()
    killed._process.wait()

    assert text_of(b"Grace", TEXT) == "Grace"
    assert waiting() is not killed


def test_a_sandbox_with_a_slow_fork_is_replaced() -> None:
    with pytest.raises(NoText) as told:
        text_of(pdf("Ada"), PDF, seconds=0.001)
    assert told.value.code == "too_slow"
    assert text._idle == []
    assert text_of(b"Grace", TEXT) == "Grace"


def test_an_unresponsive_sandbox_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    text_of(b"Ada", TEXT)
    monkeypatch.setattr(text, "START", 0.0)
    waiting()._process.send_signal(signal.SIGSTOP)
    with pytest.raises(NoText) as told:
        text_of(b"Grace", TEXT, seconds=0.05)
    assert told.value.code == "too_slow"


KILLS = """
import os
from jemmo.files import calls, extract
calls.leave_few = lambda: False  # as where the kernel has no filter of system calls
work = extract.work
def dies(content, *job):
    if b"end of it" in content:
        os.kill({victim}(), {signal})
        os._exit(1)
    return work(content, *job)
extract.work = dies
"""


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("victim", "how", "reason"),
    [
        ("os.getpid", signal.SIGSEGV, "failed"),
        ("os.getpid", signal.SIGKILL, "too_slow"),  # as if killed for lack of memory
        ("os.getppid", signal.SIGKILL, "failed"),
    ],
)
@pytest.mark.parametrize("read_before", [False, True])
def test_a_file_that_kills_its_reader_is_given_up_and_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    victim: str,
    how: signal.Signals,
    reason: str,
    read_before: bool,
) -> None:
    (tmp_path / "sitecustomize.py").write_text(KILLS.format(victim=victim, signal=int(how)))
    monkeypatch.syspath_prepend(str(tmp_path))
    if read_before:
        text_of(b"Ada", TEXT)
    with pytest.raises(NoText) as told:
        text_of(b"the end of it", TEXT)
    assert told.value.code == reason
    assert text_of(b"Grace", TEXT) == "Grace"


def test_it_ends_with_its_parent_process() -> None:
    text_of(b"Ada", TEXT)
    sandbox = waiting()
    sandbox._control.close()
    assert sandbox._process.wait() == 0


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="root alone looks into its memory"
)
def test_nothing_of_a_file_is_left_in_the_sandbox() -> None:
    secret = "Zyx" + "wvut" * 3
    assert text_of(f"{secret} {os.urandom(4).hex()}".encode(), TEXT).startswith(secret)

    assert secret.encode() not in _memory_of(waiting()._process.pid)


def _memory_of(pid: int) -> bytes:
    parts = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            found = re.match(r"(\w+)-(\w+) rw", line)
            if found:
                start, end = (int(number, 16) for number in found.groups())
                memory.seek(start)
                parts.append(memory.read(end - start))
    assert sum(map(len, parts)) > 1_000_000
    return b"".join(parts)


def test_without_confinement_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    for ask in (lambda: text_of(b"Ada", TEXT), lambda: examine(b"Ada", max_bytes=LIMIT)):
        with pytest.raises(ReaderUnavailable):
            ask()


# --- inspection ---


def test_a_file_is_inspected_and_read_at_once() -> None:
    assert examine(pdf("Ada"), max_bytes=LIMIT) == Examined(PDF, "Ada")
    assert waiting().files == 1
    for content, code in (
        (b"MZ\x90\x00", "type_not_kept"),
        (b"", "empty"),
        (b"x" * 99, "too_large"),
    ):
        with pytest.raises(Refused) as told:
            examine(content, max_bytes=98)
        assert told.value.code == code


def test_images_are_known_without_a_sandbox() -> None:
    assert examine(png(), max_bytes=LIMIT) == Examined(PNG, reason="no_reader")
    assert text._idle == []


def test_damaged_files_may_be_kept_without_text() -> None:
    found = examine(b"%PDF-1.4 and then nothing", max_bytes=LIMIT)
    assert found == Examined(PDF, reason="failed")


def test_the_process_that_downloads_inspects_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It doesn't even import the parsers of untrusted files."""
    code = (
        "import sys; from jemmo.files.text import examine; examine(b'Ada', max_bytes=99); "
        "print(sorted({'jemmo.files.inspection', 'jemmo.files.active', 'pypdf', 'zipfile'} & set(sys.modules)))"
    )
    env = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


INSPECTS = """
from jemmo.files import inspection
def costs(content, **limits):
    {what}
inspection.inspect = costs
"""


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("while True: pass", "too_costly"),
        ("bytearray(3 << 30)", "too_costly"),
        ("import os; os.abort()", "broken"),
    ],
)
def test_an_inspection_has_limits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: str, code: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(INSPECTS.format(what=what))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Refused) as told:
        examine(b"Ada", max_bytes=LIMIT, seconds=2.0)
    assert told.value.code == code


WORDS = """
from jemmo.files import extract
def costs(content, kind):
    while True: pass
extract.words = costs
"""


def test_the_verdict_stands_even_if_reading_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(WORDS)
    monkeypatch.syspath_prepend(str(tmp_path))
    found = examine(b"Ada", max_bytes=LIMIT, seconds=5.0)
    assert found == Examined(TEXT, reason="too_slow")


# --- a reader that does not start ---


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Simulate a missing package."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['pypdfium2'] = None")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("without_library")
def test_no_file_is_blamed_for_a_reader_that_does_not_start() -> None:
    for ask in (text.check, lambda: text_of(b"Ada", TEXT), lambda: examine(b"A", max_bytes=LIMIT)):
        with pytest.raises(ReaderUnavailable) as told:
            ask()
        assert "pypdfium2" in told.value.message
    assert text._idle == []


def test_a_hanging_reader_is_reported_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import signal; signal.pause()")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(text, "START", 0.1)
    with pytest.raises(ReaderUnavailable) as told:
        text.check()
    assert "(0.1 s)" in told.value.message


def test_a_sample_is_read() -> None:
    text.check()
    assert waiting().files == 1


@pytest.mark.parametrize("sample", [b"Ada", b"MZ no document"])
def test_no_file_is_blamed_for_a_reader_that_fails_the_sample(
    monkeypatch: pytest.MonkeyPatch, sample: bytes
) -> None:
    monkeypatch.setattr(text, "SAMPLE", sample)
    with pytest.raises(ReaderUnavailable):
        text.check()
