"""Who belongs where."""

from __future__ import annotations

from typing import Any

from jemmo.store.models import Membership


def current(account_id: Any, org_id: Any) -> Membership | None:
    """The membership a person works in: the organisation chosen, else their first."""
    found = Membership.objects.filter(account_id=account_id).select_related("org").order_by("id")
    chosen = found.filter(org_id=org_id).first() if org_id else None
    return chosen or found.first()
