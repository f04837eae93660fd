"""How lists are ordered, said once for the queries and for the indexes that serve them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Func, Index, Q

SHOWN = Q(remote_deleted_at=None, excluded_reason=None)
"""Jobs and talents that people may see: neither tombstones nor what a rule hides."""

HIDDEN = Q(remote_deleted_at__isnull=False) | Q(excluded_reason__isnull=False)
"""The others. They are the fewer, so what belongs to shown ones is counted as all without theirs."""


class Alphabetical(Func):
    """Upper and lower case together, an accented letter beside the plain one, whatever the server's locale.

    By the first 200 characters: an index holds no row of more than 2,704 bytes, and two names must fit.
    """

    function = "normalize"
    template = "left(lower(%(function)s(%(expressions)s, NFKD)), 200)"


def recent(name: str, *, include: Sequence[str] = ()) -> Index:
    """For lists in the order of the latest change, what was never dated last."""
    order = F("remote_updated_at").desc(nulls_last=True)
    return Index("org", order, "id", name=name, condition=SHOWN, include=include or None)
