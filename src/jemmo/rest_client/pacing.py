"""When the next request may leave, so that the ATS never has to refuse one. Pure: the clock is passed in."""

from __future__ import annotations

from collections import deque

SPARE = 1  # requests of each window left unused: clocks and networks are not exact


class Pacer:
    """At most ``limit`` requests in any ``per`` seconds.

    The first window may go at once, so that a small company is read in a moment; when a window is
    used up, requests follow
    evenly. What the ATS says of its own count (other tools may use the same key) holds back further.
    """

    def __init__(self, limit: int, per: float, *, share: float = 1.0) -> None:
        self.per = per
        self.share = share
        self._held_until = 0.0
        self._allow(limit)
        self._sent: deque[float] = deque(maxlen=10_000)

    def _allow(self, limit: int) -> None:
        self.limit = limit
        allowed = int(limit * self.share)
        self.window = max(1, allowed - SPARE if allowed > 10 * SPARE else allowed)

    def reserve(self, now: float) -> float:
        """The moment at which the next request may leave; it counts as sent then."""
        slot = max(now, self._held_until)
        if len(self._sent) >= self.window:
            free_at = self._sent[-self.window] + self.per
            if free_at > now:
                slot = max(slot, free_at, self._sent[-1] + self.per / self.window)
        self._sent.append(slot)
        return slot

    def learn(
        self,
        now: float,
        *,
        limit: int | None,
        remaining: int | None,
        reset: float | None,
        in_flight: int = 1,
    ) -> None:
        """Take in what an answer said: the window's size, what is left of it and for how many seconds."""
        if limit and limit > 0 and limit != self.limit:
            self._allow(limit)
        if remaining is not None and reset is not None and remaining < in_flight:
            self.hold(now + min(max(reset, 0.0), 10 * self.per))

    def hold(self, until: float) -> None:
        """Send nothing before ``until``."""
        self._held_until = max(self._held_until, until)
