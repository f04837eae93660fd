"""What a refusal of the operating system means: a full disk, a folder that may not be written."""

from __future__ import annotations

import errno

from jemmo.domain.errors import TransientError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_ALLOWED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_TOO_MANY = frozenset({errno.EMFILE, errno.ENFILE})


def is_full(error: OSError) -> bool:
    return error.errno in _FULL


def is_not_allowed(error: OSError) -> bool:
    return error.errno in _NOT_ALLOWED


def explain(error: BaseException) -> TransientError | None:
    """None for what is no refusal that an operator can do something about."""
    if not isinstance(error, OSError):
        return None
    place = f" ({error.filename})" if error.filename else ""
    if is_full(error):
        return TransientError(
            f"The disk is full{place}.",
            code="disk_full",
            next_step="Free some space and try again; nothing that was saved is lost.",
        )
    if is_not_allowed(error):
        reason = "is read-only" if error.errno == errno.EROFS else "may not be used by this user"
        return TransientError(
            f"{error.filename or 'A file or folder that Jemmo needs'} {reason}.",
            code="not_writable",
            next_step="Give it to the user who runs Jemmo, or choose another data folder with JEMMO_HOME.",
        )
    if error.errno in _TOO_MANY:
        return TransientError(
            "Jemmo has too many open files and connections.",
            code="open_files",
            next_step="Raise the limit of open files (`ulimit -n`, LimitNOFILE) to 4096 or more.",
        )
    return None
