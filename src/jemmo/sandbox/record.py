"""The request log that tests read back."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class RequestLog:
    """Counts every API request and keeps the last ones."""

    keep: int = 1000
    counts: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    last: deque[tuple[int, str, str, str, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.last = deque(maxlen=self.keep)

    def add(self, at_ms: int, method: str, template: str, target: str, status: int) -> None:
        """Add one request."""
        self.counts[template] += 1
        self.statuses[status] += 1
        self.last.append((at_ms, method, template, target, status))

    def reset(self) -> None:
        """Clear the log."""
        self.counts.clear()
        self.statuses.clear()
        self.last.clear()

    def report(self, count: int) -> dict[str, Any]:
        """Return totals and the last `count` requests, oldest first."""
        names = ("at_ms", "method", "template", "target", "status")
        latest = list(self.last)[-count:] if count else []
        return {
            "total": self.counts.total(),
            "by_template": dict(self.counts),
            "by_status": {str(status): n for status, n in self.statuses.items()},
            "refused_429": self.statuses[429],
            "last": [dict(zip(names, entry, strict=True)) for entry in latest],
        }
