"""Flatchr's time formats: DD/MM/YY in search results, MM/DD/YY in queries, elsewhere ISO or seconds."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ASKED = re.compile(r"(\d{2})/(\d{2})/(\d{2})")
DAY_MS = 86_400_000


def iso(ms: int) -> str:
    """Return `2025-03-01T09:00:00.000Z`."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


class Calendar:
    """Days in the company's time zone."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self._texts: dict[int, str] = {}

    def french(self, ms: int) -> str:
        """Return the company's day as DD/MM/YY."""
        quarter = ms // 900_000
        if quarter not in self._texts:
            self._texts[quarter] = f"{datetime.fromtimestamp(ms / 1000, self.zone):%d/%m/%y}"
        return self._texts[quarter]

    def bounds(self, text: str, *, utc: bool) -> tuple[int, int]:
        """Return first and last millisecond of a day written as MM/DD/YY; ValueError for anything else."""
        match = ASKED.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not MM/DD/YY")
        month, day, year = (int(part) for part in match.groups())
        zone = UTC if utc else self.zone
        first = datetime.combine(date(2000 + year, month, day), time(), zone)
        after = datetime.combine(first.date() + timedelta(days=1), time(), zone)
        return round(first.timestamp() * 1000), round(after.timestamp() * 1000) - 1
