"""What can go wrong with the database server, in words that lead somewhere."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

BRING_YOUR_OWN = "Or set DATABASE_URL to a PostgreSQL 15 or newer of your own."
DISK_FULL = "Free some space and run the command again; nothing was lost."
PERMISSION = (
    "Give the user who runs Jemmo the rights to its data folder, or choose another with JEMMO_HOME."
)

# What the server says when it does not start: pattern, what it means, what to do.
_KNOWN = (
    (r"No space left on device|Disk quota exceeded", "The disk is full.", DISK_FULL),
    (
        r"could not (create|map) .*shared memory|Cannot allocate memory",
        "There is not enough memory for the database.",
        f"Free about 300 MB of memory and run the command again. {BRING_YOUR_OWN}",
    ),
    (
        r"database files are incompatible|not compatible with this version",
        "The data folder was made by another version of PostgreSQL.",
        f"Go back to the version of Jemmo that made it. {BRING_YOUR_OWN}",
    ),
    (
        r"error while loading shared libraries|GLIBC_|Exec format error",
        "The PostgreSQL that comes with Jemmo does not run on this system.",
        BRING_YOUR_OWN,
    ),
    (
        r"Permission denied|wrong ownership|invalid permissions",
        "The database may not use its folder.",
        PERMISSION,
    ),
)


class PostgresError(Exception):
    """The database cannot be used; says why and what to do next."""

    def __init__(self, message: str, *, next_step: str) -> None:
        super().__init__(f"{message} {next_step}")
        self.message = message
        self.next_step = next_step


def explain(doing: str, output: str) -> PostgresError:
    """Turn what a PostgreSQL program printed into an error for people."""
    for pattern, meaning, next_step in _KNOWN:
        if re.search(pattern, output):
            return PostgresError(f"{doing} failed. {meaning}", next_step=next_step)
    last_words = " / ".join(line.strip() for line in output.splitlines()[-5:] if line.strip())
    return PostgresError(
        f"{doing} failed: {last_words or 'PostgreSQL gave no reason'}.",
        next_step=f"Run `jemmo doctor`, and send its output to support. {BRING_YOUR_OWN}",
    )


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Whatever the operating system refuses inside becomes a PostgresError."""
    try:
        yield
    except OSError as error:
        raise _from_system(doing, error) from error


def _from_system(doing: str, error: OSError) -> PostgresError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return PostgresError(f"{doing} failed. The disk is full.", next_step=DISK_FULL)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return PostgresError(
            f"{doing} failed. Not allowed: {error.filename}.", next_step=PERMISSION
        )
    return PostgresError(f"{doing} failed: {error}.", next_step=BRING_YOUR_OWN)
