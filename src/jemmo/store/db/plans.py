"""Statements whose plan Postgres keeps, because planning takes longer than running them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_kept: ContextVar[bool] = ContextVar("jemmo_kept_plans", default=False)


@contextmanager
def kept() -> Iterator[None]:
    """Prepare Django's statements inside the block, or inside a function that this decorates.

    Only for statements of every page that find a few rows by key. A kept plan suits the average organization, so a list
    or count of records, which may be a thousand times larger in one organization than in the next, must not have one.
    Querysets are lazy: read them inside.
    """
    before = _kept.set(True)
    try:
        yield
    finally:
        _kept.reset(before)


def are_kept() -> bool:
    return _kept.get()
