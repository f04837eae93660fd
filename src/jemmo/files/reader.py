"""The sandbox: a process that has imported everything and forks for each file.

``python -m jemmo.files.reader FD`` reports on the socket FD that it is ready, and receives jobs there one at a time: a
kind, a number of seconds, a size, and a socket for the file and the answer. The file never passes through this process,
so nothing of it remains for the next job. The fork that reads it has little memory and time, an empty environment, and
can open neither files nor sockets; a file that crashes a library only crashes that fork. On Linux it is limited to the
system calls needed to compute and answer (``calls``), so malicious code inside it can't reach anything else.
"""

from __future__ import annotations

import contextlib
import email
import encodings
import gc
import importlib
import os
import pkgutil
import resource
import select
import signal
import socket
import sys
import time
from typing import NoReturn

import pypdf

from jemmo.files import calls
from jemmo.files.extract import work
from jemmo.files.protocol import JOB, READY, Ending
from jemmo.platforms import keep_memory_private

MEMORY = 1024 * 1024 * 1024  # bytes of address space
COPIES = 4  # of the file that may be in memory in addition
CPU = 20  # seconds
SLOW = {signal.SIGKILL, signal.SIGXCPU, signal.SIGALRM}


def main() -> None:
    """Read files until the other side closes the connection."""
    keep_memory_private()
    control = socket.socket(fileno=int(sys.argv[1]))
    _prepare()
    children = _children()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # from here on, library messages may quote a file
    control.sendall(READY)
    while True:
        job, files, _, _ = socket.recv_fds(control, JOB, 1)
        if not job:
            return
        kind, seconds, size = job.decode().split()
        child = os.fork()
        if child == 0:
            control.close()
            _read(kind, files[0], float(seconds), int(size))
        os.close(files[0])
        control.sendall(_ending(child, float(seconds), children).value.encode())


def _prepare() -> None:
    """Import all that reading may need, and exclude memory shared by forks from garbage collection."""
    for package in (encodings, email, pypdf):  # they import parts of themselves lazily
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            with contextlib.suppress(ImportError):  # some exist only on other systems
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def _children() -> int:
    """Return a pipe that becomes readable when a child has ended."""
    woken, wakes = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return woken


def _read(kind: str, file: int, seconds: float, size: int) -> NoReturn:
    """Read one file in the fork and exit. Errors are not reported, since they may quote the file."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.alarm(int(seconds) + 2)  # ends the fork if the waiting process was killed
        with socket.socket(fileno=file) as own:
            confine(MEMORY + COPIES * size)
            content = b"".join(iter(lambda: own.recv(1 << 20), b""))
            for part in work(content, kind, size):
                own.sendall(part.encode())
        status = 0
    finally:
        os._exit(status)


def confine(memory: int = MEMORY) -> None:
    """Restrict the process before it reads the file."""
    for limit, value in (
        (resource.RLIMIT_CPU, (CPU, CPU + 1)),
        (resource.RLIMIT_FSIZE, (0, 0)),
        (resource.RLIMIT_CORE, (0, 0)),
        (resource.RLIMIT_NPROC, (0, 0)),
        (resource.RLIMIT_NOFILE, (0, 0)),
    ):
        resource.setrlimit(limit, value)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except ValueError:
        if sys.platform != "darwin":  # macOS doesn't allow this limit to be set
            raise
    calls.leave_few()


def _ending(child: int, seconds: float, children: int) -> Ending:
    """Wait for the fork, and kill it at its time limit."""
    until = time.monotonic() + seconds
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if (left := until - time.monotonic()) <= 0:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return Ending.TOO_SLOW
        select.select([children], [], [], left)
        with contextlib.suppress(BlockingIOError):
            os.read(children, 64)
    if os.WIFSIGNALED(status):
        return Ending.TOO_SLOW if os.WTERMSIG(status) in SLOW else Ending.BROKE
    return Ending.FAILED if status else Ending.READ


if __name__ == "__main__":
    main()
