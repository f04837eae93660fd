"""What people may see at all: neither deleted records nor those that a rule excludes."""

from __future__ import annotations

from django.db.models import Q

from jemmo.store.models.ordering import SHOWN

__all__ = ["IN_PROCESS", "OF_SHOWN_TALENTS", "SHOWN", "SHOWN_APPLICATIONS", "of_shown"]


def of_shown(relation: str) -> Q:
    """Rows of records that people see: neither deleted nor excluded by a rule."""
    conditions = {"isnull": False, "remote_deleted_at": None, "excluded_reason": None}
    return Q(**{f"{relation}__{name}": value for name, value in conditions.items()})


OF_SHOWN_TALENTS = of_shown("talent")
"""Rows that belong to a visible talent."""

SHOWN_APPLICATIONS = OF_SHOWN_TALENTS & Q(remote_deleted_at=None)

IN_PROCESS = ("ACTIVE", "HIRED")
"""The application statuses that are in the pipeline."""
