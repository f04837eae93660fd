"""Starting, finding and stopping the server.

Two locks make this safe when any process is killed. The command that starts or stops the server holds one. The server's
processes inherit the other, ``running``, which shows more reliably than a process id in a file whether any of them
lives.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg

from jemmo.embedded import locks
from jemmo.embedded.account import Account, server_account
from jemmo.embedded.cluster import check_version, initialise, let_make_roles, write_settings
from jemmo.embedded.errors import PostgresError, explain, explained
from jemmo.embedded.places import Places, find_places, make_places, open_sockets
from jemmo.embedded.programs import programs_for
from jemmo.home import home

OTHERS_SECONDS = 120  # another command starts or stops the server at this moment
START_SECONDS = 120  # a start after a crash first replays the changes since the last checkpoint
STOP_SECONDS = 30
ORPHAN_SECONDS = 10.0  # for the processes of a killed server to notice and end
LARGEST_LOG = 5_000_000


def database_url() -> str:
    """The database to use: the one in DATABASE_URL, else the embedded one, started if needed."""
    return os.environ.get("DATABASE_URL") or ensure_running()


def ensure_running() -> str:
    """Start the embedded server unless it runs, creating it on first use. Return its URL."""
    with explained("Starting the database"):
        folder = home()
        places = find_places(folder)
        if locks.is_held(places.running) and _is_ready(places):
            _check_not_moved(places)
            return places.url
        with _only_us(folder) as lock:
            return _start(folder, lock)


def is_running() -> bool:
    """Whether the embedded server of this home is running."""
    with explained("Looking for the database"):
        places = find_places(home())
        return locks.is_held(places.running) and _is_ready(places)


def is_alive() -> bool:
    """Whether this home's server is running; faster than connecting. The remains of a killed one don't count."""
    with explained("Looking for the database"):
        places = find_places(home())
        return locks.is_held(places.running) and not _is_orphaned(places)


def stop() -> bool:
    """Stop the embedded server of this home; False if it was not running."""
    with explained("Stopping the database"):
        folder = home()
        places = find_places(folder)
        if not locks.is_held(places.running):
            return False
        with _only_us(folder):
            _end_orphans(places)
            # Fast mode rolls back open transactions and writes the data. Then immediate mode, which is safe too and
            # only makes the next start longer.
            for how in (signal.SIGINT, signal.SIGQUIT):
                _signal(places, how)
                if locks.wait_until(
                    lambda: not locks.is_held(places.running), seconds=STOP_SECONDS
                ):
                    return True
    raise PostgresError(variant="stops")


def _start(folder: Path, lock: int) -> str:
    account = server_account(find_places(folder).data)
    places = make_places(folder, account)
    _end_orphans(places)
    # A killed server counts as ``running`` until its last process has noticed.
    if locks.is_held(places.running) and _await_ready(places):
        _check_not_moved(places)
        return places.url
    initialise(places, account, lock=lock)
    check_version(places)
    open_sockets(places, account)
    write_settings(places)
    _forget_stale_process(places)
    let_make_roles(places, account, lock=lock)
    _tidy_log(places, account)
    said_before = places.log.stat().st_size
    with locks.exclusive(places.running, seconds=START_SECONDS) as running:
        # Relative paths, as pg_ctl passes them to a shell.
        account.run(
            [
                programs_for(account) / "pg_ctl",
                "start",
                "-W",
                "-s",
                "-D",
                "cluster/data",
                "-l",
                "log",
            ],
            cwd=places.root,
            keep=[running],
        )
    if not _await_ready(places):
        with places.log.open(encoding="utf-8", errors="replace") as log:
            log.seek(said_before)
            raise explain("Starting the database", log.read())
    return places.url


@contextmanager
def _only_us(folder: Path) -> Iterator[int]:
    try:
        with locks.exclusive(folder / "postgres.lock", seconds=OTHERS_SECONDS) as lock:
            yield lock
    except TimeoutError:
        raise PostgresError(variant="occupied") from None


def _await_ready(places: Places) -> bool:
    """Wait until the server that holds ``running`` accepts connections. False if it ended instead."""

    def decided() -> bool:
        return not locks.is_held(places.running) or _is_ready(places)

    if not locks.wait_until(decided, seconds=START_SECONDS):
        raise PostgresError(variant="repairs", log=places.log)
    return locks.is_held(places.running)


def _is_ready(places: Places) -> bool:
    """Whether it accepts clients."""
    # Tried only once the server reports it: every refusal would add a line to its log.
    if _status(places)[7:8] != ["ready"]:
        return False
    try:
        psycopg.connect(places.url, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        return _is_up_although(str(error), places)
    return True


def _is_up_although(refusal: str, places: Places) -> bool:
    """Whether a server that refused us runs, for example because it is full, rather than starting or stopping."""
    if "password authentication failed" in refusal:
        raise PostgresError(variant="password", file=places.password)
    return "FATAL:" in refusal and not re.search("starting up|shutting down|recovery", refusal)


def _check_not_moved(places: Places) -> None:
    started_in = _status(places)[1:2]
    if started_in and started_in != [str(places.data)]:
        raise PostgresError(variant="moved", before=started_in[0], folder=places.data)


def _status(places: Places) -> list[str]:
    """postmaster.pid: process, data folder, start, port, socket folder, host, memory, status."""
    try:
        lines = (places.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []
    return [line.strip() for line in lines]


def _process(places: Places) -> psutil.Process | None:
    """The server's first process. Its id alone may have been reused by another program."""
    try:
        process = psutil.Process(int(_status(places)[0]))
        return process if process.cwd() == str(places.data) else None
    except (psutil.Error, ValueError, IndexError):
        return None


def _is_orphaned(places: Places) -> bool:
    """Whether processes of a killed server remain. They hold resources that the next server needs."""
    if not locks.is_held(places.running):
        return False
    try:
        return not places.data.samefile(psutil.Process(int(_status(places)[0])).cwd())
    except psutil.NoSuchProcess:
        return True
    except (psutil.AccessDenied, OSError, ValueError, IndexError):
        return False  # it cannot be determined


def _end_orphans(places: Places) -> None:
    """Wait for them to notice, then kill them: a process stuck in a lock or suspended never would.

    Nothing is lost, because the next server recovers anyway.
    """
    if not _is_orphaned(places):
        return
    if locks.wait_until(lambda: not _is_orphaned(places), seconds=ORPHAN_SECONDS):
        return
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):  # it ends at this moment, or we may not access it
            if process.name() == "postgres" and places.data.samefile(process.cwd()):
                process.kill()
    locks.wait_until(lambda: not _is_orphaned(places), seconds=ORPHAN_SECONDS)


def _forget_stale_process(places: Places) -> None:
    """Delete the stale process id; PostgreSQL won't start while another program uses that id."""
    if _process(places) is None:
        (places.data / "postmaster.pid").unlink(missing_ok=True)


def _signal(places: Places, how: signal.Signals) -> None:
    # A server that has just started has not written its process id yet.
    locks.wait_until(lambda: bool(_status(places)) or not locks.is_held(places.running), seconds=5)
    process = _process(places)
    if process is not None:
        with suppress(psutil.NoSuchProcess):  # it has just ended by itself
            process.send_signal(how)


def _tidy_log(places: Places, account: Account) -> None:
    if places.log.stat().st_size > LARGEST_LOG:
        places.log.rename(places.log.with_suffix(".old"))
        places.log.touch(mode=0o600)
        account.own(places.log)
