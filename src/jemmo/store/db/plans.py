"""Lets Postgres keep the plans of statements that take longer to plan than to run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_kept: ContextVar[bool] = ContextVar("jemmo_kept_plans", default=False)


@contextmanager
def kept() -> Iterator[None]:
    """Prepare Django's statements inside the block, or inside a function that this decorates.

    Only for statements that every page runs to find a few rows by key. A kept plan suits the average organization, so
    it is wrong for lists and counts of records, which may be a thousand times larger in one organization than in
    another. Querysets are lazy, so read them inside.
    """
    before = _kept.set(True)
    try:
        yield
    finally:
        _kept.reset(before)


def are_kept() -> bool:
    return _kept.get()
