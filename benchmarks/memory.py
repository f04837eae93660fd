"""How much memory this program has held at most."""

from __future__ import annotations

import resource
from pathlib import Path


def peak_megabytes() -> float:
    """Since it was started. Where the kernel tells, not counting what it inherited from whoever started it."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
