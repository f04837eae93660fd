"""The connection test.

What may the key read, which filters work, and what of this account cannot be read at all?
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from jemmo.connectors.jarvi.people import is_kept
from jemmo.connectors.jarvi.projects import is_job
from jemmo.connectors.jarvi.queries import TALENTS, Query
from jemmo.connectors.jarvi.refusals import KEYS_PAGE
from jemmo.connectors.jarvi.settings import Settings
from jemmo.connectors.jarvi.trust import Trust
from jemmo.connectors.jarvi.wire import Json, Rows, row_id
from jemmo.domain.errors import ConfigError, ScopeTooSmall
from jemmo.domain.streams import AccessCheck, AccessReport
from jemmo.domain.translation_marks import marked as _

Ask = Callable[[Query], Awaitable[Rows]]
NO_OFFERS = _(
    "This key may not read published offers, so whether a job is public stays unknown. "
    "Its texts are read all the same."
)
NO_CHANGES = _("The filter for changed records has no effect: each sync reads everything.")
NO_IDS = _("The filter for ids has no effect: single profiles are found by reading all.")
NO_APPLICATIONS = _(
    "Applications are off: where Jarvi's API shows them is not documented. "
    "Set the option application_paths; `jemmo doctor jarvi --probe` shows where they may be."
)
NO_RESUMES = _(
    "Resumes are off: where Jarvi's API shows them is not documented. "
    "Set the option resume_paths; `jemmo doctor jarvi --probe` shows where they may be."
)


async def check_access(ask: Ask, trust: Trust, settings: Settings) -> AccessReport:
    """Five requests. A wrong or public key raises ``ConfigError``.

    Jarvi does not say whose key it is, so the account is known by its oldest profile.
    """
    try:
        people = await ask(Query(entity="profiles", where=TALENTS, order=settings.order))
    except ConfigError as error:
        raise await _public(ask) or error from None
    projects = await ask(Query(entity="projects"))
    told = await _tells_offers(ask)
    counted = {
        "jobs": _counted(projects, is_job),
        "talents": _counted(people, partial(is_kept, contacts=False)),
    }
    exact = {name for name, (_, is_exact) in counted.items() if is_exact}
    if settings.with_contacts:
        exact.discard("talents")  # others are read too
    oldest = row_id(people.rows[0]) if people.rows and settings.order else None
    return AccessReport(
        account_id=f"profile:{oldest}" if oldest else None,
        checks=[AccessCheck(name=f"read {name}", ok=True) for name in ("profiles", "projects")],
        totals={name: total for name, (total, _) in counted.items() if total is not None},
        approximate=counted.keys() - exact,
        warnings=[
            *([] if told else [NO_OFFERS]),
            *await _filter_warnings(trust, settings),
            *shape_warnings(settings),
        ],
    )


def _counted(rows: Rows, is_kept: Callable[[Json], bool]) -> tuple[int | None, bool]:
    """How many rows there are, and whether that is just what a sync reads.

    The ATS also counts rows that no sync keeps, and has no filter against them. So only a list that is here as a whole
    can be counted exactly; a row without an id is read, if only to be rejected.
    """
    if rows.total is None or len(rows.rows) < rows.total:
        return rows.total, False
    return sum(row_id(row) is None or is_kept(row) for row in rows.rows), True


async def _tells_offers(ask: Ask) -> bool:
    """Whether this key may read offers, of which the reference says that they are for the public one."""
    try:
        await ask(Query(entity="offers"))
    except ConfigError:
        return False
    return True


async def _public(ask: Ask) -> ConfigError | None:
    """Whether a refused key is a public one, which may read what is published."""
    if not await _tells_offers(ask):
        return None
    return ScopeTooSmall(
        "This is a public key: it reads published offers only.",
        next_step=f"Create a private key ({KEYS_PAGE}) and use that one.",
    )


async def _filter_warnings(trust: Trust, settings: Settings) -> list[str]:
    found = []
    if settings.incremental == "auto" and not await trust.changes("profiles"):
        found.append(NO_CHANGES)
    if not await trust.ids("profiles"):
        found.append(NO_IDS)
    return found


def shape_warnings(settings: Settings) -> list[str]:
    """What stays off until a person has told where to find it."""
    off = [] if settings.application_paths else [NO_APPLICATIONS]
    return off if settings.resume_paths else [*off, NO_RESUMES]
