"""What an answer's headers say of pages and pace. Pure: the time is passed in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from msgspec import Struct

_NEXT = re.compile(r"<([^<>]*)>[^<>]*?;\s*rel=(?:\"next\"|next\b)", re.IGNORECASE)
_MOMENT = 1_000_000_000  # seconds; a larger number is a time, not what is left


class RateTold(Struct, frozen=True, kw_only=True):
    """A rate limit as the ATS counts it: requests in a window, those left, seconds until it ends."""

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None


def rate_told(headers: Mapping[str, str], now: float) -> RateTold:
    """The limit that an answer tells, under either of the names in use; ``now`` is the time in seconds since 1970.

    >>> rate_told({"X-RateLimit-Limit": "50", "X-RateLimit-Reset": "1700000030"}, 1_700_000_000.0)
    RateTold(limit=50, remaining=None, reset=30.0)
    """
    limit, remaining = _told(headers, "Limit"), _told(headers, "Remaining")
    reset = _told(headers, "Reset")
    if reset is not None and reset > _MOMENT:
        reset = max(0.0, reset - now)
    return RateTold(
        limit=int(limit or 0) or None,
        remaining=None if remaining is None else int(remaining),
        reset=reset,
    )


def pause_asked(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait after a 429: ``Retry-After`` as a number or a date, else what is left of the window."""
    wait = retry_after(headers.get("Retry-After"), now)
    return wait if wait is not None else rate_told(headers, now).reset


def retry_after(given: str | None, now: float) -> float | None:
    """Seconds to wait from ``Retry-After``, which is a number of seconds or a date; ``now`` as above.

    >>> retry_after("1260", 1_767_571_200.0)
    1260.0
    >>> retry_after("Mon, 05 Jan 2026 00:02:00 GMT", 1_767_571_200.0)
    120.0
    """
    wait = _number(given)
    if wait is None and given is not None:
        try:
            moment = parsedate_to_datetime(given)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            wait = moment.timestamp() - now
        except (ValueError, OverflowError):
            return None
    return None if wait is None else max(0.0, wait)


def next_link(headers: Mapping[str, str]) -> str | None:
    """The address that a ``Link`` header (RFC 8288) calls the next page.

    >>> next_link({"Link": '<https://a.example/?p=1>; rel="prev", <https://a.example/?p=3>; rel="next"'})
    'https://a.example/?p=3'
    """
    found = _NEXT.search(headers.get("Link", ""))
    return found[1] if found else None


def _told(headers: Mapping[str, str], name: str) -> float | None:
    return _number(headers.get(f"X-RateLimit-{name}") or headers.get(f"X-Rate-Limit-{name}"))


def _number(value: str | None) -> float | None:
    try:
        found = float(value) if value is not None else None
    except ValueError:
        return None
    return found if found is None or abs(found) < float("inf") else None
