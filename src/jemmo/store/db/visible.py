"""Selects what people may see: neither deleted records nor those that a rule excludes."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from jemmo.store.models import Application, Talent
from jemmo.store.models.ordering import HIDDEN, SHOWN, shown_sql

__all__ = [
    "IN_PROCESS",
    "OF_SHOWN_TALENTS",
    "SHOWN",
    "SHOWN_APPLICATIONS",
    "of_shown",
    "shown_applications",
    "shown_sql",
]


def of_shown(relation: str) -> Q:
    """Rows of records that people see: neither deleted nor excluded by a rule."""
    conditions = {"isnull": False, "remote_deleted_at": None, "excluded_reason": None}
    return Q(**{f"{relation}__{name}": value for name, value in conditions.items()})


OF_SHOWN_TALENTS = of_shown("talent")
"""Rows that belong to a visible talent."""

SHOWN_APPLICATIONS = OF_SHOWN_TALENTS & Q(remote_deleted_at=None)


def shown_applications(org_id: UUID) -> QuerySet[Application]:
    """Select the same applications as ``SHOWN_APPLICATIONS``, for counting many of them.

    There are few hidden talents, and they have an index (``talent_hidden``). Subtracting them takes a third of the time
    that joining the visible ones would.
    """
    hidden = Talent.objects.filter(HIDDEN, org=org_id, id=OuterRef("talent"))
    return Application.objects.filter(
        ~Exists(hidden), org=org_id, remote_deleted_at=None, talent__isnull=False
    )


IN_PROCESS = ("ACTIVE", "HIRED")
"""The application statuses that are in the pipeline."""
