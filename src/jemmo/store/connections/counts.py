"""The number of a connection's visible records."""

from __future__ import annotations

from jemmo.store.db.visible import SHOWN, shown_applications
from jemmo.store.models import Connection, Job, Talent


def visible_counts(connection: Connection) -> dict[str, int]:
    """Count visible jobs, talents, and those talents' applications."""
    return {
        "jobs": Job.objects.filter(SHOWN, connection=connection).count(),
        "talents": Talent.objects.filter(SHOWN, connection=connection).count(),
        "applications": shown_applications(connection.org_id).filter(connection=connection).count(),
    }
