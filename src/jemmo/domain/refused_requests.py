"""Requests that an ATS account refuses, remembered so that not every sync repeats them in vain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

ASK_AGAIN = timedelta(hours=20)
"""After which it is asked again: once a day, whatever the hours of the syncs."""
MOST = 200
"""Refusals that are remembered of one connection."""


class Refusal(Struct, frozen=True, kw_only=True):
    """A part of the requests for a list, or the list itself, that was refused.

    path     the list, as the ATS calls it
    part     ``list`` for all of it, else what of a request: ``include``, ``fields``, ``sort``, ``filter``
    names    which of that; empty for all
    at       when it was refused last
    """

    path: str
    part: str
    names: tuple[str, ...] = ()
    at: datetime


class RefusalMemory(Protocol):
    """Stores a connection's refusals; those of another key or other options don't count."""

    async def known(self) -> list[Refusal]: ...

    async def keep(self, refusals: Sequence[Refusal]) -> None: ...
