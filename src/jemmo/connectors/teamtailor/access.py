"""The connection test: whose key is it, and may it read what a sync needs?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from jemmo.connectors.base import Config
from jemmo.connectors.teamtailor.queries import (
    FEEDS,
    PATHS,
    Query,
    changed_since,
    changed_until,
    every_job,
)
from jemmo.connectors.teamtailor.refusals import Refused
from jemmo.connectors.teamtailor.wire import LooseDocument, SingleDocument
from jemmo.domain.errors import ScopeTooSmall
from jemmo.domain.history import LIMITED
from jemmo.domain.streams import AccessCheck, AccessReport
from jemmo.domain.validation import text
from jemmo.rest_client import RestClient

SECOND = timedelta(seconds=1)  # what filters know of a time


def _one(path: str, filters: tuple[tuple[str, str], ...] = ()) -> str:
    return Query(path=path, fixed_filters=filters, sort=None, size=1).url()


NEEDED = (
    ("jobs", "jobs", tuple(_one("jobs", every_job(feed)) for feed in FEEDS)),
    ("stages", "stages", (_one("stages"),)),
    ("talents", "candidates", (_one("candidates"),)),
    ("applications", "job applications", (_one("job-applications"),)),
)
"""Streams, what they are called, and the lists whose counts add up to what a sync reads of them."""


async def check_access(client: RestClient, config: Config) -> AccessReport:
    """Six small requests. A wrong key, host or version raises ``ConfigError``; a small scope is in the report."""
    account = await client.get("v1/company", msgspec.json.Decoder(SingleDocument).decode)
    checks, totals = [], dict[str, int]()
    for stream, label, paths in NEEDED:
        found = [await _may_read(client, label, path) for path in paths]
        checks.append(next((check for check, _ in found if not check.ok), found[0][0]))
        counts = [total for _, total in found if total is not None]
        if len(counts) == len(paths):
            totals[stream] = sum(counts)
    older = await _older(client, config.limit, totals) if config.limit else {}
    company = account.data if isinstance(account.data, dict) else {}
    attributes = company.get("attributes")
    name = attributes.get("name") if isinstance(attributes, dict) else None
    return AccessReport(
        account_id=text(company.get("id")),
        account_name=text(name),
        checks=checks,
        totals=totals,
        older=older,
    )


async def _older(client: RestClient, limit: datetime, totals: Mapping[str, int]) -> dict[str, int]:
    """How many records have not changed since then, where the filter proves itself: two more requests a stream."""
    found = {}
    for stream in sorted(LIMITED & totals.keys()):
        counts = []
        for filters in (changed_until(limit - SECOND), changed_since(limit)):
            _, count = await _may_read(client, stream, _one(PATHS[stream], filters))
            counts.append(count)
        older, newer = counts
        if older is not None and newer is not None and older + newer == totals[stream]:
            found[str(stream)] = older
    return found


async def _may_read(client: RestClient, label: str, path: str) -> tuple[AccessCheck, int | None]:
    try:
        page = await client.get(path, msgspec.json.Decoder(LooseDocument).decode)
    except (Refused, ScopeTooSmall) as error:
        return AccessCheck(name=f"read {label}", ok=False, detail=error.message), None
    if label == "jobs" and _hides_dates(page.data):
        detail = "The key reads jobs with less than Admin scope: dates and tags are hidden from it."
        return AccessCheck(name="read jobs", ok=False, detail=detail), page.meta.record_count
    return AccessCheck(name=f"read {label}", ok=True), page.meta.record_count


def _hides_dates(data: list[Any]) -> bool:
    """Without Admin scope a job's ``created-at`` is null (public API reference, jobs)."""
    if not data or not isinstance(data[0], dict):
        return False
    attributes = data[0].get("attributes")
    return isinstance(attributes, dict) and attributes.get("created-at") is None
