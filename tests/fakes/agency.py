"""A second connection of the showcase's organization, from which some of its records come."""

from __future__ import annotations

from django.db.models import Model, QuerySet
from fakes.showcase import NOW, Showcase

from jemmo.store.models import Application, Connection, Job, JobPosting, Note, Stage, Talent

MOVED: dict[type[Model], dict[str, str]] = {
    Application: {"talent__remote_id": "elodie"},
    Note: {"talent__remote_id": "elodie"},
    Talent: {"remote_id": "elodie"},
    Stage: {"job__remote_id": "dev"},
    JobPosting: {"job__remote_id": "dev"},
    Job: {"remote_id": "dev"},
}


def agency_of(showcase: Showcase) -> Connection:
    """Return the connection, created on first use."""
    known = showcase.org.connections.filter(provider="jarvi").first()
    if known is not None:
        return known
    agency = Connection.objects.create(
        org=showcase.org, provider="jarvi", label="Agency", sealed_key=b"", key_set_at=NOW
    )
    for model, conditions in MOVED.items():
        QuerySet(model).filter(org=showcase.org, **conditions).update(connection=agency)
    return agency
