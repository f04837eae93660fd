"""The connection test: does the key work, for this company, and until when?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from jemmo.connectors.flatchr.account import Account
from jemmo.connectors.flatchr.dates import asked
from jemmo.connectors.flatchr.keys import expiry
from jemmo.connectors.flatchr.settings import Settings
from jemmo.connectors.flatchr.wire import Row, rows
from jemmo.connectors.refusals import Refused
from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import AccessCheck, AccessReport
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.validation import text
from jemmo.rest_client import RestClient

NO_EXPIRY = _("The key doesn't say when it expires. Flatchr's keys are valid for 365 days.")


async def check_access(
    client: RestClient, account: Account, settings: Settings, api_key: str
) -> AccessReport:
    """Three small requests. A wrong key or company raises ``ConfigError``."""
    columns = await _rows(lambda: client.get(f"{account.path}/columns", rows), settings)
    checks, totals = [AccessCheck(name="read columns", ok=True)], {"stages": len(columns)}
    found, check = await _try(lambda: client.get(f"{account.path}/vacancies", rows), "vacancies")
    checks.append(check)
    totals["jobs"] = len(found)
    today = asked(datetime.now(settings.zone).date())
    _, check = await _try(
        lambda: client.search(f"{account.path}/search/applicants", {"start": today}, rows),
        "applicants",
    )
    checks.append(check)
    return AccessReport(
        account_id=settings.company_id,
        account_name=_name(found),
        checks=checks,
        totals=totals,
        expires_at=expiry(api_key),
        warnings=[] if expiry(api_key) else [NO_EXPIRY],
    )


async def _rows(ask: Callable[[], Awaitable[list[Row]]], settings: Settings) -> list[Row]:
    try:
        return await ask()
    except Refused as error:
        raise ConfigError(
            f"Flatchr knows no company {settings.company_id} (HTTP {error.status}).",
            code="company_unknown",
            next_step="Copy the option company_id from the page where the API key is shown.",
        ) from None


async def _try(
    ask: Callable[[], Awaitable[list[Row]]], label: str
) -> tuple[list[Row], AccessCheck]:
    try:
        return await ask(), AccessCheck(name=f"read {label}", ok=True)
    except Refused as error:
        return [], AccessCheck(name=f"read {label}", ok=False, detail=error.message)


def _name(vacancies: list[Row]) -> str | None:
    for row in vacancies:
        company = row.get("company")
        if isinstance(company, dict) and (found := text(company.get("name"))):
            return found
    return None
