"""Remembers requests that an ATS account refuses, so that syncs don't keep repeating them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct

ASK_AGAIN = timedelta(hours=20)
"""After this time, the request is tried again. That makes it once a day, whenever syncs run."""
MAX_REFUSALS = 200
"""Maximum number of refusals stored per connection."""


class Refusal(Struct, frozen=True, kw_only=True):
    """A list that the account refuses, or the refused part of the request for it.

    path     path of the list in the ATS's API
    part     ``list`` for the whole list, otherwise ``include``, ``fields``, ``sort`` or ``filter``
    names    the refused values of that part; empty for all
    at       when it was last refused
    """

    path: str
    part: str
    names: tuple[str, ...] = ()
    at: datetime


class RefusalMemory(Protocol):
    """Stores a connection's refusals; those for another key or other options don't count."""

    async def known(self) -> list[Refusal]: ...

    async def keep(self, refusals: Sequence[Refusal]) -> None: ...
