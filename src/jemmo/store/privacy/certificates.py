"""Past erasures, as their certificates tell them."""

from __future__ import annotations

from uuid import UUID

from jemmo.store.db.paging import Found, cut, page_number
from jemmo.store.models import Erasure, Organisation


def page(org: Organisation, number: str | int | None) -> Found[Erasure]:
    """The newest first."""
    rows = Erasure.objects.filter(org=org).select_related("account")
    wanted = page_number(str(number)) if number else 1
    items = cut(rows.order_by("-at", "id"), wanted)
    return Found(items=items, total=rows.count(), page=wanted, wanted=None)


def one(org: Organisation, erasure_id: UUID) -> Erasure | None:
    found = Erasure.objects.filter(org=org, id=erasure_id)
    return found.select_related("account", "org").first()
