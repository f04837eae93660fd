"""The checks of a connection test: one small request each, and what a refusal means for the key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from jemmo.connectors.refusals import Refused
from jemmo.domain.errors import ScopeTooSmall
from jemmo.domain.streams import AccessCheck

T = TypeVar("T")


async def attempt(
    name: str, request: Awaitable[T], *, is_optional: bool = False
) -> tuple[AccessCheck, T | None]:
    """Make the check called ``name``; returns it with the response, if any.

    A sync can do without optional lists, so their check passes even if the account has none, but not if the key lacks
    the permission. Other errors are raised, such as a wrong key or a network failure.
    """
    try:
        return AccessCheck(name=name, ok=True), await request
    except ScopeTooSmall as error:
        return AccessCheck(name=name, ok=False, detail=error.message), None
    except Refused as error:
        return AccessCheck(name=name, ok=is_optional, detail=error.message), None


def counted(
    rows: Sequence[Any], total: int | None, is_read: Callable[[Any], bool]
) -> tuple[int | None, bool]:
    """Return a list's record count, and whether it is exactly what a sync reads.

    An ATS also counts rows that syncs skip, and may have no filter to exclude them. So the count is exact only if
    ``rows`` is the whole list.
    """
    if total is None or len(rows) < total:
        return total, False
    return sum(map(is_read, rows)), True
