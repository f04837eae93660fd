"""Refused requests are retried once a day, in each full read, and with another key or other options."""

from __future__ import annotations

from typing import Any

import pytest
from connectors.teamtailor.conftest import Connect
from connectors.teamtailor.test_what_accounts_lack import PLAIN
from fakes.company import Company
from fakes.teamtailor_truth import KINDS

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import SandboxServer

EVERYTHING = ",".join(
    [
        *PLAIN,
        *(f"sort:{kind}" for kind in KINDS.values()),
        *(f"fields:{kind}" for kind in ("users", "departments", "roles", "candidates", "jobs")),
        *(f"filter:{kind}.updated-at" for kind in KINDS.values()),
    ]
)
LISTS = {"missing": "custom-field-options,roles,locations,users"}
AGED = """UPDATE connection SET refused = jsonb_set(refused, '{refusals}', (
    SELECT jsonb_agg(one || '{"at": "2026-01-05T08:00:00Z"}') FROM jsonb_array_elements(refused->'refusals') one))
    WHERE id = {me}"""


async def _refused(sandbox: SandboxServer, company: Company, **given: Any) -> int:
    """Return the number of refused requests in a sync."""
    sandbox.site.log.reset()
    report = await company.sync(**given)
    assert report.status is RunStatus.SUCCEEDED, report
    return sum(n for status, n in sandbox.site.log.statuses.items() if status >= 400)


@pytest.mark.parametrize("bodies", ["coded", "plain", "empty"])
@pytest.mark.parametrize("given", [{"refused": EVERYTHING}, LISTS], ids=["parts", "lists"])
@pytest.mark.sample(2)
async def test_a_sync_of_an_unchanged_account_repeats_no_refused_request(
    connect: Connect, given: dict[str, str], bodies: str
) -> None:
    sandbox, company = await connect(talents=20, switches={**given, "error_bodies": bodies})
    assert await _refused(sandbox, company)
    await company.sync()  # the first sync that requests changes

    assert await _refused(sandbox, company, mode=Mode.INCREMENTAL) == 0
    assert await _refused(sandbox, company, mode=Mode.RECONCILE)


async def test_parts_allowed_later_are_read_by_the_next_reconcile(
    connect: Connect,
) -> None:
    sandbox, company = await connect(talents=20, switches={"missing": "users"})
    await company.sync()
    sandbox.provider.switch({"missing": ""})
    told = await company.sync()
    assert [one.code for one in told.warnings if one.code == "lookup_refused"]
    assert await company.ids(Stream.USERS) == set()

    await company.sync(Mode.RECONCILE)

    assert await company.ids(Stream.USERS)
    kept = await company.value("SELECT refused->'refusals' FROM connection WHERE id = {me}")
    assert [(one["path"], one["part"]) for one in kept] == [("users", "filter")]


@pytest.mark.sample(1)
@pytest.mark.parametrize("change", ["a day", "an option", "a key"])
async def test_refused_parts_are_requested_again_after(connect: Connect, change: str) -> None:
    # Imported here, since pytest may load this file before Django is configured.
    from fakes.company import give_key, in_thread

    from jemmo.store.models import Connection

    keys = {"another-key": "admin"}
    sandbox, company = await connect(talents=20, switches=LISTS, keys=keys)
    await company.sync()
    await company.sync()
    assert await _refused(sandbox, company) == 0
    if change == "a day":
        await company.rows(AGED)
    elif change == "an option":
        await company.rows('UPDATE connection SET options = options || \'{"lag_minutes": "16"}\'')
    else:
        await in_thread(lambda: give_key(Connection.objects.get(id=company.id), "another-key"))

    assert await _refused(sandbox, company)
    assert await _refused(sandbox, company) == 0
