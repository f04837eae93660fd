"""Recently hired people stay in Jemmo, compared with the ATS."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from fakes.company import Company, company, in_thread
from fakes.teamtailor_truth import truth

from jemmo.domain.rules import Exclusion
from jemmo.domain.streams import Mode
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.services.records import rules
from jemmo.store.models import Connection, Stage
from jemmo.store.records import talents
from jemmo.store.records.talents import TalentFilters
from jemmo.tasks import connections as tasks


def kinds_of(stages: list[dict[str, Any]]) -> dict[str, str]:
    """Return the type of each stage in the ATS, by id."""
    return {stage["id"]: str(stage["attributes"]["stage-type"]).lower() for stage in stages}


async def in_progress(ats: SandboxServer, since: datetime | None) -> set[str]:
    """Return candidates with an application in progress in the ATS, or hired there since ``since``."""
    kinds = kinds_of(await truth(ats, "stages"))
    found = set()
    for application in await truth(ats, "job-applications"):
        own, related = application["attributes"], application["relationships"]
        if own["rejected-at"] is not None or not related["candidate"]:
            continue
        stage = related["stage"][0] if related.get("stage") else ""
        if kinds.get(stage) == "hired":
            moved = own["changed-stage-at"] or own["updated-at"]
            if since is None or datetime.fromisoformat(moved) < since:
                continue
        found.add(related["candidate"][0])
    return found


async def shown(found: Company) -> set[str]:
    rows = await found.rows(
        "SELECT remote_id FROM talent WHERE connection_id = {me} AND excluded_reason IS NULL"
    )
    return {row[0] for row in rows}


@pytest.mark.sample(1)
@pytest.mark.parametrize("days", [0, 90, 3650])
async def test_people_in_progress_and_recent_hires_are_shown(database_url: str, days: int) -> None:
    async with run_sandbox(talents=150, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.set_rules(hired_days=days)
        await found.sync()
        began = await found.value("SELECT started_at FROM sync_run WHERE connection_id = {me}")
        expected = await in_progress(ats, began - timedelta(days=days) if days else None)

    assert await shown(found) == expected
    again = await in_thread(lambda: rules.apply(found.id, began))
    assert again == 0, "the rule decides the same when it is applied anew"
    if days == 3650:
        assert expected > await in_thread(lambda: _without_hires(found))


def _without_hires(found: Company) -> set[str]:
    """Return the talents that would remain if hires didn't count, by changing the rule."""
    org = Connection.objects.get(id=found.id).org
    before = set(talents.visible(org).values_list("remote_id", flat=True))
    wanted = rules.changed(org, {Exclusion.NO_ACTIVE_APPLICATION}, 0)
    expected = rules.preview(org, wanted)
    rules.change(
        org, {Exclusion.NO_ACTIVE_APPLICATION}, hired_days=0, seen=rules.rules_fingerprint(org)
    )
    after = set(talents.visible(org).values_list("remote_id", flat=True))
    assert (expected.talents_shown, expected.talents_excluded) == (0, len(before - after))
    return after


async def test_a_hired_person_stays_for_the_days_of_the_rule(database_url: str) -> None:
    async with run_sandbox(talents=60, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        before = await shown(found)
        application, talent, job = (
            await found.rows(
                "SELECT min(a.remote_id), t.remote_id, min(a.job_remote_id) FROM application a "
                "JOIN talent t ON t.id = a.talent_id WHERE a.connection_id = {me} "
                "AND t.excluded_reason IS NULL AND a.job_id IS NOT NULL "
                "GROUP BY t.id HAVING count(*) = 1 ORDER BY t.remote_id LIMIT 1"
            )
        )[0]
        await ats.change("move", "job-applications", application, stage=await hired(ats, job))
        await found.sync(Mode.INCREMENTAL)

    assert await shown(found) == before
    at = datetime.fromisoformat(
        await found.value(
            "SELECT to_jsonb(hired_at)#>>'{}' FROM application WHERE remote_id = %s", application
        )
    )
    for stage, status in (("HIRED", ""), ("", "HIRED"), ("HIRED", "HIRED")):
        listed = await in_thread(partial(listing, found, stage, status))
        assert talent in listed
        assert set(listed.values()) == {("HIRED", "HIRED")}, "each row names the hire"
    for days, stays in ((89, True), (91, False), (0, True)):
        await in_thread(partial(rules.apply, found.id, at + timedelta(days=days)))
        assert (talent in await shown(found)) is stays, days


async def hired(ats: SandboxServer, job: str) -> str:
    """Return the job's stage for hired people."""
    stages = await truth(ats, "stages")
    kinds = kinds_of(stages)
    return next(
        str(stage["id"])
        for stage in stages
        if stage["relationships"]["job"] == [job] and kinds[stage["id"]] == "hired"
    )


def listing(found: Company, stage: str, status: str) -> dict[str, tuple[str, str]]:
    """Return the talents that match the filters, with the stage and status in the list."""
    org = Connection.objects.get(id=found.id).org
    page = talents.search(
        org, TalentFilters(stage=stage, status=status), talents.Lookup(), unseal=None
    )
    kinds = dict(Stage.objects.filter(org=org).values_list("name", "category"))
    named = {talent.remote_id: talent.latest for talent in page.items}  # type: ignore[attr-defined]
    return {key: (kinds[one.stage], one.status) for key, one in named.items()}


async def test_old_hires_are_excluded_every_night(database_url: str) -> None:
    async with run_sandbox(talents=30, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        before = await shown(found)
        talent = await found.value(
            "UPDATE application a SET status = 'HIRED', hired_at = %s FROM talent t "
            "WHERE t.id = a.talent_id AND t.id = (SELECT min(id::text)::uuid FROM talent "
            "WHERE excluded_reason IS NULL) RETURNING t.remote_id",
            datetime.now(UTC) - timedelta(days=91),
        )
    await tasks.apply_all_rules(timestamp=0)
    await tasks.apply_rules(str(found.id))

    assert await shown(found) == before - {talent}
