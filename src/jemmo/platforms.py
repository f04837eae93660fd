"""The systems that Jemmo runs on; docs/operations.md has the table. Imports nothing that a system may lack."""

from __future__ import annotations

import ctypes
import sys
from importlib.util import find_spec

NEEDED = ("fcntl", "pwd", "resource")
"""Python modules that exist only on Unix: file locks, users, limits for the file reader."""

UNSUPPORTED = """\
Error: Jemmo doesn't run on this system ({system}), because Python has no {missing} here.
Next step: Use Linux or macOS. On Windows, install Jemmo in WSL 2. docs/operations.md lists the systems.
"""
PR_SET_DUMPABLE = 4
CUSTOMER_ACTS = 4


def check() -> None:
    """Exit with a message, instead of a traceback, on systems where Jemmo can't run."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(UNSUPPORTED.format(system=sys.platform, missing=", ".join(missing)))
        sys.exit(CUSTOMER_ACTS)


def keep_memory_private() -> None:
    """On Linux, prevent other processes of the same user from reading or tracing this one, and disable core dumps.

    Forks inherit it. root may still do so, and other programs started by this one are not protected.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
