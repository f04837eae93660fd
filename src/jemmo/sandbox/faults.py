"""Faults: ways to misbehave, switched on by name, each repeatable request after request."""

from dataclasses import dataclass, field

TRANSPORT_FAULTS: dict[str, float] = {
    "storm429": 0.75, "flaky5xx": 0.2, "html": 0.2, "truncated": 0.2, "cut_json": 0.2,
    "slow": 200, "stall": 0.1, "expired_key": 20,
}  # fmt: skip


@dataclass(slots=True)
class Faults:
    """The faults now on, with their measure: a share of requests, milliseconds or a count.

    Shares strike evenly (every fifth request for 0.2), so that a retry always gets through.
    """

    known: dict[str, float]
    on: dict[str, float] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict)

    def set(self, names: str) -> None:
        """Replace the faults: `flaky5xx,slow=500`; an empty text clears them."""
        wanted = [part.partition("=") for part in names.split(",") if part.strip()]
        unknown = [name for name, _, _ in wanted if name.strip() not in self.known]
        if unknown:
            raise ValueError(
                f"unknown fault {', '.join(unknown)}; known: {', '.join(sorted(self.known))}"
            )
        self.on.clear()
        self.texts.clear()
        self._seen.clear()
        for name, _, measure in wanted:
            self._switch_on(name.strip(), measure.strip())

    def _switch_on(self, name: str, measure: str) -> None:
        self.on[name] = self.known[name]
        if measure:
            try:
                self.on[name] = float(measure)
            except ValueError:
                self.texts[name] = measure

    def strikes(self, name: str) -> bool:
        """Count one chance for this fault and tell whether it hits."""
        if name not in self.on:
            return False
        share = self.on[name]
        seen = self._seen[name] = self._seen.get(name, 0) + 1
        return int(seen * share) > int((seen - 1) * share)

    def spent(self, name: str) -> bool:
        """Count one request and tell whether more than the fault's number have been made."""
        if name not in self.on:
            return False
        self._seen[name] = self._seen.get(name, 0) + 1
        return self._seen[name] > self.on[name]
