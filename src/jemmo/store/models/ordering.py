"""The order of lists, defined once for queries and their indexes."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Func, Index, Q

SHOWN = Q(remote_deleted_at=None, excluded_reason=None)
"""Jobs and talents that people may see: neither deleted nor excluded by a rule."""


def shown_sql(table: str) -> str:
    """Return the condition ``SHOWN`` for hand-written SQL."""
    return f"{table}.remote_deleted_at IS NULL AND {table}.excluded_reason IS NULL"


PRESENT = Q(remote_deleted_at=None)
"""Records that the ATS still has."""

HIDDEN = Q(remote_deleted_at__isnull=False) | Q(excluded_reason__isnull=False)
"""All others. There are fewer of them, so counts of visible rows subtract theirs from the total."""


class Alphabetical(Func):
    """Ignores case and sorts accented letters next to plain ones, whatever the server's locale.

    Uses the first 200 characters, since an index row holds at most 2,704 bytes and two names must fit.
    """

    function = "normalize"
    template = "left(lower(%(function)s(%(expressions)s, NFKD)), 200)"


SORTED_BY: dict[str, tuple[str, ...]] = {
    "job": ("modified_at", "remote_updated_at", "opened_at"),
    "job_posting": ("modified_at", "published_at"),
    "talent": ("modified_at", "remote_updated_at"),
    "application": ("modified_at", "applied_at"),
    "note": ("modified_at", "remote_created_at"),
    **dict.fromkeys(("stage", "department", "ats_user", "reject_reason"), ("modified_at",)),
}
"""The times by which the API sorts each table. They are visible to every token that may read the record."""


def sort_indexes(table: str, *, condition: Q = PRESENT) -> list[Index]:
    """The indexes for ``SORTED_BY``, over the rows that the API lists."""
    return [
        Index(fields=["connection", column, "id"], name=f"{table}_by_{column}", condition=condition)
        for column in SORTED_BY[table]
    ]


def recent(name: str, *, include: Sequence[str] = ()) -> Index:
    """An index for the order by latest change, with records without a date last."""
    order = F("remote_updated_at").desc(nulls_last=True)
    return Index("org", order, "id", name=name, condition=SHOWN, include=include or None)
