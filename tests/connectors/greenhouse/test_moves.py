"""Application histories: reported by Greenhouse, which replaces moves observed earlier."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from contracts.harness import Harness, start
from contracts.vendors.greenhouse import GREENHOUSE
from fakes.company import Company, company

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Stream

MOVES = """
    SELECT e.from_stage_remote_id, e.to_stage_remote_id, e.from_status, e.to_status, e.origin,
        to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), to_char(e.left_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')
    FROM stage_event e JOIN application a ON a.id = e.application_id
    WHERE a.connection_id = {me} AND a.remote_id = %s ORDER BY e.origin DESC, e.at, e.left_at"""


@pytest.fixture
async def ats() -> AsyncIterator[Harness]:
    async with start(GREENHOUSE, talents=30) as harness:
        yield harness


async def connected(ats: Harness, database_url: str) -> Company:
    found = await company(
        database_url,
        base_url=ats.base_url,
        key=ats.server.key,
        provider="greenhouse",
        options=dict(ats.vendor.options),
    )
    await synced(found)
    return found


async def synced(found: Company) -> None:
    assert (await found.sync()).status is RunStatus.SUCCEEDED


async def one_in_progress(ats: Harness) -> tuple[str, int]:
    """Return an application in its job's second stage, and that stage."""
    for remote_id, row in (await ats.truth(Stream.APPLICATIONS)).items():
        stage = row.get("job_interview_stage_id")
        if row["status"] == "in_process" and stage and stage % 5 == 2:
            return remote_id, stage
    raise AssertionError("none is there")


async def put(ats: Harness, application: str, **attributes: Any) -> None:
    await ats.server.change("edit", "applications", application, attributes=attributes)


async def test_the_whole_history_comes_with_the_first_sync(ats: Harness, database_url: str) -> None:
    application, stage = await one_in_progress(ats)
    await put(
        ats, application, created_at="2026-03-01T09:00:00Z", stage_entered_at="2026-03-08T09:00:00Z"
    )

    found = await connected(ats, database_url)

    first = str(stage - 1)
    assert await found.rows(MOVES, application) == [
        (None, first, None, None, "REPORTED", "2026-03-01", "2026-03-08"),
        (first, str(stage), None, None, "REPORTED", "2026-03-08", None),
    ]


async def test_a_move_and_a_rejection_are_recorded_once(ats: Harness, database_url: str) -> None:
    application, stage = await one_in_progress(ats)
    found = await connected(ats, database_url)

    await put(
        ats,
        application,
        job_interview_stage_id=stage + 1,
        stage_entered_at="2026-05-04T09:00:00Z",
        status="rejected",
        rejected_at="2026-05-06T09:00:00Z",
    )
    await synced(found)

    moves = await found.rows(MOVES, application)
    assert [one[1] for one in moves if one[4] == "REPORTED"] == [str(stage - 1), str(stage + 1)]
    assert [one[:6] for one in moves if one[4] == "OBSERVED"] == [
        (str(stage + 1), str(stage + 1), "ACTIVE", "REJECTED", "OBSERVED", "2026-05-06")
    ]
    await synced(found)
    assert await found.rows(MOVES, application) == moves


async def test_reported_moves_replace_observed_ones_permanently(
    ats: Harness, database_url: str
) -> None:
    """A scope granted later adds the history; revoking it removes nothing."""
    ats.server.provider.switch({"visits": "absent"})
    application, stage = await one_in_progress(ats)
    found = await connected(ats, database_url)
    await put(ats, application, job_interview_stage_id=stage + 1)
    await synced(found)
    assert [one[4] for one in await found.rows(MOVES, application)] == ["OBSERVED"]

    ats.server.provider.switch({"visits": "listed"})
    await put(ats, application, prospect=False)
    await synced(found)
    told = await found.rows(MOVES, application)
    assert [one[4] for one in told] == ["REPORTED", "REPORTED"]

    ats.server.provider.switch({"visits": "absent"})
    await put(ats, application, prospect=False)
    await synced(found)
    assert await found.rows(MOVES, application) == told
