"""The rate limit: requests per key in a fixed or sliding window."""

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Verdict:
    """The outcome of one request; `reset` is in whole seconds from now."""

    allowed: bool
    limit: int
    remaining: int
    reset: int


@dataclass(slots=True)
class RateLimit:
    """Counts requests per key. A fixed window opens at the first request after the last closed."""

    limit: int = 50
    window_ms: int = 10_000
    sliding: bool = False
    enabled: bool = True
    _opened: dict[str, tuple[int, int]] = field(default_factory=dict)
    _recent: dict[str, deque[int]] = field(default_factory=dict)

    def take(self, key: str, now_ms: int) -> Verdict:
        """Count one request of this key."""
        if not self.enabled:
            return Verdict(allowed=True, limit=self.limit, remaining=self.limit, reset=0)
        return self._slide(key, now_ms) if self.sliding else self._fixed(key, now_ms)

    def forget(self) -> None:
        """Clear all windows."""
        self._opened.clear()
        self._recent.clear()

    def _fixed(self, key: str, now_ms: int) -> Verdict:
        opened, used = self._opened.get(key, (now_ms, 0))
        if now_ms - opened >= self.window_ms:
            opened, used = now_ms, 0
        allowed = used < self.limit
        used += allowed
        self._opened[key] = (opened, used)
        return Verdict(allowed, self.limit, self.limit - used, self._left(opened, now_ms))

    def _slide(self, key: str, now_ms: int) -> Verdict:
        recent = self._recent.setdefault(key, deque())
        while recent and now_ms - recent[0] >= self.window_ms:
            recent.popleft()
        allowed = len(recent) < self.limit
        if allowed:
            recent.append(now_ms)
        oldest = recent[0] if recent else now_ms
        return Verdict(allowed, self.limit, self.limit - len(recent), self._left(oldest, now_ms))

    def _left(self, opened: int, now_ms: int) -> int:
        return max(1, -(-(opened + self.window_ms - now_ms) // 1000))
