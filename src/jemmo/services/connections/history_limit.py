"""How far back a connection reads talents and applications, and the effects of changing that limit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from django.db.models.functions import Now
from msgspec import Struct

from jemmo.domain import history
from jemmo.domain.errors import ConfigError
from jemmo.services.records import rules
from jemmo.store.db import scope
from jemmo.store.models import Connection
from jemmo.store.sync import exclusion
from jemmo.store.sync.exclusion import Older


class History(Struct, frozen=True, kw_only=True):
    """The chosen number of years, their first day, and how many stored records are hidden because they are older."""

    years: int
    since: date
    hidden: Older

    @classmethod
    def of(cls, connection: Connection) -> History | None:
        """Return the connection's history limit; ``None`` if everything is read."""
        limit = history.limit_of(connection.options)
        if limit is None:
            return None
        years = str(connection.options.get(history.YEARS, ""))
        return cls(
            years=int(years) if years.isdecimal() else 0,
            since=limit.date(),
            hidden=_hidden(connection, limit),
        )


class HistoryHides(ConfigError):
    """A shorter history would hide ``older`` records. Records from ``since`` on stay visible."""

    default_code = "history_hides"

    def __init__(self, older: Older, since: date) -> None:
        super().__init__(since=since, talents=older.talents, applications=older.applications)
        self.older = older
        self.since = since


def kept(before: Mapping[str, str], options: Mapping[str, str]) -> dict[str, str]:
    """Return the new options, with the current years of history unless they set others."""
    years = options.get(history.YEARS, before.get(history.YEARS, ""))
    chosen = {**options, history.YEARS: years}
    return history.dated(chosen, before, datetime.now(UTC).date())


def check(connection: Connection, before: Mapping[str, str], *, hides_ok: bool) -> None:
    """Raise ``HistoryHides`` if the options hide records that the options ``before`` did not."""
    limit, was = history.limit_of(connection.options), history.limit_of(before)
    if hides_ok or limit is None or not history.reaches_further(was, limit):
        return
    with scope.acting_in(scope.organization_scope(connection.org_id)):
        older = exclusion.shown_older(connection.id, limit)
    if older.talents:
        raise HistoryHides(older, limit.date())


def apply(connection: Connection, before: Mapping[str, str]) -> bool:
    """Hide and show stored records by the current history limit. Return whether there may be more to read.

    In that case the next sync is due now.
    """
    limit, was = history.limit_of(connection.options), history.limit_of(before)
    if limit == was:
        return False
    # This includes records that the reader may not see.
    with scope.acting_in(scope.organization_scope(connection.org_id)):
        rules.apply(connection.id)
    rules.apply_again(connection.id)
    longer = history.reaches_further(limit, was)
    if longer:
        Connection.objects.filter(id=connection.id).update(due_at=Now())
    return longer


def _hidden(connection: Connection, limit: datetime) -> Older:
    with scope.acting_in(scope.organization_scope(connection.org_id)):
        return exclusion.hidden_older(connection.id, limit)
