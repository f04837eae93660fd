"""Reads pages, rate limits and times from response headers. Pure: the current time is passed in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from msgspec import Struct

_MAX_REQUESTS = 1_000_000  # in a window; a larger number limits nothing
_WINDOW = 60.0  # seconds; the rest of a longer window may be in milliseconds
_LINK = re.compile(r"<([^<>]*)>([^<>]*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s;,\"']+))", re.IGNORECASE)
_MOMENT = 1_000_000_000  # seconds; a larger number is a timestamp, not a duration
_SECONDS = 100_000_000_000  # the year 5138; larger timestamps are in milliseconds or smaller units


class RateLimitHeaders(Struct, frozen=True, kw_only=True):
    """A rate limit reported by the ATS: requests per window, requests left, seconds until it ends."""

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None


def rate_limit_headers(headers: Mapping[str, str], now: float) -> RateLimitHeaders:
    """Read the rate limit from a response, under either of the common names; ``now`` is in seconds since 1970.

    >>> rate_limit_headers({"X-RateLimit-Limit": "50", "X-RateLimit-Reset": "1700000030"}, 1_700_000_000.0)
    RateLimitHeaders(limit=50, remaining=None, reset=30.0)
    """
    limit, remaining = _requests(headers, "Limit"), _requests(headers, "Remaining")
    reset = _value(headers, "Reset")
    return RateLimitHeaders(
        limit=limit or None,
        remaining=remaining,
        reset=None if reset is None else _until(reset, clock(headers) or now),
    )


def pause_asked(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds to wait after a 429: ``Retry-After``, otherwise the rest of a usual window."""
    wait = retry_after(headers.get("Retry-After"), clock(headers) or now)
    if wait is not None:
        return wait
    reset = rate_limit_headers(headers, now).reset
    return reset if reset is not None and reset <= _WINDOW else None


def retry_after(header: str | None, now: float) -> float | None:
    """Convert ``Retry-After`` to seconds from a duration, a Unix timestamp or a date; ``now`` is in seconds since 1970.

    >>> retry_after("1260", 1_767_571_200.0), retry_after("1767571230000", 1_767_571_200.0)
    (1260.0, 30.0)
    >>> retry_after("Mon, 05 Jan 2026 00:02:00 GMT", 1_767_571_200.0)
    120.0
    """
    wait = _number(header)
    if wait is not None:
        return _until(wait, now)
    moment = _date(header)
    return None if moment is None else max(0.0, moment - now)


def clock(headers: Mapping[str, str]) -> float | None:
    """Return the server's time in seconds since 1970. Times it sends use this clock, which may be wrong.

    >>> clock({"Date": "Mon, 05 Jan 2026 00:00:00 GMT"})
    1767571200.0
    """
    return _date(headers.get("Date"))


def next_link(headers: Mapping[str, str]) -> str | None:
    """Return the next page's address from a ``Link`` header (RFC 8288), with or without other relations.

    >>> next_link({"Link": '<https://a.example/?p=1>; rel="prev", <https://a.example/?p=3>; rel="next"'})
    'https://a.example/?p=3'
    """
    for link in _LINK.finditer(headers.get("Link", "")):
        relation = _REL.search(link[2])
        if relation and "next" in "".join(filter(None, relation.groups())).lower().split():
            return link[1]
    return None


def _until(seconds: float, now: float) -> float:
    """Return the seconds left, given as a duration or as a Unix timestamp in seconds, milliseconds or smaller units."""
    while seconds > _SECONDS:
        seconds /= 1000
    return max(0.0, seconds - now if seconds > _MOMENT else seconds)


def _date(header: str | None) -> float | None:
    try:
        moment = parsedate_to_datetime(header or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _requests(headers: Mapping[str, str], name: str) -> int | None:
    number = _value(headers, name)
    return int(number) if number is not None and 0 <= number <= _MAX_REQUESTS else None


def _value(headers: Mapping[str, str], name: str) -> float | None:
    return _number(headers.get(f"X-RateLimit-{name}") or headers.get(f"X-Rate-Limit-{name}"))


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None else None
    except ValueError:
        return None
    return number if number is None or abs(number) < float("inf") else None
