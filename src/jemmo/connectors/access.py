"""The checks of a connection test: a small request each, and what its refusal means for the key."""

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
    """The check called ``name``, and the answer if there was one.

    A sync can do without optional lists, so their check passes even if the account has none. A key without the right
    to it never does. Whatever else goes wrong is raised: a wrong key, a network that stays away.
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
    """How many records a list has, and whether that is just what a sync reads.

    An ATS also counts rows that no sync keeps, and may have no filter against them. So only a list that is here as a
    whole is counted exactly.
    """
    if total is None or len(rows) < total:
        return total, False
    return sum(map(is_read, rows)), True
