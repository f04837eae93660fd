"""The order of lists, defined once for queries and their indexes."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Func, Index, Q

SHOWN = Q(remote_deleted_at=None, excluded_reason=None)
"""Jobs and talents that people may see: neither deleted nor excluded by a rule."""

HIDDEN = Q(remote_deleted_at__isnull=False) | Q(excluded_reason__isnull=False)
"""All others. There are fewer of them, so counts of visible rows subtract theirs from the total."""


class Alphabetical(Func):
    """Sorts without case and places accented letters next to plain ones, whatever the server's locale.

    Uses the first 200 characters, since an index row holds at most 2,704 bytes and two names must fit.
    """

    function = "normalize"
    template = "left(lower(%(function)s(%(expressions)s, NFKD)), 200)"


def recent(name: str, *, include: Sequence[str] = ()) -> Index:
    """The order by latest change, records without a date last."""
    order = F("remote_updated_at").desc(nulls_last=True)
    return Index("org", order, "id", name=name, condition=SHOWN, include=include or None)
