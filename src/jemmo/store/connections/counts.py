"""The number of a connection's visible records."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet, Value

from jemmo.store.db.visible import SHOWN, shown_applications
from jemmo.store.models import Connection, Job, Talent


def visible_counts(connection: Connection) -> dict[str, int]:
    """Count visible jobs, talents, and those talents' applications, with one statement."""
    jobs = Job.objects.filter(SHOWN, connection=connection)
    talents = Talent.objects.filter(SHOWN, connection=connection)
    applications = shown_applications(connection.org_id).filter(connection=connection)
    counts = _count("jobs", jobs).union(
        _count("talents", talents), _count("applications", applications), all=True
    )
    return dict(counts)


def _count(kind: str, rows: QuerySet[Any]) -> Any:
    return (
        rows.order_by()
        .values(kind=Value(kind))
        .annotate(number=Count("*"))
        .values_list("kind", "number")
    )
