"""The connection test: whose key it is, and whether it may read what a sync needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from jemmo.connectors.access import attempt
from jemmo.connectors.jsonapi.account import Account
from jemmo.connectors.jsonapi.document import attributes_of, loosely, single
from jemmo.connectors.jsonapi.query import Filters, Query, changed_since, changed_until
from jemmo.connectors.jsonapi.resource import ResourceType
from jemmo.domain.history import LIMITED
from jemmo.domain.streams import AccessCheck, AccessReport, Stream
from jemmo.domain.validation import text

SECOND = timedelta(seconds=1)  # precision of time filters


async def check_access(account: Account) -> AccessReport:
    """Test with a small request for each list that has a label. A wrong key or host raises ``ConfigError``."""
    company = await account.client.get(f"{Query.root}/{account.path}", single)
    checks, totals = [], dict[str, int]()
    for stream, own in account.resources.items():
        if not own.label:
            continue
        answers = [await _check(account, own, filters) for filters in account.lists(stream)]
        checks.append(next((c for c, _ in answers if not c.ok), answers[0][0]))
        counts = [count for _, count in answers if count is not None]
        if len(counts) == len(answers):
            totals[stream] = sum(counts)
    limit = account.config.limit
    return AccessReport(
        account_id=text(company.data.get("id")) if isinstance(company.data, dict) else None,
        account_name=text(attributes_of(company.data).get("name")),
        checks=checks,
        totals=totals,
        older=await _older(account, limit, totals) if limit else {},
    )


async def _older(account: Account, limit: datetime, totals: Mapping[str, int]) -> dict[str, int]:
    """Count records unchanged since then, if the filter can be trusted. Takes two more requests per stream."""
    counts = {}
    for stream in sorted(LIMITED & totals.keys()):
        own = account.resources[Stream(stream)]
        _, older = await _check(account, own, changed_until(limit - SECOND))
        _, newer = await _check(account, own, changed_since(limit))
        if older is not None and newer is not None and older + newer == totals[stream]:
            counts[str(stream)] = older
    return counts


async def _check(
    account: Account, own: ResourceType, filters: Filters
) -> tuple[AccessCheck, int | None]:
    query = Query(path=own.path, fixed_filters=filters, sort=None, size=1)
    check, page = await attempt(f"read {own.label}", account.client.get(query.url(), loosely))
    if page is None:
        return check, None
    detail = account.doubt(own.spec.name, page.rows)
    return (AccessCheck(name=check.name, ok=False, detail=detail) if detail else check), page.count
