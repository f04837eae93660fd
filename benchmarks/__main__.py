"""`python -m benchmarks [--quick]`: prints each figure next to its goal."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import bare
from benchmarks.company import company, forget, requests

TINY, SMALL, LARGE = 300, 25_000, 100_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    scale = 10 if parser.parse_args().quick else 1
    with tempfile.TemporaryDirectory() as folder:
        os.environ["JEMMO_HOME"] = folder
        os.environ.pop("DATABASE_URL", None)
        from jemmo import embedded  # noqa: PLC0415 - JEMMO_HOME must be set first

        try:
            Console().print(_measure(scale, embedded.ensure_running()))
        finally:
            embedded.stop()


def _measure(scale: int, database_url: str) -> Table:
    table = Table("what", "measured", "goal", "reached")

    def row(what: str, value: float, goal: float, *, at_least: bool = False) -> None:
        reached = value >= goal if at_least else value <= goal
        table.add_row(
            what,
            f"{value:,.2f}",
            f"{'≥' if at_least else '≤'} {goal:,}",
            "yes" if reached else "NO",
        )

    with company(6_000 // scale, paced=True) as address:
        paced = sync("paced", address, "on")
        row(
            "paced: time ÷ the time that the requests require at our share of the limit (90%)",
            paced["seconds"] / (paced["requests"] / (5 * 0.9)),
            1.1,
        )
        row(
            "paced: requests beyond one per 30 records",
            paced["requests"] - paced["records"] / 30,
            40,
        )
        row("paced: rejected requests (429)", requests(address)["refused_429"], 0)
    with company(TINY, paced=False) as address:
        sync("tiny", address, "off")
        lists = bare.addresses(address)
    with company(SMALL // scale, paced=False) as address:
        small = sync("small", address, "off")
    with company(LARGE // scale, paced=False) as address:
        large = sync("large", address, "off")
        plain = bare.rate(address, lists, database_url)
        listed = large["records"] / large["seconds"]
        each = (large["records"] + large["files"]) / large["seconds"]
        row("unpaced: records per second", listed, 20_000, at_least=True)
        row(
            "unpaced: records per second, including files (resumes, uploads)",
            each,
            20_000,
            at_least=True,
        )
        row("unpaced: throughput ÷ that of the bare loop", listed / plain, 0.43, at_least=True)
        row("memory in MB", large["megabytes"], 250)
        row("memory: large company ÷ small company", large["megabytes"] / small["megabytes"], 1.2)
        forget(address)
        again = sync("large", address, "off")
        assert again["mode"] == "incremental"
        paths = requests(address)["by_template"]
        most = max(count for path, count in paths.items() if path != "/v1/company")
        row("unchanged: maximum requests per stream, including the key test", most, 4)
        row("unchanged: seconds", again["seconds"], 2)
    return table


def sync(org: str, address: str, pacing: str) -> dict[str, Any]:
    """Run one sync in a separate process; return its figures."""
    command = [sys.executable, "-m", "benchmarks.one_sync", org, address, pacing]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(org, found, flush=True)
    return found


if __name__ == "__main__":
    main()
