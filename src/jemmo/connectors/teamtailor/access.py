"""The connection test: whose key is it, and may it read what a sync needs?"""

from __future__ import annotations

from typing import Any

import msgspec

from jemmo.connectors.base import Config
from jemmo.connectors.teamtailor.refusals import Refused
from jemmo.connectors.teamtailor.wire import LooseDocument, SingleDocument
from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import AccessCheck, AccessReport
from jemmo.domain.validation import text
from jemmo.rest_client import RestClient

NEEDED = (
    ("jobs", "jobs", "v1/jobs?filter%5Bstatus%5D=all&page%5Bsize%5D=1"),
    ("stages", "stages", "v1/stages?page%5Bsize%5D=1"),
    ("talents", "candidates", "v1/candidates?page%5Bsize%5D=1"),
    ("applications", "job applications", "v1/job-applications?page%5Bsize%5D=1"),
)


async def check_access(client: RestClient, config: Config) -> AccessReport:
    """Five small requests. A wrong key, host or version raises ``ConfigError``; a small scope is in the report."""
    account = await client.get("v1/company", msgspec.json.Decoder(SingleDocument).decode)
    checks, totals = [], {}
    for stream, label, path in NEEDED:
        check, total = await _may_read(client, label, path)
        checks.append(check)
        if total is not None:
            totals[stream] = total
    found = account.data if isinstance(account.data, dict) else {}
    attributes = found.get("attributes")
    name = attributes.get("name") if isinstance(attributes, dict) else None
    return AccessReport(
        account_id=text(found.get("id")), account_name=text(name), checks=checks, totals=totals
    )


async def _may_read(client: RestClient, label: str, path: str) -> tuple[AccessCheck, int | None]:
    try:
        page = await client.get(path, msgspec.json.Decoder(LooseDocument).decode)
    except ConfigError as error:
        if error.code != "scope_too_small":
            raise
        return AccessCheck(name=f"read {label}", ok=False, detail=error.message), None
    except Refused as error:
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
