"""The connection test: whose key it is, and whether it may read what a sync needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from jemmo.connectors.access import attempt
from jemmo.connectors.jsonapi.document import attributes_of, loosely, single
from jemmo.connectors.jsonapi.query import Filters, Query, changed_since, changed_until
from jemmo.connectors.jsonapi.resource import ResourceType
from jemmo.connectors.jsonapi.source import JsonApiSource
from jemmo.domain.history import LIMITED
from jemmo.domain.streams import AccessCheck, AccessReport, Stream
from jemmo.domain.validation import text

SECOND = timedelta(seconds=1)  # precision of time filters


class JsonApiAccess(JsonApiSource):
    account_path: str
    """The path that returns the key's company."""

    def doubt(self, stream: Stream, rows: list[Any]) -> str | None:
        """Return why a key that may read a list is still insufficient, judging by its first record."""
        return None

    async def check(self) -> AccessReport:
        """Test with a small request for each list that has a label. A wrong key or host raises ``ConfigError``."""
        account = await self.client.get(f"{Query.root}/{self.account_path}", single)
        checks, totals = [], dict[str, int]()
        for stream, own in self.resources.items():
            if not own.label:
                continue
            answers = [await self._check(own, filters) for filters in self.lists(stream)]
            checks.append(next((c for c, _ in answers if not c.ok), answers[0][0]))
            counts = [count for _, count in answers if count is not None]
            if len(counts) == len(answers):
                totals[stream] = sum(counts)
        limit = self.config.limit
        return AccessReport(
            account_id=text(account.data.get("id")) if isinstance(account.data, dict) else None,
            account_name=text(attributes_of(account.data).get("name")),
            checks=checks,
            totals=totals,
            older=await self._older(limit, totals) if limit else {},
        )

    async def _older(self, limit: datetime, totals: Mapping[str, int]) -> dict[str, int]:
        """Count records unchanged since then, if the filter can be trusted. Takes two more requests per stream."""
        counts = {}
        for stream in sorted(LIMITED & totals.keys()):
            own = self.resources[Stream(stream)]
            _, older = await self._check(own, changed_until(limit - SECOND))
            _, newer = await self._check(own, changed_since(limit))
            if older is not None and newer is not None and older + newer == totals[stream]:
                counts[str(stream)] = older
        return counts

    async def _check(self, own: ResourceType, filters: Filters) -> tuple[AccessCheck, int | None]:
        query = Query(path=own.path, fixed_filters=filters, sort=None, size=1)
        check, page = await attempt(f"read {own.label}", self.client.get(query.url(), loosely))
        if page is None:
            return check, None
        detail = self.doubt(own.spec.name, page.rows)
        return (
            AccessCheck(name=check.name, ok=False, detail=detail) if detail else check
        ), page.count
