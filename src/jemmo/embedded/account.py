"""The system user that the server runs as: ours, or a separate one if we are root, which Postgres refuses."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jemmo.embedded.errors import PostgresError, explain

NAME = "jemmo-postgres"


@dataclass(frozen=True, kw_only=True)
class Account:
    """The user of the server's processes and of its data."""

    uid: int
    gid: int

    @property
    def is_us(self) -> bool:
        """Whether no change of user is needed."""
        return self.uid == os.geteuid()

    def own(self, path: Path) -> None:
        """Give a file or folder to the server's user."""
        if not self.is_us:
            os.chown(path, self.uid, self.gid)

    def admit(self, folder: Path) -> None:
        """Let only the server's user pass through a folder that stays ours."""
        if not self.is_us:
            os.chown(folder, -1, self.gid)
            folder.chmod(0o710)

    def can_enter(self, folder: Path) -> bool:
        """Whether the server's user can reach this folder from the root of the file system."""
        return self.is_us or all(self._may_cross(step.stat()) for step in [folder, *folder.parents])

    def run(
        self, command: Sequence[str | Path], *, cwd: Path, feed: str = "", keep: Sequence[int] = ()
    ) -> str:
        """Run a PostgreSQL program to its end. Return its output; raise its errors."""
        who = {} if self.is_us else {"user": self.uid, "group": self.gid, "extra_groups": []}
        done = subprocess.run(  # noqa: S603 -- our own program and arguments, no shell
            [str(word) for word in command],
            cwd=cwd,
            input=feed,
            # A fresh environment: PGOPTIONS and similar variables must not reach the server.
            env={"PATH": os.defpath, "LC_ALL": "C"},
            pass_fds=keep,
            start_new_session=True,
            umask=0o077,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **who,  # type: ignore[call-overload]
        )
        if done.returncode != 0:
            raise explain(f"Preparing the database ({Path(command[0]).name})", done.stdout)
        return str(done.stdout)

    def _may_cross(self, folder: os.stat_result) -> bool:
        if folder.st_uid == self.uid:
            return bool(folder.st_mode & stat.S_IXUSR)
        if folder.st_gid == self.gid:
            return bool(folder.st_mode & stat.S_IXGRP)
        return bool(folder.st_mode & stat.S_IXOTH)


def server_account(data: Path) -> Account:
    """The owner of existing data, else ourselves, else a separate user."""
    if os.geteuid() != 0:
        return Account(uid=os.geteuid(), gid=os.getegid())
    if data.exists() and data.stat().st_uid != 0:
        return Account(uid=data.stat().st_uid, gid=data.stat().st_gid)
    entry = _find() or _create()
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _find() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd:
        subprocess.run(  # noqa: S603 -- fixed arguments
            [
                useradd,
                "--system",
                "--user-group",
                "--no-create-home",
                "--shell",
                "/bin/false",
                NAME,
            ],
            check=False,  # two at once: the second finds the first one's user
            capture_output=True,
        )
    entry = _find()
    if entry is None:
        raise PostgresError(variant="root", user=NAME)
    return entry
