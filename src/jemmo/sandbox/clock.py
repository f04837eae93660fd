"""The sandbox's time: real time plus an offset, so that tests don't have to wait."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MINUTES_SECONDS = tuple(f"{m:02d}:{s:02d}" for m in range(60) for s in range(60))
THOUSANDTHS = tuple(f".{n:03d}" for n in range(1000))
HOUR_MS = 3_600_000
CACHED_HOURS = 100_000


class Clock:
    """The current time in milliseconds since 1970. `advance` moves it forward, `frozen_at` stops it."""

    def __init__(self, *, frozen_at: int | None = None) -> None:
        self._frozen_at = frozen_at
        self._shift = 0

    def now_ms(self) -> int:
        """Return the sandbox's current time."""
        real = self._frozen_at if self._frozen_at is not None else int(time.time() * 1000)
        return real + self._shift

    def moment(self, value: Any, zone: ZoneInfo) -> int:
        """Read milliseconds or an ISO text; None is the current time."""
        if value is None:
            return self.now_ms()
        return value if isinstance(value, int) else parse_ms(str(value), zone)

    def advance(self, seconds: float) -> None:
        """Move the time forward."""
        self._shift += int(seconds * 1000)


class LocalTime:
    """Formats moments with the company's UTC offset, daylight saving time included."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self._hours: dict[int, tuple[str, str, int]] = {}

    def text(self, ms: int) -> str:
        """Return the ISO form within JSON quotes: `"2024-11-02T09:15:07.412+01:00"`."""
        hour = ms // HOUR_MS
        known = self._hours.get(hour) or self._learn(hour)
        rest = ms - hour * HOUR_MS
        if known[2]:
            return self._slow(ms)
        return f"{known[0]}{MINUTES_SECONDS[rest // 1000]}{THOUSANDTHS[rest % 1000]}{known[1]}"

    def _learn(self, hour: int) -> tuple[str, str, int]:
        if len(self._hours) > CACHED_HOURS:
            self._hours.clear()
        local = datetime.fromtimestamp(hour * 3600, self.zone)
        iso = local.isoformat()
        known = (f'"{iso[:14]}', f'{iso[19:25]}"', local.minute)
        self._hours[hour] = known
        return known

    def _slow(self, ms: int) -> str:
        # In zones that are half an hour off, a UTC hour spans two local ones.
        local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(
            self.zone
        )
        return f'"{local.isoformat(timespec="milliseconds")}"'


def parse_ms(text: str, zone: ZoneInfo) -> int:
    """Read an ISO moment or a bare date (midnight in the company's zone); ValueError if neither."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return round(moment.timestamp() * 1000)


def day_start_ms(now_ms: int) -> int:
    """Return the start of the UTC day that contains this moment."""
    return now_ms - now_ms % 86_400_000
