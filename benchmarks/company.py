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
    talents: int, *, paced: bool, provider: str = "teamtailor"
) -> Iterator[tuple[str, int]]:
    """Run a sandbox; yield its address and process id."""
    command = [sys.executable, "-m", "jemmo.sandbox", provider, "--port", "0"]
    command += ["--talents", str(talents), "--key", KEY]
    command += [] if paced else ["--no-rate-limit"]
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
