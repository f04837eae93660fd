"""Which systems Jemmo runs on; docs/operations.md has the table. Imports nothing that a system may lack."""

from __future__ import annotations

import ctypes
import sys
from importlib.util import find_spec

NEEDED = ("fcntl", "pwd", "resource")
"""Modules of Python that Unix alone has: locks between processes, users, limits for the reader of files."""

UNSUPPORTED = """\
Error: Jemmo does not run on this system ({system}): Python has no {missing} here.
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
    """On Linux, let no other process of the same user read or trace this one, and leave no core dump.

    Forks inherit it. root still may, and another program that this one starts is not protected by it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
