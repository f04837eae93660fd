"""Faults that are switched on by name and always affect the same requests."""

import asyncio
from dataclasses import dataclass, field

TRANSPORT_FAULTS: dict[str, float] = {
    "storm429": 0.75, "flaky5xx": 0.2, "html": 0.2, "truncated": 0.2, "cut_json": 0.2,
    "slow": 200, "stall": 0.1, "expired_key": 20, "hold": 0,
}  # fmt: skip


@dataclass(slots=True)
class Faults:
    """The active faults, each with a value: a share of requests, milliseconds or a count.

    Shares are spread evenly (every fifth request for 0.2), so that a retry always gets through.
    """

    known: dict[str, float]
    on: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def set(self, names: str) -> None:
        """Replace the faults: `flaky5xx,slow=500`; an empty text clears them."""
        parts = [part.partition("=") for part in names.split(",") if part.strip()]
        unknown = [name for name, _, _ in parts if name.strip() not in self.known]
        if unknown:
            raise ValueError(
                f"unknown fault {', '.join(unknown)}; known: {', '.join(sorted(self.known))}"
            )
        self._changed.set()
        self._changed = asyncio.Event()
        self.on.clear()
        self.texts.clear()
        self._seen.clear()
        for name, _, measure in parts:
            self._switch_on(name.strip(), measure.strip())

    def _switch_on(self, name: str, measure: str) -> None:
        self.on[name] = self.known[name]
        if measure:
            try:
                self.on[name] = float(measure)
            except ValueError:
                self.texts[name] = measure

    def strikes(self, name: str) -> bool:
        """Count one opportunity for this fault; return whether it occurs."""
        if name not in self.on:
            return False
        share = self.on[name]
        seen = self._seen[name] = self._seen.get(name, 0) + 1
        return int(seen * share) > int((seen - 1) * share)

    def event_to_await(self, path: str) -> asyncio.Event | None:
        """Count one request for ``hold=PATH:N``; return the event to await if it is the Nth for that path."""
        held_path, _, count = self.texts.get("hold", "").rpartition(":")
        if not count.isdecimal() or path != held_path:
            return None
        self._seen["hold"] = self._seen.get("hold", 0) + 1
        return self._changed if self._seen["hold"] == int(count) else None

    def is_used_up(self, name: str) -> bool:
        """Count one request; return whether there were more than the fault allows."""
        if name not in self.on:
            return False
        self._seen[name] = self._seen.get(name, 0) + 1
        return self._seen[name] > self.on[name]
