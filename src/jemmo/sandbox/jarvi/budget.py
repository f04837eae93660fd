"""The time budget: seconds of execution per hour, in business hours (Monday to Friday, 7 to 18 UTC)."""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime

HOUR_MS = 3_600_000
OPENS, CLOSES, FRIDAY = 7, 18, 4


def is_business(now_ms: int) -> bool:
    """Return whether the budget applies at this moment."""
    at = datetime.fromtimestamp(now_ms / 1000, UTC)
    return at.weekday() <= FRIDAY and OPENS <= at.hour < CLOSES


def closing_ms(now_ms: int) -> int:
    """Return when the business hours of this day end."""
    at = datetime.fromtimestamp(now_ms / 1000, UTC)
    end = at.replace(hour=CLOSES, minute=0, second=0, microsecond=0)
    return int(end.timestamp() * 1000)


@dataclass(slots=True)
class Budget:
    """The recent execution time of the account's requests, in milliseconds."""

    allowed_ms: int = 300_000
    enabled: bool = True
    rolling: bool = True
    night_counts: bool = False
    worst_hour_ms: int = 0
    _spent: deque[tuple[int, int]] = field(default_factory=deque)

    def spent(self, now_ms: int) -> int:
        """Return what was spent in the current hour."""
        while self._spent and self._spent[0][0] + 2 * HOUR_MS < now_ms:
            self._spent.popleft()
        since = now_ms - HOUR_MS if self.rolling else now_ms - now_ms % HOUR_MS
        return sum(cost for at, cost in self._spent if at > since and self._counts(at))

    def _counts(self, at: int) -> bool:
        return self.night_counts or is_business(at)

    def wait_s(self, now_ms: int) -> int:
        """Return for how many seconds requests are refused, 0 if they are not."""
        if not self.enabled or not is_business(now_ms) or self.spent(now_ms) < self.allowed_ms:
            return 0
        until = closing_ms(now_ms)
        if self.rolling:
            left = self.spent(now_ms)
            for at, cost in self._spent:
                if at > now_ms - HOUR_MS and self._counts(at):
                    left -= cost
                    if left < self.allowed_ms:
                        until = min(until, at + HOUR_MS)
                        break
        else:
            until = min(until, now_ms - now_ms % HOUR_MS + HOUR_MS)
        return max(1, -(-(until - now_ms) // 1000))

    def charge(self, now_ms: int, cost_ms: int) -> None:
        """Add the cost of one request."""
        self._spent.append((now_ms, cost_ms))
        if is_business(now_ms):
            self.worst_hour_ms = max(self.worst_hour_ms, self.spent(now_ms))

    def forget(self) -> None:
        """Reset the budget."""
        self._spent.clear()
        self.worst_hour_ms = 0
