"""Unverified behavior of Greenhouse: with either alternative, the connector reads the same company."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from contracts.harness import start
from contracts.vendors.greenhouse import GREENHOUSE
from fakes.company import Company, company

from jemmo.connectors.registry import connector_for
from jemmo.domain.streams import Mode, Stream

SWITCHES = [
    {"application_stage": "name"},
    {"application_stage": "name", "stage_names": "shared"},
    {"link_rel": "next last"},
    {"missing_scope": "application_stages"},
    {"visits": "absent"},
    {"rejection_reason": "details"},
    {"token_life": "in"},
    {"token_life": "none"},
    {"introspection": "absent"},
    {"fields_selector": "ignored"},
    {"fields_selector": "refused"},
    {"reset": "seconds"},
]
RELATIONS = (
    "SELECT a.remote_id, t.remote_id, j.remote_id, s.remote_id, r.remote_id, a.status "
    "FROM application a JOIN talent t ON t.id = a.talent_id LEFT JOIN job j ON j.id = a.job_id "
    "LEFT JOIN stage s ON s.id = a.stage_id LEFT JOIN reject_reason r ON r.id = a.reject_reason_id "
    "WHERE a.connection_id = {me} ORDER BY a.remote_id"
)


async def read(database_url: str, **switches: Any) -> tuple[Company, list[Any]]:
    vendor = dataclasses.replace(GREENHOUSE, switches=switches)
    async with start(vendor, talents=60) as ats:
        found = await company(
            database_url,
            base_url=ats.base_url,
            key=ats.server.key,
            provider="greenhouse",
            options=dict(vendor.options),
        )
        first = await found.sync()
        again = await found.sync(Mode.RECONCILE)
        assert (first.status, again.status) == ("succeeded", "succeeded"), (first, again)
        assert (await found.verify()).equal
        return found, await found.rows(RELATIONS)


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    "switches", SWITCHES, ids=lambda one: "-".join("-".join(pair) for pair in one.items())
)
async def test_each_alternative_yields_the_same_relations(
    switches: dict[str, str], database_url: str
) -> None:
    plain, wanted = await read(database_url)
    other, found = await read(database_url, **switches)

    assert found == wanted
    assert len(wanted) > 50
    assert await other.ids(Stream.TALENTS) == await plain.ids(Stream.TALENTS)


async def test_an_ambiguous_stage_name_is_not_guessed(database_url: str) -> None:
    """Without visits and ids, the name doesn't identify the stage."""
    switches = {
        "application_stage": "name",
        "stage_names": "shared",
        "missing_scope": "application_stages",
    }
    found, _ = await read(database_url, **switches)
    warnings = await found.value(
        "SELECT report->'warnings' FROM sync_run ORDER BY started_at LIMIT 1"
    )
    assert "ambiguous_stage" in {one["code"] for one in warnings}


async def test_a_stage_is_entered_when_its_visit_starts(database_url: str) -> None:
    found, _ = await read(database_url)
    entered = await found.rows(
        "SELECT count(*) FILTER (WHERE stage_entered_at IS NOT NULL), count(*) FROM application "
        "WHERE connection_id = {me} AND stage_id IS NOT NULL"
    )
    assert entered[0][0] == entered[0][1] > 10


async def test_the_pay_of_every_job_arrives(database_url: str) -> None:
    async with start(GREENHOUSE, talents=60) as ats:
        found = await company(
            database_url,
            base_url=ats.base_url,
            key=ats.server.key,
            provider="greenhouse",
            options=dict(GREENHOUSE.options),
        )
        await found.sync()
        jobs = await ats.truth(Stream.JOBS)
    wanted: dict[str, tuple[Any, ...]] = {}
    for key in map(int, jobs):
        if key % 3 == 0:
            low = 30_000.0 + key % 50 * 1000
            wanted[str(key)] = (low, low + 8000, "EUR", "YEAR", True)
        elif key % 3 == 1:
            wanted[str(key)] = (41_000.0, 52_000.0, "EUR", None, False)
    rows = await found.rows(
        "SELECT j.remote_id, p.min, p.max, p.currency, p.period, p.is_public "
        "FROM job_compensation p JOIN job j ON j.id = p.job_id WHERE j.connection_id = {me}"
    )
    assert {row[0]: tuple(row[1:]) for row in rows} == wanted


@pytest.mark.parametrize(
    ("missing", "query"),
    [
        (
            "pay_input_ranges",
            "SELECT j.remote_id, p.position, p.min, p.max, p.original FROM job_compensation p "
            "JOIN job j ON j.id = p.job_id WHERE j.connection_id = {me} ORDER BY 1, 2",
        ),
        (
            "application_stages",
            "SELECT remote_id, stage_remote_id, stage_entered_at FROM application "
            "WHERE connection_id = {me} ORDER BY 1",
        ),
    ],
)
async def test_what_was_read_stays_when_a_scope_is_revoked(
    missing: str, query: str, database_url: str
) -> None:
    async with start(GREENHOUSE, talents=30) as ats:
        found = await company(
            database_url,
            base_url=ats.base_url,
            key=ats.server.key,
            provider="greenhouse",
            options=dict(GREENHOUSE.options),
        )
        await found.sync()
        before = await found.rows(query)
        assert before
        ats.server.provider.switch({"missing_scope": missing})

        report = await found.sync(Mode.INITIAL)

    assert f"lookup_refused:{missing}" in {warning.code for warning in report.warnings}
    assert await found.rows(query) == before


@pytest.mark.parametrize(
    "missing", ["application_stages", "job_posts", "offices", "pay_input_ranges"]
)
async def test_a_missing_scope_is_named_by_the_key_test(missing: str) -> None:
    async with start(dataclasses.replace(GREENHOUSE, switches={"missing_scope": missing})) as ats:
        config = connector_for("greenhouse").configure(
            ats.server.key, ats.base_url, dict(GREENHOUSE.options)
        )
        source = connector_for("greenhouse").open(config)
        try:
            report = await source.check()
        finally:
            await source.close()
    [check] = [check for check in report.checks if not check.ok]
    assert check.name == f"read {missing.replace('_', ' ')}"
    assert f"/v3/{missing}" in (check.detail or "")


async def test_a_revoked_scope_is_named_by_the_sync(database_url: str) -> None:
    async with start(
        dataclasses.replace(GREENHOUSE, switches={"missing_scope": "job_posts"})
    ) as ats:
        found = await company(
            database_url,
            base_url=ats.base_url,
            key=ats.server.key,
            provider="greenhouse",
            options=dict(GREENHOUSE.options),
        )
        report = await found.sync()
    assert report.error is not None
    assert report.error["code"] == "scope_too_small"
    assert "read job posts" in report.error["message"]


@pytest.mark.sample(1)
@pytest.mark.parametrize("merged", ["left_out", "other"])
async def test_a_merged_talent_is_deleted_and_the_applications_move(
    merged: str, database_url: str
) -> None:
    vendor = dataclasses.replace(GREENHOUSE, switches={"merged": merged})
    async with start(vendor, talents=60) as ats:
        found = await company(
            database_url,
            base_url=ats.base_url,
            key=ats.server.key,
            provider="greenhouse",
            options=dict(vendor.options),
        )
        await found.sync()
        applications = (await ats.truth(Stream.APPLICATIONS)).values()
        old, survivor, *_ = dict.fromkeys(one["candidate_id"] for one in applications)
        await ats.server.change("merge", "candidates", old, into=survivor)

        report = await found.sync(Mode.RECONCILE)

        assert report.streams[Stream.TALENTS].deleted == 1
        for key, one in (await ats.truth(Stream.APPLICATIONS)).items():
            held = await found.record(Stream.APPLICATIONS, key)
            assert held["talent_remote_id"] == str(one["candidate_id"])
        assert (await found.verify()).equal
