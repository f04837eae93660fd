"""The connection test.

What may the key read, which filters work, and what of this account cannot be read at all?
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from jemmo.connectors.jarvi.queries import TALENTS, Query
from jemmo.connectors.jarvi.refusals import KEYS_PAGE
from jemmo.connectors.jarvi.settings import Settings
from jemmo.connectors.jarvi.trust import Trust
from jemmo.connectors.jarvi.wire import Rows, row_id
from jemmo.domain.errors import ConfigError
from jemmo.domain.streams import AccessCheck, AccessReport

Ask = Callable[[Query], Awaitable[Rows]]


async def check_access(ask: Ask, trust: Trust, settings: Settings) -> AccessReport:
    """Five requests. A wrong or public key raises ``ConfigError``.

    Jarvi does not say whose key it is, so the account is known by its oldest profile.
    """
    try:
        people = await ask(Query(entity="profiles", where=TALENTS, order=settings.order))
    except ConfigError as error:
        raise await _public(ask) or error from None
    projects = await ask(Query(entity="projects"))
    await ask(Query(entity="offers"))
    totals = {"jobs": projects.total, "talents": people.total}
    oldest = row_id(people.rows[0]) if people.rows and settings.order else None
    return AccessReport(
        account_id=f"profile:{oldest}" if oldest else None,
        checks=[AccessCheck(name=f"read {name}", ok=True) for name in ("profiles", "projects")],
        totals={name: total for name, total in totals.items() if total is not None},
        warnings=[*await _filter_warnings(trust, settings), *shape_warnings(settings)],
    )


async def _public(ask: Ask) -> ConfigError | None:
    """Whether a refused key is a public one, which may read what is published."""
    try:
        await ask(Query(entity="offers"))
    except ConfigError:
        return None
    return ConfigError(
        "This is a public key: it reads published offers only.",
        code="scope_too_small",
        next_step=f"Create a private key ({KEYS_PAGE}) and use that one.",
    )


async def _filter_warnings(trust: Trust, settings: Settings) -> list[str]:
    found = []
    if settings.incremental == "auto" and not await trust.changes("profiles"):
        found.append("The filter for changed records has no effect: each sync reads everything.")
    if not await trust.ids("profiles"):
        found.append("The filter for ids has no effect: single profiles are found by reading all.")
    return found


def shape_warnings(settings: Settings) -> list[str]:
    """What stays off until a person has told where to find it."""
    found = []
    how = "`jemmo doctor jarvi --probe` shows where they may be."
    if not settings.application_paths:
        found.append(
            "Applications are off: where Jarvi's API shows them is not documented. "
            f"Set the option application_paths; {how}"
        )
    if not settings.resume_paths:
        found.append(
            "Resumes are off: where Jarvi's API shows them is not documented. "
            f"Set the option resume_paths; {how}"
        )
    return found
