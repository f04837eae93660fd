"""Greenhouse's job posts: several per job, each with its language, locations and status."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from contracts.companies import synced
from contracts.harness import Harness, start
from contracts.vendors.greenhouse import GREENHOUSE
from fakes.company import Company

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream


@pytest.fixture
async def ats() -> AsyncIterator[Harness]:
    async with start(GREENHOUSE, talents=30) as harness:
        yield harness


async def places(there: Company, posting: str) -> list[str]:
    rows = await there.rows(
        "SELECT l.raw FROM job_posting_location l JOIN job_posting p ON p.id = l.job_posting_id "
        "WHERE p.connection_id = {me} AND p.remote_id = %s ORDER BY l.position",
        posting,
    )
    return [raw for (raw,) in rows]


async def test_a_job_has_a_posting_per_language_with_locations(
    ats: Harness, database_url: str
) -> None:
    there = await synced(ats, database_url)

    rows = await there.rows(
        "SELECT p.language, p.is_internal, p.content_html, p.remote_id FROM job_posting p "
        "JOIN job j ON j.id = p.job_id WHERE j.connection_id = {me} AND j.remote_id = '2' "
        "ORDER BY p.is_internal"
    )
    (french, _, public, first), (other, is_internal, inside, _) = rows
    assert (french, public) == ("fr", "<p>Job 2 &amp; more</p>")
    assert (other != french, is_internal, inside) == (True, True, "<p>Job 2, inside</p>")
    assert await places(there, first) == ["Berlin"]
    assert await places(there, "4") == ["Nantes, France"]


@pytest.mark.long
async def test_a_posting_is_created_changed_and_deleted(ats: Harness, database_url: str) -> None:
    there = await synced(ats, database_url)
    links = {"job_id": 3, "title": "Nurse, at night", "language": "en", "live": False}
    new = await ats.server.change("create", "job_posts", attributes=links)
    await ats.server.change("edit", "jobs", "3", attributes={"requisition_id": "R-33"})
    await there.sync()
    assert (await there.record(Stream.POSTINGS, new))["status"] == "DRAFT"

    live = {"live": True, "first_published_at": "2026-01-02T09:00:00.000Z"}
    await ats.server.change("edit", "job_posts", new, attributes=live)
    await there.sync(Mode.RECONCILE)
    assert (await there.record(Stream.POSTINGS, new))["status"] == "ACTIVE"

    await ats.server.change("delete", "job_posts", new)
    report = await there.sync(Mode.RECONCILE)
    assert report.status is RunStatus.SUCCEEDED, report
    assert new not in await there.ids(Stream.POSTINGS)


async def test_without_the_scope_for_locations_postings_are_still_read(database_url: str) -> None:
    vendor = replace(GREENHOUSE, switches={"missing_scope": "job_post_locations"})
    async with start(vendor, talents=30) as ats:
        there = await synced(ats, database_url)
        assert await there.ids(Stream.POSTINGS) == set(await ats.truth(Stream.POSTINGS))
        assert await places(there, "4") == []


async def test_locations_stay_when_the_scope_is_revoked(ats: Harness, database_url: str) -> None:
    there = await synced(ats, database_url)
    before = await places(there, "4")
    assert before
    ats.server.provider.switch({"missing_scope": "job_post_locations"})

    report = await there.sync(Mode.RECONCILE)

    assert "lookup_refused:job_post_locations" in {warning.code for warning in report.warnings}
    assert await places(there, "4") == before
    ats.server.provider.switch({"missing_scope": ""})
    await there.sync(Mode.RECONCILE)
    assert await places(there, "4") == before
