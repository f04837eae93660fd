"""A list query by offset: ``limit``, ``offset``, a sort order, and a JSON object of filters in ``where``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jemmo.connectors.by_offset.walk import CREATED

CHANGED = "updatedAt"
BY_TIME, BY_ID = {CREATED: "asc"}, {"id": "asc"}

Where = dict[str, Any]


class Query(Struct, frozen=True, kw_only=True):
    """A query of ``entity``; ``order`` names the parameter that sorts by creation time, ``None`` for unsorted.

    ``is_exact`` also sorts rows of the same time by id.
    """

    entity: str
    where: Where | None = None
    order: str | None = None
    is_exact: bool = False
    limit: int = 100

    def url(self, offset: int = 0) -> str:
        pairs = {"limit": str(self.limit), "offset": str(offset)}
        if self.order is not None:
            pairs[self.order] = _json([BY_TIME, BY_ID] if self.is_exact else BY_TIME)
        if self.where is not None:
            pairs["where"] = _json(self.where)
        return f"{self.entity}?" + "&".join(
            f"{key}={quote(v, safe='')}" for key, v in pairs.items()
        )

    def filtered(self, where: Where | None) -> Query:
        return replace(self, where=where)

    def with_id(self, remote_id: str) -> Query:
        return self.single().compared("id", "_eq", remote_id)

    def changed_since(self, moment: datetime) -> Query:
        return self.compared(CHANGED, "_gt", moment.astimezone(UTC).isoformat())

    def changed_until(self, moment: datetime) -> Query:
        return self.compared(CHANGED, "_lte", moment.astimezone(UTC).isoformat())

    def single(self) -> Query:
        """Return the cheapest query for the list's count or its only row."""
        return replace(self, order=None, limit=1)

    def exact(self) -> Query | None:
        """Return the same query without ties in its order, if it is sorted."""
        return replace(self, is_exact=True) if self.order else None

    def compared(self, field: str, comparison: str, value: Any) -> Query:
        """Add a filter; the ``comparison`` is ``_eq``, ``_gt`` or ``_lte``."""
        return self.filtered({**(self.where or {}), field: {comparison: value}})


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
