"""Lets the pages of the same machine go before workers: a sync can wait for the processor, a visitor can't.

Linux divides the processor among sessions first, and the priority of a process counts only within its session. Each of
Postgres's processes is a session of its own, so four of them that sync would get four times as much as the web server.
"""

from __future__ import annotations

import os
import random
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Any

NICENESS = 10
PAUSE = 0.2  # seconds
PROCESSES = Path("/proc")  # of Linux; elsewhere, only the worker's own priority is lowered
_gives_way = False


def give_way() -> None:
    """Lower the priority of this process and of the database sessions that it opens from now on."""
    global _gives_way  # noqa: PLW0603 - of the process
    _gives_way = True
    if not hasattr(os, "nice"):  # Windows has no such function
        return
    os.nice(NICENESS)
    if os.getsid(0) == os.getpid():
        _lower_session("self")


def lower(connection: Any) -> None:
    """If this process gives way, lower the priority of the local Postgres process that serves a connection."""
    if not _gives_way or not connection.info.host.startswith("/"):  # not a local socket
        return
    served_by, database = connection.info.backend_pid, connection.info.dbname
    with suppress(OSError):
        title = (PROCESSES / str(served_by) / "cmdline").read_text(errors="replace")
        # In a container, the process id that Postgres reports may belong to another process here.
        if title.startswith("postgres:") and f" {database} [local]" in title:
            _lower_session(served_by)


def _lower_session(process: int | str, *, attempts: int = 20) -> None:
    try:
        (PROCESSES / str(process) / "autogroup").write_text(str(NICENESS))
    except BlockingIOError:  # Linux allows users other than root one change every 100 ms
        if attempts > 1:
            again = {"attempts": attempts - 1}
            later = Timer(PAUSE * random.uniform(0.5, 1.5), _lower_session, (process,), again)
            later.daemon = True
            later.start()
    except OSError:  # not Linux, without this feature, or another user's process
        pass
