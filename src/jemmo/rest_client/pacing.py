"""Decides when the next request may be sent, so that the ATS never has to refuse one. Pure: the clock is passed in."""

from __future__ import annotations

from collections import deque
from itertools import takewhile
from math import inf

from msgspec import Struct

from jemmo.domain.ports import PaceState

AHEAD = 6  # windows for which requests may be reserved in advance
MAX_HOLD = 900.0  # seconds to send nothing, even if the ATS asks for more; then a request is tried

MAX_PAUSE = 3  # times the regular interval; longer pauses would slow us down without helping others

SPARE = 1  # unused requests per window: clocks and networks are imprecise


class RateLimitStatus(Struct, frozen=True, kw_only=True):
    """The limit in a response: the window's size, requests left, and seconds until it ends.

    ``in_flight`` are our requests that the ATS may not have counted yet.
    """

    limit: int | None
    remaining: int | None
    reset: float | None
    in_flight: int = 1


class Pacer:
    """Allows at most ``limit`` requests in any ``per`` seconds.

    The share ``at_once`` of a window may be sent in a burst, so that a small company is read in a moment. The rest of
    the window is spread evenly until its oldest request expires, so that others with the same key can send at any time.
    Once a window is used up, requests are spread evenly too. The ATS's own count slows the pace down further, since
    other tools may use the same key.
    """

    def __init__(self, limit: int, per: float, *, share: float = 1.0, at_once: float = 1.0) -> None:
        self.per = per
        self.share = share
        self.at_once = at_once
        self._held_until = 0.0
        self._own_last = 0.0  # requests of this process stay in order; others with the same key may be sent in between
        self._allow(limit)
        self._sent: deque[float] = deque(maxlen=10_000)

    def share_in(self, state: PaceState) -> None:
        """Load the state of other processes, ignoring times that only a jumping clock can have written."""
        self._sent.clear()
        self._sent.extend(
            sent_at for sent_at in state.sent if sent_at <= state.now + AHEAD * self.per
        )
        self._held_until = min(state.held_until, state.now + MAX_HOLD)
        if state.limit and state.limit != self.limit:
            self._allow(state.limit)

    def share_out(self, state: PaceState) -> None:
        """Store what others need: one window of requests (theirs may be larger), the hold and the limit."""
        state.sent = sorted(self._sent)[-max(self.window, self.limit) :]
        state.held_until = self._held_until
        state.limit = self.limit
        state.per = self.per

    def _allow(self, limit: int) -> None:
        self.limit = limit
        allowed = int(limit * self.share)
        self.window = max(1, allowed - SPARE if allowed > 10 * SPARE else allowed)

    def reserve(self, now: float, patience: float = inf) -> float:
        """Return when the next request may be sent, and count it as sent unless that exceeds ``patience``."""
        slot = max(now, self._held_until)
        if self._own_last <= now + AHEAD * self.per:  # else the clock jumped
            slot = max(slot, self._own_last)
        if len(self._sent) >= self.window:
            free_at = self._sent[-self.window] + self.per
            if free_at > now:
                slot = max(slot, free_at, self._sent[-1] + self.per / self.window)
        slot = self._evenly(slot)
        if slot - now > patience:
            return slot
        self._sent.append(slot)
        self._own_last = slot
        return slot

    def _evenly(self, slot: float) -> float:
        """Return ``slot``, or a later time that spreads the rest of an unused window evenly."""
        latest = self._sent[-1] if self._sent else slot
        now = max(slot, latest)
        counted = list(takewhile(lambda sent: sent > now - self.per, reversed(self._sent)))
        left = self.window - len(counted)
        if left <= 0 or len(counted) < max(1, int(self.window * self.at_once)):
            return slot
        pause = (counted[-1] + self.per - now) / (left + 1)
        return max(slot, latest + min(pause, MAX_PAUSE * self.per / self.window))

    def changes_limit(self, status: RateLimitStatus) -> bool:
        """Whether ``apply_status`` would change anything."""
        is_new = bool(status.limit and status.limit > 0 and status.limit != self.limit)
        return is_new or (status.remaining is not None and status.remaining < status.in_flight)

    def apply_status(self, now: float, status: RateLimitStatus) -> None:
        """Update the pace with the ATS's own count from a response."""
        if status.limit and status.limit > 0 and status.limit != self.limit:
            self._allow(status.limit)
        if status.remaining is None or status.reset is None:
            return
        if status.remaining < status.in_flight:
            self.hold(now, self.left(status.reset))

    def left(self, reset: float | None) -> float:
        """Return the seconds left in a window. A larger value than any window has must be milliseconds."""
        longest = 10 * self.per
        if reset is not None and longest < reset <= 1000 * longest:
            reset /= 1000
        return min(max(reset or 0.0, 0.0), longest)

    def hold(self, now: float, seconds: float) -> None:
        """Send nothing for this many seconds, at most ``MAX_HOLD``."""
        self._held_until = max(self._held_until, now + min(seconds, MAX_HOLD))
