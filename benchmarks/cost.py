"""`python -m benchmarks.cost [TALENTS]`: the CPU time of an initial sync, by process.

Unlike elapsed time, CPU time hardly depends on what else the machine is doing. 20,000 records per second on two full
cores amount to 100 microseconds per record, for the sync, Postgres and the simulated ATS together.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from benchmarks.__main__ import TINY
from benchmarks.company import company, simulated, sync
from benchmarks.home import new_home

TICK = 1_000_000 / os.sysconf("SC_CLK_TCK")  # microseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("talents", nargs="?", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    with new_home():
        with company(TINY, paced=False) as address:
            sync("tiny", address, "off")
        for number in range(given.rounds):
            measure(given.talents, f"cost-{number}")


def measure(talents: int, org: str) -> None:
    """Print the CPU time per record of one initial sync, in microseconds."""
    postgres = postmaster()
    with simulated(talents, paced=False) as (address, sandbox):
        before = spent(sandbox), spent(postgres)
        found = sync(org, address, "off")
        after = spent(sandbox), spent(postgres)
    records = found["records"]
    parts = {
        "sync": found["processor"] * 1_000_000 / records,
        "simulated ATS": (after[0] - before[0]) / records,
        "Postgres": (after[1] - before[1]) / records,
    }
    told = ", ".join(f"{name} {value:.1f}" for name, value in parts.items())
    print(f"{told}; together {sum(parts.values()):.1f} microseconds a record", flush=True)


def spent(process: int) -> float:
    """Return the CPU time of a process and all its children, including finished ones, in microseconds."""
    ours = [pid for pid in _processes() if pid == process or _fields(pid)[1] == process]
    total = 0
    for pid in ours:
        times = [int(one) for one in _fields(pid)[11:15]]
        total += sum(times[:2]) + (sum(times[2:]) if pid == process else 0)
    return total * TICK


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _fields(pid: int) -> list[int | str]:
    """Return the fields of /proc/PID/stat after the name: state, parent, ...; 11 and 12 are user and system time."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ["X", 0, *[0] * 20]
    state, parent, *others = text.rpartition(")")[2].split()
    return [state, int(parent), *others]


def postmaster() -> int:
    from jemmo.embedded.places import find_places  # noqa: PLC0415 - as above
    from jemmo.home import home  # noqa: PLC0415 - as above

    return int((find_places(home()).data / "postmaster.pid").read_text().split()[0])


if __name__ == "__main__":
    main()
