"""How far back talents and applications are read: the one definition that everything else refers to.

A connection may be limited to the last years. The limit is a date, set when a person chooses the years, and it stays
until someone chooses again. A record is older than the history if the ATS last changed it before that date; one without
such a time is not older. A person is left out only as a whole: if the talent or any of its applications is within, all
of them are. Jobs, stages, departments, users and reject reasons are always read in full.

Older records are not read if the ATS and the connector allow that; those that are stored anyway are hidden
(``store.sync.history_limit``). So what people see does not depend on how much a connector could leave unread.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from jemmo.domain.streams import Stream

YEARS, FROM = "history_years", "history_from"
MOST_YEARS = 30
LIMITED = frozenset((Stream.TALENTS, Stream.APPLICATIONS))


def begins_on(years: int, today: date) -> date:
    """The first day of the last ``years`` years.

    >>> begins_on(2, date(2026, 11, 30)), begins_on(1, date(2028, 2, 29))
    (datetime.date(2024, 11, 30), datetime.date(2027, 2, 28))
    """
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # the 29th of February
        return today.replace(year=today.year - years, day=28)


def dated(chosen: Mapping[str, str], before: Mapping[str, str], today: date) -> dict[str, str]:
    """The options, checked before, with the day that the years chosen begin with: as it was, if these are the same."""
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
    """Records last changed in the ATS before this time are older than the history; ``None``: none are."""
    try:
        first = date.fromisoformat(str(options.get(FROM) or ""))
    except ValueError:
        return None
    return datetime.combine(first, time(), UTC)


def is_older(stream: Stream, changed: datetime | None, limit: datetime | None) -> bool:
    """Whether a record by itself is older than the history."""
    return stream in LIMITED and limit is not None and changed is not None and changed < limit


def reaches_further(limit: datetime | None, reached: datetime | None) -> bool:
    """Whether a history with this limit holds more than one that was read back to ``reached``."""
    return reached is not None and (limit is None or limit < reached)
