"""Reads the certificates of past erasures."""

from __future__ import annotations

from uuid import UUID

from jemmo.store.db.paging import ResultPage, page_number, page_rows
from jemmo.store.models import Erasure, Organisation


def certificate_page(org: Organisation, number: str | int | None) -> ResultPage[Erasure]:
    """A page of erasures, newest first."""
    rows = Erasure.objects.filter(org=org).select_related("account")
    current_page = page_number(str(number)) if number else 1
    items = page_rows(rows.order_by("-at", "id"), current_page)
    return ResultPage(items=items, total=rows.count(), page=current_page, filters=None)


def find_certificate(org: Organisation, erasure_id: UUID) -> Erasure | None:
    erasures = Erasure.objects.filter(org=org, id=erasure_id)
    return erasures.select_related("account", "org").first()
