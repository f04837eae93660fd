"""Syncs match the account with every alternative that Teamtailor's documentation leaves open."""

from __future__ import annotations

from typing import Any

import pytest
from connectors.teamtailor.conftest import Connect
from fakes.company import adds_up
from fakes.teamtailor_truth import assert_equal_to_truth, truth

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode

SWITCHES: list[dict[str, Any]] = [
    {},
    {"paging": "cursor"},
    {"paging": "cursor_all"},
    {"oversize": "clamp"},
    {"versions": "any"},
    {"stage_type_since": 20250101},
    {"stage_type_since": 20161108},
    {"bounds": "exclusive"},
    {"granularity": "s"},
    {"granularity": "s", "bounds": "exclusive"},
    {"bare_date": "utc"},
    {"unknown_filter": "ignore"},
    {"extra_time_filters": "accept"},
    {"resume_summary": "snake"},
    {"resume_summary": "kebab"},
    {"body_401": "json"},
    {"writes": "403"},
    {"bearer": True},
    {"links": "proxied"},
    {"feed_combined": "refuse"},
]
OPTIONS: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"feeds": "combined"}, {"feed_combined": "both"}),
    ({"stage_types": "off"}, {}),
    ({"sparse_fields": "off"}, {}),
    ({"page_size": "7"}, {}),
    ({"page_size": "1"}, {"paging": "cursor_all"}),
    ({"lag_minutes": "0"}, {"bounds": "exclusive", "granularity": "s"}),
    ({"api_version": "20210218"}, {}),
    ({"api_version": "20240904"}, {}),
    ({"api_version": "20250101"}, {"versions": "any"}),
    ({"resume_path_is_version": "off"}, {}),
]


def named(value: Any) -> str:
    return ",".join(f"{name}={one}" for name, one in value.items()) or "defaults"


async def every_mode_ends_equal(connect: Connect, **given: Any) -> None:
    """Run an initial sync, make an edit, a deletion and a creation, then run an incremental sync and a reconcile."""
    sandbox, company = await connect(**given)
    report = await company.sync()
    assert (report.mode, report.status) == (Mode.INITIAL, RunStatus.SUCCEEDED), report
    assert adds_up(report), report
    await assert_equal_to_truth(sandbox, company)

    first, second, *_ = sorted(sandbox.world.ids("candidates"))
    await sandbox.change("edit", "candidates", first, attributes={"first-name": "Odile"})
    job = next(iter(sandbox.world.ids("jobs")))
    await sandbox.change("edit", "jobs", job, attributes={"title": "Boulangère"})
    new = await sandbox.change("create", "candidate", attributes={"first-name": "Nadia"})
    links = {"candidate": new, "job": job}
    applied = await sandbox.change("create", "application", relationships=links)
    stage = next(iter(sandbox.world.related("jobs", job, "stages")[::-1]))
    await sandbox.change("move", "application", applied, stage=stage)
    await sandbox.change("edit", "stages", stage, attributes={"name": "Dernier tour"})
    report = await company.sync()
    assert (report.mode, report.status) == (Mode.INCREMENTAL, RunStatus.SUCCEEDED), report
    assert adds_up(report), report
    await assert_equal_to_truth(sandbox, company)

    await sandbox.change("delete", "candidates", second)
    await sandbox.change("delete", "jobs", job)
    report = await company.sync(Mode.RECONCILE)
    assert (report.mode, report.status) == (Mode.RECONCILE, RunStatus.SUCCEEDED), report
    await assert_equal_to_truth(sandbox, company)
    assert (await company.verify()).equal


@pytest.mark.parametrize("switches", SWITCHES, ids=named)
@pytest.mark.sample(3)
async def test_every_switch_ends_with_equal_data(
    connect: Connect, switches: dict[str, Any]
) -> None:
    await every_mode_ends_equal(connect, switches=switches)


@pytest.mark.parametrize(("options", "switches"), OPTIONS, ids=named)
@pytest.mark.sample(3)
async def test_every_option_ends_with_equal_data(
    connect: Connect, options: dict[str, str], switches: dict[str, Any]
) -> None:
    await every_mode_ends_equal(connect, options=options, switches=switches)


@pytest.mark.sample(1)
@pytest.mark.parametrize(
    "switches",
    [
        {"window": "fixed"},
        {"window": "sliding"},
        {"window": "sliding", "retry_after": True},
    ],
    ids=named,
)
async def test_the_limit_is_never_exceeded(connect: Connect, switches: dict[str, Any]) -> None:
    limit = {"rate_limit": True, "rate_limit_requests": 20, "rate_limit_seconds": 1}
    options = {"pacing": "on", "rate_limit": "20", "rate_window": "1"}
    sandbox, company = await connect(options=options, switches={**limit, **switches})

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    assert sandbox.site.log.statuses[429] == 0
    await assert_equal_to_truth(sandbox, company)


@pytest.mark.sample(1)
@pytest.mark.parametrize("moments", ["left", "unix", "unix_ms"])
@pytest.mark.parametrize("retry_after", [False, True])
async def test_refusals_are_waited_out_if_the_limit_is_unknown(
    connect: Connect, retry_after: bool, moments: str
) -> None:
    limit = {"rate_limit": True, "rate_limit_requests": 4, "rate_limit_seconds": 1}
    told = {"retry_after": retry_after, "moments": moments}
    sandbox, company = await connect(switches={**limit, **told}, talents=20)

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    assert sandbox.site.log.statuses[429] > 0
    await assert_equal_to_truth(sandbox, company)


@pytest.mark.parametrize("combined", ["first", "refuse"])
async def test_an_incomplete_request_for_both_feeds_is_noticed(
    connect: Connect, combined: str
) -> None:
    sandbox, company = await connect(
        options={"feeds": "combined"}, switches={"feed_combined": combined}
    )

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    await assert_equal_to_truth(sandbox, company)


def is_restricted(candidate: dict[str, Any]) -> bool:
    return candidate["attributes"]["restricted-at"] is not None


async def test_restricted_talents_hidden_from_lists_are_not_deleted(connect: Connect) -> None:
    sandbox, company = await connect()
    moment = "2026-01-01T00:00:00+01:00"
    for record in sorted(sandbox.world.ids("candidates"))[:3]:
        await sandbox.change("edit", "candidates", record, attributes={"restricted-at": moment})
    await company.sync()
    before = await company.rows("SELECT count(*) FROM talent WHERE remote_deleted_at IS NULL")
    restricted = [one for one in await truth(sandbox, "candidates") if is_restricted(one)]
    assert restricted
    sandbox.provider.switch({"restricted": "hidden"})

    report = await company.sync(Mode.RECONCILE)

    assert report.status in {RunStatus.SUCCEEDED, RunStatus.PARTIAL}
    after = await company.rows("SELECT count(*) FROM talent WHERE remote_deleted_at IS NULL")
    assert after == before
