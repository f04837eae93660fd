"""Explains operating system errors, such as a full disk or a read-only folder."""

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
    """Return the error an operator can fix, or ``None`` for any other."""
    if not isinstance(error, OSError):
        return None
    if is_full(error):
        return TransientError("disk_full", place=error.filename)
    if is_not_allowed(error):
        return TransientError("not_writable", place=error.filename)
    if error.errno in _TOO_MANY:
        return TransientError("open_files")
    return None
