"""Lists that are suddenly short or empty take nothing away from stored records."""

from __future__ import annotations

from typing import Any, cast

import pytest
from connectors.flatchr.conftest import Connect
from connectors.flatchr.truth import truth
from fakes.company import Company

from jemmo.connectors.flatchr.mapping import Columns
from jemmo.domain.brake import max_unreviewed
from jemmo.domain.outcomes import RunReport, RunStatus
from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import SandboxServer
from jemmo.sandbox.flatchr import app
from jemmo.sandbox.flatchr.app import Flatchr

JOBS = (
    "SELECT remote_id, status, description_html, custom_fields, category, employment_type, "
    "(SELECT count(*) FROM job_location l WHERE l.job_id = job.id) FROM job "
    "WHERE connection_id = {me} AND remote_deleted_at IS NULL ORDER BY remote_id"
)
STAGES = (
    "SELECT remote_id, stage_remote_id, stage_id FROM application "
    "WHERE connection_id = {me} ORDER BY remote_id"
)
MOVES = (
    "SELECT count(*) FROM stage_event e JOIN application a ON a.id = e.application_id "
    "WHERE a.connection_id = {me}"
)


def answer_with(
    monkeypatch: pytest.MonkeyPatch, sandbox: SandboxServer, name: str, rows: list[Any]
) -> None:
    monkeypatch.setattr(sandbox.provider, name, lambda *_: rows)


def codes(report: RunReport) -> set[str]:
    return {warning.code for warning in report.warnings}


async def statuses(company: Company) -> dict[str, str]:
    return {row[0]: row[1] for row in await company.rows(JOBS)}


async def test_jobs_stay_as_they_were_if_no_vacancy_is_listed(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, company = await connect()
    await company.sync()
    before = await company.rows(JOBS)
    with monkeypatch.context() as patch:
        answer_with(patch, sandbox, "_vacancies", [])
        report = await company.sync(Mode.RECONCILE)
    assert "unlisted_job" in codes(report)
    after = await company.rows(JOBS)
    assert [row[2:] for row in after] == [row[2:] for row in before]
    closed = [old[0] for old, new in zip(before, after, strict=True) if old[1] != new[1]]
    assert len(closed) <= max_unreviewed(len(before))

    await company.sync(Mode.RECONCILE)
    assert await company.rows(JOBS) == before


async def test_a_vacancy_no_longer_listed_is_closed_until_it_is_listed_again(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, company = await connect(talents=200)
    await company.sync()
    before = await company.rows(JOBS)
    used = {row["vacancy_id"] for row in (await truth(sandbox, "applicants")).values()}
    job = next(row[0] for row in before if row[1] == "OPEN" and int(row[0]) in used)
    listed = cast("Flatchr", sandbox.provider)._vacancies({}, {"address", "tags"})
    assert isinstance(listed, list)
    with monkeypatch.context() as patch:
        rest = [row for row in listed if str(row["vacancy_id"]) != job]
        answer_with(patch, sandbox, "_vacancies", rest)
        report = await company.sync(Mode.RECONCILE)
        assert report.streams[Stream.JOBS].updated == 1
        assert (await statuses(company))[job] == "CLOSED"
        again = await company.sync(Mode.RECONCILE)
        assert again.streams[Stream.JOBS].updated == 0
    after = await company.rows(JOBS)
    assert [row[2:] for row in after] == [row[2:] for row in before]

    await company.sync(Mode.RECONCILE)
    assert await company.rows(JOBS) == before


async def test_each_hidden_status_is_requested_unless_the_list_shows_it(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, company = await connect()
    await company.sync()
    before = await company.rows(JOBS)
    whole = cast("Flatchr", sandbox.provider)._vacancies

    def without_archived(query: dict[str, list[str]], fields: set[str]) -> Any:
        rows = whole(query, fields)
        assert isinstance(rows, list)
        return rows if "status" in query else [row for row in rows if row["status"] != 0]

    monkeypatch.setattr(sandbox.provider, "_vacancies", without_archived)
    await company.sync(Mode.RECONCILE)
    assert await company.rows(JOBS) == before


async def test_applications_keep_their_stage_if_no_column_is_listed(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, company = await connect()
    await company.sync()
    before, moves = await company.rows(STAGES), await company.value(MOVES)
    assert any(row[1] for row in before)
    with monkeypatch.context() as patch:
        answer_with(patch, sandbox, "_columns", [])
        report = await company.sync(Mode.RECONCILE)
    assert "unknown_stage" in codes(report)
    assert await company.rows(STAGES) == before
    assert await company.value(MOVES) == moves
    await company.sync(Mode.RECONCILE)
    assert await company.rows(STAGES) == before


async def test_labels_stay_if_their_lists_are_refused(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, company = await connect()
    await company.sync()
    before = await company.rows(JOBS)
    monkeypatch.setattr(app, "referential", lambda _: ())
    report = await company.sync(Mode.RECONCILE)
    assert {"lookup_refused:contract_type", "lookup_refused:metier"} <= codes(report)
    assert await company.rows(JOBS) == before


async def test_a_null_row_is_rejected_and_stops_nothing(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, company = await connect()
    listed = cast("Flatchr", sandbox.provider)._vacancies({}, {"address", "tags"})
    assert isinstance(listed, list)
    answer_with(monkeypatch, sandbox, "_vacancies", [*listed, None])
    report = await company.sync()
    assert report.status is RunStatus.SUCCEEDED
    assert report.streams[Stream.JOBS].rejected == 1
    assert await company.ids(Stream.JOBS) >= {str(row["vacancy_id"]) for row in listed}


def test_columns_read_positions_and_flags_sent_as_text() -> None:
    columns = Columns(
        [
            {"id": 1, "title": "Recruté", "position": "2", "hired": "true"},
            {"id": 2, "title": "Nouveau", "position": "1", "hired": "false"},
        ]
    )
    assert columns.first == "2"
    assert (columns.hires("1"), columns.hires("2")) == (True, False)
