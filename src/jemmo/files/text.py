"""Runs ``jemmo.files.extract`` on a file, and survives whatever it does."""

from __future__ import annotations

import os
import subprocess
import sys

from jemmo.files.extract import READERS

SECONDS = 40.0  # in all; the process limits its own computing to less


class NoText(Exception):
    """No words can be had: ``code`` is ``no_reader``, ``failed`` or ``too_slow``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def text_of(content: bytes, content_type: str, *, seconds: float = SECONDS) -> str:
    """The words of a file, read in a process of its own; raises ``NoText``.

    What the process complained of is not kept: it may quote the file.
    """
    if content_type not in READERS:
        raise NoText("no_reader")
    try:
        done = subprocess.run(  # noqa: S603 - our own program, no shell
            [sys.executable, "-m", "jemmo.files.extract", content_type],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            env={
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoText("too_slow") from None
    if done.returncode != 0:
        raise NoText("too_slow" if done.returncode in {-24, -9} else "failed")
    return done.stdout.decode("utf-8", "replace")
