"""Errors of the embedded database server, from its output or the operating system."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from jemmo.domain.errors import ConfigError

# The server's messages when it doesn't start: pattern, and the variant of the error's text.
_KNOWN = (
    (r"No space left on device|Disk quota exceeded", "disk_full"),
    (r"could not (create|map) .*shared memory|Cannot allocate memory", "memory"),
    (r"database files are incompatible|not compatible with this version", "incompatible"),
    (r"error while loading shared libraries|GLIBC_|Exec format error", "system"),
    (r"Permission denied|wrong ownership|invalid permissions", "folder"),
)


class PostgresError(ConfigError):
    """The embedded database cannot be used."""

    default_code = "database"


def explain(step: str, output: str) -> PostgresError:
    """Turn the output of a PostgreSQL program into an error for people."""
    for pattern, variant in _KNOWN:
        if re.search(pattern, output):
            return PostgresError(variant=variant, step=step)
    last_words = " / ".join(line.strip() for line in output.splitlines()[-5:] if line.strip())
    return PostgresError(step=step, reason=last_words or "–")


@contextmanager
def explained(step: str) -> Iterator[None]:
    """Turn errors of the operating system inside the block into a PostgresError."""
    try:
        yield
    except OSError as error:
        raise _from_system(step, error) from error


def _from_system(step: str, error: OSError) -> PostgresError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return PostgresError(variant="disk_full", step=step)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return PostgresError(variant="folder", step=step, folder=error.filename)
    return PostgresError(step=step, reason=error)
