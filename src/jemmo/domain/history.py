"""Defines how far back talents and applications are read.

A connection may be limited to the last few years. The limit is a date, set when a person chooses the number of years;
it stays fixed until someone chooses again. A record is older than the history if the ATS last changed it before that
date; a record without a modification time is not older. A person is excluded only as a whole: if the talent or any of
its applications is within the history, all of them are. Jobs, stages, departments, users and reject reasons are always
read in full.

If the ATS and the connector allow it, older records are not read. Those that are stored anyway are hidden
(``store.sync.history_limit``), so what people see does not depend on how much the connector could skip.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from jemmo.domain.streams import Stream

YEARS, FROM = "history_years", "history_from"
MAX_YEARS = 30
LIMITED = frozenset((Stream.TALENTS, Stream.APPLICATIONS))


def begins_on(years: int, today: date) -> date:
    """Return the first day of the last ``years`` years.

    >>> begins_on(2, date(2026, 11, 30)), begins_on(1, date(2028, 2, 29))
    (datetime.date(2024, 11, 30), datetime.date(2027, 2, 28))
    """
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # February 29
        return today.replace(year=today.year - years, day=28)


def dated(chosen: Mapping[str, str], before: Mapping[str, str], today: date) -> dict[str, str]:
    """Return the validated options with the start date of the chosen years; unchanged years keep their date."""
    options = {name: value for name, value in chosen.items() if name != FROM}
    years = options.get(YEARS, "")
    if not years:
        options.pop(YEARS, None)
        return options
    options[YEARS] = str(int(years))
    same = before.get(YEARS) == options[YEARS] and limit_of(before) is not None
    options[FROM] = before[FROM] if same else begins_on(int(years), today).isoformat()
    return options


def limit_of(options: Mapping[str, Any]) -> datetime | None:
    """Return the start of the history; ``None`` if unlimited. Records last changed before it are excluded."""
    try:
        first = date.fromisoformat(str(options.get(FROM) or ""))
    except ValueError:
        return None
    return datetime.combine(first, time(), UTC)


def is_older(stream: Stream, changed: datetime | None, limit: datetime | None) -> bool:
    """Whether the record itself is older than the history, whatever its talent or applications."""
    return stream in LIMITED and limit is not None and changed is not None and changed < limit


def reaches_further(limit: datetime | None, reached: datetime | None) -> bool:
    """Whether a history with this limit goes back further than ``reached``, the start of what was read."""
    return reached is not None and (limit is None or limit < reached)
