"""Run a module as a part of `jemmo up`, and end it when `jemmo up` ends for any reason.

``python -m jemmo.cli.operations.tied MODULE ARGUMENTS``. Standard input is a pipe that only the parent holds open.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

GRACE_SECONDS = 30.0  # a worker finishes its page within 25


def main() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)  # returns once the parent's end of the pipe is closed
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
