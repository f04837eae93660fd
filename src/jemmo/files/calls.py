"""Restricts the process that reads a file to system calls for computing and answering. Linux only.

All other calls fail (EPERM), so code that takes over the process can't signal others nor open, start or connect to
anything. Without kernel support (seccomp, mode 2), the limits of ``reader`` still apply.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD, _EQUALS, _RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h
_ALLOW, _REFUSE, _END = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000  # linux/seccomp.h
_NUMBER, _SYSTEM = 0, 4  # offsets in struct seccomp_data

_SYSTEMS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""The kernel's identifiers of architectures (linux/audit.h)."""
_CALLS = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "setitimer": (38, 103),
    "getpid": (39, 172),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "sigaltstack": (131, 132),
    "futex": (202, 98),
    "clock_gettime": (228, 113),
    "exit_group": (231, 94),
    "getrandom": (318, 278),
}
"""Allowed calls, as numbers on these architectures, in the same order."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


_LIBC = ctypes.CDLL(None)


def leave_few() -> bool:
    """Block all other system calls permanently; returns whether the kernel supports it."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _SYSTEMS or sys.maxsize < 2**32:
        return False
    place = list(_SYSTEMS).index(machine)
    steps = _steps(_SYSTEMS[machine], [numbers[place] for numbers in _CALLS.values()])
    program = _Program(len(steps) // 8, steps)
    if _LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return not _LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)


def _steps(system: int, calls: list[int]) -> bytes:
    return b"".join(
        struct.pack("HBBI", *step)
        for step in (
            (_LOAD, 0, 0, _SYSTEM),
            (_EQUALS, 1, 0, system),
            (_RETURN, 0, 0, _END),  # on another architecture the numbers would mean other calls
            (_LOAD, 0, 0, _NUMBER),
            *((_EQUALS, len(calls) - place, 0, call) for place, call in enumerate(calls)),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        )
    )
