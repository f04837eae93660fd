"""The talents among Jarvi's profiles. The same list contains client contacts and deleted profiles."""

from __future__ import annotations

from datetime import datetime

from jemmo.connectors.by_offset.lists import OffsetLists
from jemmo.connectors.by_offset.passes import PassedList, Rule
from jemmo.connectors.by_offset.query import Where
from jemmo.connectors.jarvi.applications import entries, is_deleted
from jemmo.connectors.jarvi.settings import Settings
from jemmo.connectors.loose import Row, flag, moment
from jemmo.domain.history import is_older
from jemmo.domain.streams import Stream

TALENTS: Where = {"isTalent": {"_eq": True}}
NOT_TALENTS: Where = {"isTalent": {"_eq": False}}


def is_kept(row: Row, *, contacts: bool = False) -> bool:
    """Whether a profile is synced: talents that were not deleted; with ``contacts``, every person.

    A row that doesn't show whether it is a talent proves nothing, so its mapping rejects it.
    """
    return not is_deleted(row) and (contacts or flag(row.get("isTalent")) is not False)


def talents_of(lists: OffsetLists, settings: Settings, limit: datetime | None) -> PassedList:
    """Return the list of talents with the applications in their profiles. ``limit`` is the start of the history."""
    rule = talent_rule(settings, limit)
    by_filter = settings.filters_talents and not settings.with_contacts
    return PassedList(lists, "profiles", rule, only=(TALENTS, NOT_TALENTS) if by_filter else None)


def talent_rule(settings: Settings, limit: datetime | None) -> Rule:
    paths = [path for path in settings.application_paths if path.entity == "profiles"]
    if len(paths) < len(settings.application_paths):
        limit = None  # a profile doesn't show whether applications elsewhere are older too

    def nested(row: Row) -> list[Row]:
        return [entry for path in paths for entry in entries(row, path)]

    def is_all_older(row: Row) -> bool:
        """Whether neither the talent nor any of their applications has changed since the start of the history."""
        return is_older(Stream.TALENTS, moment(row, "updatedAt"), limit) and all(
            is_older(Stream.APPLICATIONS, moment(entry, "updatedAt"), limit)
            for entry in nested(row)
            if not is_deleted(entry)
        )

    return Rule(
        is_kept=lambda row: is_kept(row, contacts=settings.with_contacts),
        is_older=is_all_older,
        nested=nested,
    )
