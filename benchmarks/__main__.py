"""`python -m benchmarks [--quick]`: prints each figure next to its goal."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from benchmarks import bare
from benchmarks.company import company, forget, requests, sync
from benchmarks.home import new_home

TINY, SMALL, LARGE = 300, 25_000, 100_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    scale = 10 if parser.parse_args().quick else 1
    with new_home() as owner:
        Console().print(_measure(scale, owner))


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


if __name__ == "__main__":
    main()
