"""What people may see at all: neither tombstones nor what a rule of the organisation hides."""

from __future__ import annotations

from django.db.models import Q

from jemmo.store.models.ordering import SHOWN

__all__ = ["IN_PROCESS", "OF_SHOWN_TALENTS", "SHOWN", "SHOWN_APPLICATIONS"]

OF_SHOWN_TALENTS = Q(
    talent__isnull=False, talent__remote_deleted_at=None, talent__excluded_reason=None
)
"""For what belongs to a talent."""

SHOWN_APPLICATIONS = OF_SHOWN_TALENTS & Q(remote_deleted_at=None)

IN_PROCESS = ("ACTIVE", "HIRED")
"""The statuses of an application that stands somewhere in the pipeline."""
