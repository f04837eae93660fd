"""Everything that passes validation can be stored, so no large or odd record stops a run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.company import Company, adds_up, company
from fakes.running import run_source
from fakes.source import FakeSource

from jemmo.domain.enums import ApplicationStatus, JobStatus
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.records import Application, Job, Location, Record, Talent
from jemmo.domain.streams import Mode, Notes, Stream

pytestmark = pytest.mark.versions

BOOK = " ".join(f"word{n}" for n in range(150_000))
ONE_WORD = "é" * 1_000_000
EMOJI = "👩🏽\u200d🚀 Zalgo H\u0336\u0322e\u0337 \u202eإيمان\u202c"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)

RECORDS: list[Record] = [
    Talent(remote_id="1", first_name=BOOK, last_name=ONE_WORD, headline=BOOK, summary=BOOK),
    Talent(remote_id="👩🏽\u200d🚀", first_name=EMOJI, tags=("é" * 200, EMOJI)),
    Talent(remote_id="x" * 200, custom_fields={"a": {"value": "\x00b", "label": EMOJI}}),
    Talent(remote_id="2", remote_updated_at=datetime(1900, 1, 1, tzinfo=UTC)),
    Talent(remote_id="3", remote_updated_at=datetime(2200, 12, 31, tzinfo=UTC)),
    Job(remote_id="1", title=BOOK, code=ONE_WORD, description_html=BOOK, status=JobStatus.OPEN),
    Application(
        remote_id="1",
        talent_remote_id="x" * 200,
        job_remote_id="👩🏽\u200d🚀" * 20,
        status=ApplicationStatus.ACTIVE,
        cover_letter=BOOK,
    ),
]
STREAMS = {Talent: Stream.TALENTS, Job: Stream.JOBS, Application: Stream.APPLICATIONS}


async def fresh(database_url: str) -> Company:
    return await company(database_url, base_url="http://127.0.0.1:1")


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    "record", RECORDS, ids=lambda one: f"{type(one).__name__} {one.remote_id[:3]}"
)
async def test_a_record_is_stored_and_stored_again(database_url: str, record: Record) -> None:
    found, stream = await fresh(database_url), STREAMS[type(record)]
    for mode in (Mode.INITIAL, Mode.INITIAL, Mode.RECONCILE):
        report = await run_source(FakeSource({stream: [[record]]}), found, mode)
        assert report.status is RunStatus.SUCCEEDED, report
        assert adds_up(report), report
    assert await found.ids(stream) == {record.remote_id}


async def test_an_escape_typed_as_text_is_stored_as_written(database_url: str) -> None:
    """Only real NULs are dropped, since Postgres can't store them."""
    found, typed = await fresh(database_url), r"C:\u0000"
    values = {"typed": typed, "followed": rf"{typed}n\\u0000", "nul": "a\\\x00\x00b"}
    talent = Talent(
        remote_id="1", location=Location(city=typed), custom_fields={"a": {"value": values}}
    )

    report = await run_source(FakeSource({Stream.TALENTS: [[talent]]}), found)

    assert report.status is RunStatus.SUCCEEDED, report
    stored = await found.record(Stream.TALENTS, "1")
    assert stored["location"]["city"] == typed
    assert stored["custom_fields"]["a"]["value"] == {**values, "nul": "a\\b"}


async def test_an_id_that_cannot_be_stored_is_rejected_in_every_mode(database_url: str) -> None:
    found = await fresh(database_url)
    odd: list[Record] = [
        Talent(remote_id=key, remote_updated_at=NEW_YEAR) for key in ("a\x00b", "x" * 5000, "good")
    ]
    for mode in Mode:
        report = await run_source(FakeSource({Stream.TALENTS: [odd]}), found, mode)
        assert report.status is RunStatus.SUCCEEDED, report
        assert report.streams[Stream.TALENTS].rejected >= 2
    assert await found.ids(Stream.TALENTS) == {"good"}


async def test_endless_values_do_not_make_a_report_endless(database_url: str) -> None:
    notes = Notes()
    for n in range(5000):
        notes.add(f"unknown_value:status {n}", str(n))
    assert len(notes.counts) < 300
    assert sum(notes.counts.values()) == 5000


async def test_a_link_that_changes_is_followed(database_url: str) -> None:
    found = await fresh(database_url)

    def pages(job: str) -> dict[Stream, list[list[Any]]]:
        applied = Application(remote_id="a", job_remote_id=job, status=ApplicationStatus.ACTIVE)
        jobs = [Job(remote_id="j1", title="Cook", status=JobStatus.OPEN)]
        return {Stream.JOBS: [jobs], Stream.APPLICATIONS: [[applied]]}

    query = "SELECT j.remote_id FROM application a LEFT JOIN job j ON j.id = a.job_id"
    waiting = "SELECT count(*) FROM pending_link"
    for job, linked, waits in (("j1", "j1", 0), ("j9", None, 1), ("j1", "j1", 0)):
        await run_source(FakeSource(pages(job)), found, Mode.INITIAL)
        assert (await found.value(query), await found.value(waiting)) == (linked, waits)
