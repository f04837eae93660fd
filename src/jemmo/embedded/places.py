"""The server's files, in the folder ``postgres`` of Jemmo's home.

postgres/          running (a lock), log, run/ (the socket)
postgres/cluster/  data/, password; created by an atomic rename after initialization
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from jemmo.embedded.account import Account
from jemmo.embedded.errors import PostgresError

PORT = 5432
# The operating system's limit for the path of a socket is 104 bytes on macOS and 108 on Linux.
LONGEST_SOCKET_PATH = 103
# For root, if the server's user can't access Jemmo's home, as in /root.
SYSTEM_FOLDER = Path("/var/lib/jemmo")


@dataclass(frozen=True, kw_only=True)
class Places:
    """The paths of one server."""

    root: Path

    @property
    def running(self) -> Path:
        """Locked while any process of the server runs."""
        return self.root / "running"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.root / "log"

    @property
    def cluster(self) -> Path:
        """Everything created by initialization."""
        return self.root / "cluster"

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.cluster / "data"

    @property
    def password(self) -> Path:
        """The password of the role ``jemmo``, readable only by us."""
        return self.cluster / "password"

    @property
    def makes_roles(self) -> Path:
        """Exists once the role ``jemmo`` may create others."""
        return self.cluster / "makes-roles"

    @property
    def sockets(self) -> Path:
        """The socket's folder: ours if its path is short enough, else one in /tmp."""
        beside = self.root / "run"
        if len(os.fsencode(beside / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
            return beside
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        # Not TMPDIR: every command must find the same place. open_sockets() checks its owner.
        return Path("/tmp") / f"jemmo-{name}"  # noqa: S108

    @property
    def url(self) -> str:
        """The database URL."""
        password = self.password.read_text()
        return f"postgresql://jemmo:{password}@/jemmo?host={quote(str(self.sockets))}&port={PORT}"


def find_places(home: Path) -> Places:
    """The paths for this home. Creates nothing."""
    return Places(root=(home / "postgres").resolve())


def make_places(home: Path, account: Account) -> Places:
    """Create missing folders, accessible only to the server's user."""
    root = home / "postgres"
    if not root.exists():
        if not account.can_enter(home):
            account.admit(home)
        if account.can_enter(home):
            root.mkdir(mode=0o700)
        else:
            root.symlink_to(_elsewhere(home))
    places = find_places(home)
    account.admit(places.root)
    places.log.touch(mode=0o600)
    account.own(places.log)
    return places


def open_sockets(places: Places, account: Account) -> None:
    """Create the socket's folder, empty, and check that we own it."""
    folder = places.sockets
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        folder_stat = folder.lstat()
        if not stat.S_ISDIR(folder_stat.st_mode) or folder_stat.st_uid not in {
            account.uid,
            os.geteuid(),
        }:
            raise PostgresError(variant="socket", folder=folder) from None
    account.own(folder)
    folder.chmod(0o700)
    # No server of ours is running; the remains of a killed one must not stop the next from starting.
    for left in folder.glob(".s.PGSQL.*"):
        left.unlink()


def _elsewhere(home: Path) -> Path:
    SYSTEM_FOLDER.mkdir(mode=0o755, exist_ok=True)
    folder = SYSTEM_FOLDER / secrets.token_hex(8)
    folder.mkdir(mode=0o700)
    (folder / "belongs-to").write_text(f"{home}\n")
    return folder
