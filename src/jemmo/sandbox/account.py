"""Bases of every simulated account, as the server and the control API see it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any

from jemmo.sandbox.changes import Changes
from jemmo.sandbox.faults import Faults
from jemmo.sandbox.http import Call, Reply
from jemmo.sandbox.options import Options
from jemmo.sandbox.switches import Switchboard


class Account(ABC):
    """One account at a simulated ATS."""

    label: str
    file_prefix: str
    world: Any

    def __init__(
        self, options: Options, switches: Switchboard, page_faults: dict[str, float]
    ) -> None:
        self.options = options
        self.clock = options.clock()
        self.faults: Faults = options.faults_with(page_faults)
        self.switches = switches
        self.switches.set(options.switches)
        self.epoch = options.epoch(self.clock)

    @abstractmethod
    def answer(self, call: Call) -> Reply:
        """Answer one API request."""

    @abstractmethod
    def download(self, call: Call) -> Reply:
        """Answer one file download."""

    @abstractmethod
    def announce_to(self, url: str | None) -> None:
        """Set where webhooks are sent; None for nowhere."""

    @abstractmethod
    async def change(self, order: dict[str, Any]) -> dict[str, Any]:
        """Apply one order; return the record's id and the webhooks sent."""

    @abstractmethod
    def truth(self, kind: str, base: str) -> AsyncIterator[bytes]:
        """Stream all present records of a type, one JSON object per line."""

    @abstractmethod
    def counts(self) -> dict[str, int]:
        """Return the number of present records by type."""

    def apply_switches(self) -> None:  # noqa: B027 - some vendors only read them
        """Pass the switches on to the parts that keep a copy."""

    def switch(self, values: dict[str, Any]) -> dict[str, Any]:
        """Set switches and return all of them."""
        if values:
            self.switches.set(values)
            self.apply_switches()
        return self.switches.all()

    def facts(self) -> dict[str, Any]:
        """Describe the account: size, seed, types."""
        return {
            "seed": self.options.seed, "talents": self.options.talents, "epoch_ms": self.epoch,
            "counts": self.counts(), "switches": self.switches.all(), "faults": self.faults.on,
        }  # fmt: skip


class WorldAccount(Account):
    """An account whose records live in a world of the vendor's own, edited through ``changes``."""

    changes: Changes[Any]

    def announce_to(self, url: str | None) -> None:
        self.changes.announce_to(url)

    async def change(self, order: dict[str, Any]) -> dict[str, Any]:
        return await self.changes.carry_out(order)
