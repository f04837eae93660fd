"""Explains why a record is, or is not, in Jemmo."""

from __future__ import annotations

from datetime import datetime

from jemmo.domain.explanations import Explanation, explain
from jemmo.services.base import costly
from jemmo.store.models import Organisation
from jemmo.store.records import explanations


def explain_record(
    org: Organisation, typed: str, *, now: datetime, sees_contacts: bool = True
) -> list[Explanation]:
    """Explain what happened to the record with this id, link, title or name. Raises ``Crowded``."""
    with costly.places().place(org.id):
        facts = explanations.explanation_facts(org, typed, now=now, sees_contacts=sees_contacts)
    return explain(facts, sees_contacts=sees_contacts)
