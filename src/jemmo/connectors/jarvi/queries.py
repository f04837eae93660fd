"""What is asked: lists by page, order and filter.

Filters of this API may do nothing and say nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct
from msgspec.structs import replace

SORTED_LIMIT = 100  # with an order, a larger page is answered by an error (HTTP 500)
NOBODY = "00000000-0000-4000-8000-000000000000"
FAR_FUTURE = "2999-01-01T00:00:00+00:00"

Json = Any
Where = dict[str, Any]

BY_TIME, BY_ID = {"createdAt": "asc"}, {"id": "asc"}
TALENTS: Where = {"isTalent": {"_eq": True}}
NOT_TALENTS: Where = {"isTalent": {"_eq": False}}
IMPOSSIBLE_ID: Where = {"id": {"_eq": NOBODY}}
IMPOSSIBLE_CHANGE: Where = {"updatedAt": {"_gt": FAR_FUTURE}}


class Query(Struct, frozen=True, kw_only=True):
    """A list of ``entity``; ``order`` names the parameter that sorts, ``None`` for no order.

    ``exact`` sorts rows of one time by their ids. By time alone is the order that was measured, so it is asked first.
    """

    entity: str
    where: Where | None = None
    order: str | None = None
    exact: bool = False
    limit: int = 100

    def url(self, offset: int = 0) -> str:
        sort = self.order is not None
        pairs = [("limit", str(min(self.limit, SORTED_LIMIT) if sort else self.limit))]
        pairs.append(("offset", str(offset)))
        if self.order is not None:
            pairs.append((self.order, _json([BY_TIME, BY_ID] if self.exact else BY_TIME)))
        if self.where is not None:
            pairs.append(("where", _json(self.where)))
        return f"{self.entity}?" + "&".join(f"{name}={quote(v, safe='')}" for name, v in pairs)

    def filtered(self, where: Where | None) -> Query:
        return replace(self, where=where)

    def also(self, where: Where) -> Query:
        return replace(self, where={**(self.where or {}), **where})


def changed_since(moment: datetime) -> Where:
    return {"updatedAt": {"_gt": moment.astimezone(UTC).isoformat()}}


def changed_until(moment: datetime) -> Where:
    return {"updatedAt": {"_lte": moment.astimezone(UTC).isoformat()}}


def by_id(remote_id: str) -> Where:
    return {"id": {"_eq": remote_id}}


def _json(value: Json) -> str:
    return msgspec.json.encode(value).decode()
