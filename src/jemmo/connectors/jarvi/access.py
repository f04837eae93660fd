"""The connection test: what the key may read, which filters work, and what this account doesn't provide."""

from __future__ import annotations

from collections.abc import Callable

from jemmo.connectors.access import counted
from jemmo.connectors.by_offset.lists import OffsetLists
from jemmo.connectors.by_offset.query import Query
from jemmo.connectors.by_offset.walk import Rows
from jemmo.connectors.jarvi.projects import is_job
from jemmo.connectors.jarvi.settings import Settings
from jemmo.connectors.jarvi.talents import TALENTS, is_kept
from jemmo.connectors.loose import Json, row_id
from jemmo.domain.errors import ConfigError, ScopeTooSmall
from jemmo.domain.streams import AccessCheck, AccessReport
from jemmo.domain.translation_marks import marked as _

NO_OFFERS = _(
    "This key can't read published offers, so Jemmo can't tell whether a job is public. Jemmo still "
    "reads the job's text."
)
NO_CHANGES = _("The filter for changed records has no effect, so each sync reads everything.")
NO_IDS = _("The ID filter has no effect, so Jemmo must read all profiles to find one.")
NO_APPLICATIONS = _(
    "Jarvi doesn't document which API paths return applications, so Jemmo can't read applications. To find likely "
    "paths, run `jemmo doctor jarvi --probe`, then set the application_paths option."
)
NO_RESUMES = _(
    "Jarvi doesn't document which API paths return resumes, so Jemmo can't read resumes. To find likely "
    "paths, run `jemmo doctor jarvi --probe`, then set the resume_paths option."
)


async def check_access(lists: OffsetLists, settings: Settings) -> AccessReport:
    """Test access with five requests. A wrong or public key raises ``ConfigError``.

    Jarvi doesn't name the key's account, so its oldest profile identifies it.
    """
    try:
        people = await lists.ask(Query(entity="profiles", where=TALENTS, order=settings.order))
    except ConfigError as error:
        raise await _public(lists) or error from None
    projects = await lists.ask(Query(entity="projects"))
    reads_offers = await _reads_offers(lists)
    counted = {
        "jobs": _counted(projects, is_job),
        "talents": _counted(people, is_kept),
    }
    exact = {name for name, (_, is_exact) in counted.items() if is_exact}
    if settings.with_contacts:
        exact.discard("talents")  # projects that are not jobs are read too
    oldest = row_id(people.rows[0]) if people.rows and settings.order else None
    ignores_changes = settings.incremental == "auto" and not await lists.finds_changes("profiles")
    warnings = {
        NO_OFFERS: not reads_offers,
        NO_CHANGES: ignores_changes,
        NO_IDS: not await lists.finds_ids("profiles"),
        NO_APPLICATIONS: not settings.application_paths,
        NO_RESUMES: not settings.resume_paths,
    }
    return AccessReport(
        account_id=f"profile:{oldest}" if oldest else None,
        checks=[AccessCheck(name=f"read {name}", ok=True) for name in ("profiles", "projects")],
        totals={name: total for name, (total, _) in counted.items() if total is not None},
        approximate=counted.keys() - exact,
        warnings=[warning for warning, applies in warnings.items() if applies],
    )


def _counted(answer: Rows, is_kept: Callable[[Json], bool]) -> tuple[int | None, bool]:
    """Count rows without an id as read, since they are at least rejected."""
    return counted(answer.rows, answer.total, lambda row: row_id(row) is None or is_kept(row))


async def _reads_offers(lists: OffsetLists) -> bool:
    """Whether this key may read offers, which the documentation reserves for the public key."""
    try:
        await lists.ask(Query(entity="offers"))
    except ConfigError:
        return False
    return True


async def _public(lists: OffsetLists) -> ConfigError | None:
    """Return the error for a public key, which may only read what is published; ``None`` if the key is invalid."""
    if not await _reads_offers(lists):
        return None
    return ScopeTooSmall(variant="public_key")
