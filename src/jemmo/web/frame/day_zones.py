"""The time zones of dates without a time of day, which some ATSs report instead of times.

Such a date is stored as midnight in the ATS account's time zone. An organization may use another time zone, in which
that moment falls on another day, so pages show the date in the account's own zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, time
from functools import cache
from zoneinfo import ZoneInfo

from django.utils.timezone import localtime

from jemmo.services.connections.day_zones import day_zones
from jemmo.store.models import Organisation

_QUARTER = 15  # minutes: the offset of every time zone since 1972 is a multiple of this

_zones: ContextVar[Callable[[], frozenset[ZoneInfo]]] = ContextVar("day_zones", default=frozenset)


@contextmanager
def showing(org: Organisation | None) -> Iterator[None]:
    """Show this organization's dates without a time as dates. Its connections are read once, and only if needed."""
    token = _zones.set(cache(lambda: day_zones(org) if org else frozenset()))
    try:
        yield
    finally:
        _zones.reset(token)


def day_of(moment: datetime) -> datetime | None:
    """Return the local start of the day if an ATS reported only the day, otherwise ``None``."""
    if moment.second or moment.microsecond or moment.minute % _QUARTER:
        return None
    if _is_midnight(local := localtime(moment)):
        return local
    theirs = (moment.astimezone(zone) for zone in _zones.get()())
    return next((local for local in theirs if _is_midnight(local)), None)


def _is_midnight(local: datetime) -> bool:
    return local.time() == time.min
