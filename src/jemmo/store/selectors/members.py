"""Who belongs where."""

from __future__ import annotations

from typing import Any

from jemmo.store.models import Membership


def memberships(account_id: Any) -> list[Membership]:
    """Where a person belongs, in the order in which they joined."""
    return list(
        Membership.objects.filter(account_id=account_id).select_related("org").order_by("id")
    )


def current(found: list[Membership], org_id: str | None) -> Membership | None:
    """The membership a person works in: the organisation chosen, else their first."""
    chosen = [one for one in found if str(one.org_id) == org_id]
    return next(iter(chosen or found), None)
