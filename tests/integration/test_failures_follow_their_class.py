"""What follows a failed sync depends on the cause; people are notified, and no connection stops silently."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest
from fakes.company import Company, company, in_thread
from fakes.running import run_source
from fakes.source import FakeSource

from jemmo.domain.enums import JobStatus
from jemmo.domain.errors import (
    ConfigError,
    JemmoError,
    PermanentError,
    Postponed,
    TransientError,
    Unexpected,
)
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.records import Job
from jemmo.domain.streams import Stream
from jemmo.services.connections.status import overview
from jemmo.services.sync import schedule

pytestmark = pytest.mark.one_server

JOBS = {Stream.JOBS: [[Job(remote_id="1", title="Cook", status=JobStatus.OPEN)]]}
AWAY = TransientError
REFUSED = partial(ConfigError, "key_refused")


@pytest.fixture
async def found(database_url: str) -> Company:
    return await company(database_url, base_url="http://127.0.0.1:1")


async def fails(found: Company, error: JemmoError) -> RunReport:
    return await run_source(FakeSource(JOBS, fail_after=0, error=error), found)


async def works(found: Company) -> RunReport:
    return await run_source(FakeSource(JOBS), found)


async def pause(found: Company) -> timedelta:
    due: datetime = await found.value("SELECT due_at FROM connection WHERE id = {me}")
    return due - datetime.now(UTC)


def codes(report: RunReport) -> set[str]:
    return {one.code for one in report.warnings}


async def test_temporary_failures_are_retried_with_growing_delays(found: Company) -> None:
    pauses = []
    for _ in range(4):
        assert (await fails(found, AWAY())).status is RunStatus.FAILED
        pauses.append(await pause(found))

    for earlier, later in pairwise(pauses):
        assert 1.8 < later / earlier < 2.2
    assert timedelta(minutes=12) < pauses[0] < timedelta(minutes=18)
    assert await found.state() == "active"
    await works(found)
    assert await found.value("SELECT failures FROM connection WHERE id = {me}") == 0


async def test_a_repeated_failure_says_so(found: Company) -> None:
    assert "same_failure" not in codes(await fails(found, AWAY()))
    assert "same_failure" in codes(await fails(found, AWAY()))
    assert "same_failure" in codes(await fails(found, AWAY()))

    another = PermanentError("not_an_api")
    assert "same_failure" not in codes(await fails(found, another))
    await works(found)
    assert "same_failure" not in codes(await fails(found, another))


async def test_an_exhausted_quota_costs_no_attempt(found: Company) -> None:
    at = datetime.now(UTC) + timedelta(hours=2)
    report = await fails(found, Postponed(resume_at=at))

    assert report.status is RunStatus.PARTIAL
    assert await found.value("SELECT failures FROM connection WHERE id = {me}") == 0
    assert abs(await pause(found) - timedelta(hours=2)) < timedelta(minutes=1)
    assert await found.state() == "active"


async def test_a_refused_key_stops_the_connection_at_once_and_a_success_resumes_it(
    found: Company,
) -> None:
    await fails(found, REFUSED())

    assert await found.state() == "refused"
    later = datetime.now(UTC) + timedelta(days=7)
    assert await in_thread(lambda: schedule.due(later)) == []
    (status,) = await in_thread(overview)
    assert status.colour == "red"
    assert status.error is not None
    assert status.error["next_step"] == "Create a new key in the ATS, then rotate the key here."
    kinds = await found.rows("SELECT kind FROM notification")
    assert kinds == [("sync_failed",)]

    await works(found)
    assert await found.state() == "active"
    assert len(await in_thread(lambda: schedule.due(later))) == 1


@pytest.mark.parametrize("error", [Unexpected(), PermanentError("not_an_api"), AWAY()])
async def test_every_failed_sync_is_shown_and_due_again(found: Company, error: JemmoError) -> None:
    for _ in range(12):
        await fails(found, error)

    assert timedelta(hours=5) < await pause(found) < timedelta(hours=7)
    (status,) = await in_thread(overview)
    assert status.colour == "red"
    assert status.failures == 12
    assert status.next_sync_at is not None
