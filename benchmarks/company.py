"""A simulated company to measure against: a sandbox in a separate process."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

KEY = "bench-key"


@contextmanager
def company(talents: int, *, paced: bool, provider: str = "teamtailor") -> Iterator[str]:
    """Run a sandbox with this number of talents; yield its address."""
    with simulated(talents, paced=paced, provider=provider) as (address, _):
        yield address


@contextmanager
def simulated(
    talents: int, *, paced: bool, provider: str = "teamtailor", keys: int = 0
) -> Iterator[tuple[str, int]]:
    """Run a sandbox that accepts this many more keys, ``bench-key-0`` onwards; yield its address and process id."""
    command = [sys.executable, "-m", "jemmo.sandbox", provider, "--port", "0"]
    command += ["--talents", str(talents), "--key", KEY]
    command += [] if paced else ["--no-rate-limit"]
    for number in range(keys):
        command += ["--extra-key", f"{KEY}-{number}=admin"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:  # noqa: S603 - our own program
        assert sandbox.stdout is not None
        try:
            words = sandbox.stdout.readline().split()
            yield next(word for word in words if word.startswith("http")), sandbox.pid
        finally:
            sandbox.terminate()


def requests(address: str) -> dict[str, Any]:
    """Return the sandbox's request counts: in total, by path, and refused by the rate limit."""
    with urllib.request.urlopen(f"{address}/__sandbox__/requests") as answer:  # noqa: S310 - our own program
        found: dict[str, Any] = json.load(answer)
    return found


def forget(address: str) -> None:
    order = urllib.request.Request(f"{address}/__sandbox__/reset-requests", data=b"{}")  # noqa: S310
    urllib.request.urlopen(order).close()  # noqa: S310 - our own program


def sync(
    org: str, address: str, pacing: str, provider: str = "teamtailor", *options: str
) -> dict[str, Any]:
    """Run one sync in a separate process, with these options as ``NAME=VALUE``; return its figures."""
    command = [sys.executable, "-m", "benchmarks.one_sync", org, address, pacing, provider]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(org, figures, flush=True)
    return figures
