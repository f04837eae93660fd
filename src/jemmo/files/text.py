"""Inspects and reads files in the sandbox (``jemmo.files.reader``), surviving anything a file does."""

from __future__ import annotations

import atexit
import contextlib
import os
import socket
import subprocess
import sys
from functools import cache
from tempfile import TemporaryFile
from typing import IO

from msgspec import Struct

from jemmo.domain.errors import ConfigError
from jemmo.files.kinds import DOC, DOCX, ODT, PDF, RTF, TEXT
from jemmo.files.protocol import ANY, READY, REFUSED, Ending
from jemmo.files.verdict import Refused, Unfinished, at_first_sight

SECONDS = 40.0  # total; the fork limits its own CPU time to less
START = 30.0  # seconds that a sandbox may take to import everything on a busy machine
READABLE = {PDF, DOCX, DOC, ODT, RTF, TEXT}
MAX_FILES = 500  # read by one sandbox before a new one replaces it
MAX_IDLE = 2  # sandboxes waiting for the next file
MAX_ANSWER = 8 * 1024 * 1024  # bytes


SAMPLE_WORD = "Jemmo"
SAMPLE = b"""%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] /Contents 4 0 R
/Resources << /Font << /F1 5 0 R >> >> >> endobj
4 0 obj << /Length 37 >> stream
BT /F1 9 Tf 9 9 Td (Jemmo reads) Tj ET
endstream endobj
5 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> endobj
trailer << /Root 1 0 R >>
%%EOF
"""
TEXT_REASONS = {
    "no_reader": "Jemmo can't read files on this system.",
    "failed": "The file is damaged or in a format that Jemmo doesn't support.",
    "too_slow": "Reading the file took too much time or memory.",
}


class NoText(Exception):
    """The text can't be read: ``code`` is ``no_reader`` (for an image), ``failed`` or ``too_slow``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ReaderUnavailable(ConfigError):
    """The sandbox doesn't start, or reads nothing. No file is to blame, so all wait."""

    default_code = "reader_unavailable"


class Examined(Struct, frozen=True):
    """A file that may be kept. ``reason`` is the code of ``NoText`` if its text can't be read."""

    content_type: str
    text: str = ""
    reason: str | None = None


def examine(content: bytes, *, max_bytes: int, seconds: float = SECONDS) -> Examined:
    """Inspect a file and read its text. Raises ``Refused``, ``Unfinished`` and ``ReaderUnavailable``."""
    if (image := at_first_sight(content, max_bytes=max_bytes)) is not None:
        return Examined(image, reason="no_reader")
    ending, answer = _ask(content, ANY, seconds)
    line, ended, payload = answer.partition(b"\n")
    if not ended:
        raise Unfinished("too_costly" if ending is Ending.TOO_SLOW else "broken")
    verdict, _, what = line.decode().partition(" ")
    if verdict == REFUSED:
        raise Refused(what)
    if ending is not Ending.READ:
        return Examined(what, reason=_reason(ending))
    return Examined(what, payload.decode("utf-8", "replace"))


def text_of(content: bytes, content_type: str, *, seconds: float = SECONDS) -> str:
    """Return the text of an inspected file. Raises ``NoText`` and ``ReaderUnavailable``."""
    if content_type not in READABLE:
        raise NoText("no_reader")
    ending, answer = _ask(content, content_type, seconds)
    if ending is not Ending.READ:
        raise NoText(_reason(ending))
    return answer.decode("utf-8", "replace")


def check() -> None:
    """Read a small test file. Raises ``ReaderUnavailable`` if that fails."""
    try:
        words = examine(SAMPLE, max_bytes=len(SAMPLE)).text
    except Refused:
        words = ""
    if SAMPLE_WORD not in words:
        raise ReaderUnavailable(variant="sample")


ready = cache(check)
"""Run ``check`` until it has succeeded once in this process."""


def _reason(ending: Ending) -> str:
    return "too_slow" if ending is Ending.TOO_SLOW else "failed"


def _ask(content: bytes, kind: str, seconds: float) -> tuple[Ending, bytes]:
    """Send the job to a waiting sandbox; if it has exited, start a new one.

    Systems without fork can't confine a reader, so there nothing is read.
    """
    if not hasattr(os, "fork"):
        raise ReaderUnavailable(variant="platform")
    job = f"{kind} {seconds} {len(content)}".encode()
    while True:
        sandbox = _idle.pop() if _idle else Sandbox()
        try:
            ending, answer = sandbox.read(content, job, seconds)
        except TimeoutError:
            sandbox.close()
            return Ending.TOO_SLOW, b""
        except OSError as error:
            sandbox.close()
            if sandbox.files == 0:
                return Ending.FAILED, error.answer if isinstance(error, _Gone) else b""
        else:
            sandbox.files += 1
            _put_back(sandbox, ending)
            return ending, answer


def _put_back(sandbox: Sandbox, ending: Ending) -> None:
    is_fit = ending in {Ending.READ, Ending.FAILED} and sandbox.files < MAX_FILES
    if is_fit and len(_idle) < MAX_IDLE:
        _idle.append(sandbox)
    else:
        sandbox.close()


class _Gone(ConnectionError):
    """The sandbox exited after this answer."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.answer = answer


class Sandbox:
    """A process that reads one file at a time. It exits with this object, and with this process however that ends.

    Raises ``ReaderUnavailable`` if it doesn't start.
    """

    def __init__(self) -> None:
        self.files = 0
        self._control, theirs = socket.socketpair()
        with theirs, TemporaryFile() as complaints:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [sys.executable, "-m", "jemmo.files.reader", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                env={
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    "PYTHONDONTWRITEBYTECODE": "1",
                },
                cwd="/",
                start_new_session=True,  # Ctrl-C is only for this process
            )
            theirs.close()
            self._await(complaints)

    def _await(self, complaints: IO[bytes]) -> None:
        self._control.settimeout(START)
        try:
            if self._control.recv(1) == READY:
                return
            late = ""
        except TimeoutError:
            late = f"{START:g} s"
        except OSError:
            late = ""
        self.close()
        complaints.seek(0)
        lines = complaints.read()[-4000:].decode("utf-8", "replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        raise ReaderUnavailable(reason=last or late)

    def read(self, content: bytes, job: bytes, seconds: float) -> tuple[Ending, bytes]:
        """Raises ``OSError`` if the sandbox has exited, ``TimeoutError`` if it doesn't answer."""
        ours, theirs = socket.socketpair()
        with ours:
            for side in (ours, self._control):
                side.settimeout(seconds + START)
            with theirs:
                socket.send_fds(self._control, [job], [theirs.fileno()])
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it exited before
                ours.sendall(content)
                ours.shutdown(socket.SHUT_WR)
            answer = _received(ours)
        ending = self._control.recv(1)
        if not ending:
            raise _Gone(answer)
        return Ending(ending.decode()), answer

    def close(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()


def _received(side: socket.socket) -> bytes:
    answer = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while chunk := side.recv(1 << 16):
            answer += chunk
            if len(answer) > MAX_ANSWER:
                raise ConnectionError
    return bytes(answer)


_idle: list[Sandbox] = []


@atexit.register
def close_sandboxes() -> None:
    """Stop idle sandboxes; new ones are started when needed."""
    while _idle:
        _idle.pop().close()
