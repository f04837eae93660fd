"""Unverified behavior of Flatchr: with each alternative, a sync matches the account or reports that it can't."""

from __future__ import annotations

from typing import Any

import pytest
from connectors.flatchr.conftest import Connect
from connectors.flatchr.truth import assert_equal_to_truth, truth
from fakes.company import adds_up

from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode, Stream

SWITCHES: list[dict[str, Any]] = [
    {},
    {"status_enum": "odd", "labels": "texts", "remote": "bool"},
    {"vacancies_scope": "active"},
    {"search_scope": "all"},
    {"search_scope": "all", "archived_filter": "ignored"},
    {"search_cap": 10},
    {"updated_format": "iso", "cv_in_row": "cv"},
    {"updated_format": "epoch", "cv_in_row": "candidate"},
    {"updated_format": "absent"},
    {"rows": "texts"},
    {"rows": "texts", "search_scope": "all", "archived_filter": "ignored"},
    {"rows": "old"},
    {"rows": "old", "search_scope": "all"},
    {"rows": "old", "search_cap": 10},
    {"bounds": "exclusive"},
    {"bounds_zone": "utc"},
    {"bounds": "exclusive", "bounds_zone": "utc"},
    # Switches without effect on a sync.
    {"detail": "404", "cv_response": "redirect", "candidates": "separate", "error_body": "html"},
    {"detail": "405", "cv_response": "json", "webhook_shape": "flat", "error_body": "empty"},
]
OPTIONS: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"archived_filter_body": '{"archived":true}'}, {"archived_filter": "word"}),
    ({"overlap_days": "0"}, {}),
    ({"overlap_days": "3"}, {"bounds": "exclusive"}),
    ({"search_window_days": "1"}, {}),
    ({"search_window_days": "366"}, {"search_cap": 10}),
    ({"tenant_tz": "America/Montreal"}, {"updated_format": "iso"}),
    ({"person_match": "off"}, {}),
    ({"vacancy_status_queries": "0,2,3"}, {"vacancies_scope": "active"}),
]
CAPPED = {"suspicious_sizes": "10"}


def named(value: Any) -> str:
    return ",".join(f"{name}={one}" for name, one in value.items()) or "defaults"


async def every_mode_ends_equal(connect: Connect, **given: Any) -> None:
    """Run an initial sync, an incremental one after changes of every kind, and a reconcile after deletions."""
    given["options"] = {
        **(CAPPED if given["switches"].get("search_cap") else {}),
        **given["options"],
    }
    if given["switches"].get("vacancies_scope") == "active":
        given["options"].setdefault("vacancy_status_queries", "0,2,3")
    sandbox, company = await connect(**given)
    report = await company.sync()
    assert (report.mode, report.status) == (Mode.INITIAL, RunStatus.SUCCEEDED), report
    assert adds_up(report), report
    await assert_equal_to_truth(sandbox, company)

    first, second, third, *_ = sorted(await truth(sandbox, "applicants"))
    job = sorted(await truth(sandbox, "vacancies"))[0]
    await sandbox.change("edit", "applicants", first, attributes={"firstname": "Odile"})
    await sandbox.change("edit", "vacancies", job, attributes={"title": "Boulangère "})
    await sandbox.change("edit", "columns", 643, attributes={"title": "Dernier tour"})
    await sandbox.change("create", "applicants", relationships={"job": job, "stage": "643"})
    await sandbox.change("move", "applicants", second, stage="643")
    await sandbox.change("reject", "applicants", third)
    report = await company.sync()
    assert (report.mode, report.status) == (Mode.INCREMENTAL, RunStatus.SUCCEEDED), report
    assert adds_up(report), report
    await assert_equal_to_truth(sandbox, company)

    await sandbox.change("delete", "applicants", first)
    report = await company.sync(Mode.RECONCILE)
    assert (report.mode, report.status) == (Mode.RECONCILE, RunStatus.SUCCEEDED), report
    assert report.streams[Stream.TALENTS].deleted == 1
    assert report.streams[Stream.APPLICATIONS].deleted == 1
    await assert_equal_to_truth(sandbox, company)
    verdict = await company.verify()
    assert verdict.equal, verdict
    assert not verdict.broken_relations


@pytest.mark.parametrize("switches", SWITCHES, ids=named)
@pytest.mark.sample(3)
async def test_every_switch_ends_with_equal_data(
    connect: Connect, switches: dict[str, Any]
) -> None:
    await every_mode_ends_equal(connect, switches=switches, options={})


@pytest.mark.parametrize(("options", "switches"), OPTIONS, ids=named)
@pytest.mark.sample(3)
async def test_every_option_ends_with_equal_data(
    connect: Connect, options: dict[str, str], switches: dict[str, Any]
) -> None:
    await every_mode_ends_equal(connect, options=options, switches=switches)


async def test_a_resume_missing_in_the_list_is_pending_or_omitted(connect: Connect) -> None:
    for mode, expected in (("on", 40), ("off", 0)):
        _, company = await connect(
            switches={"cv_in_row": "absent"}, options={"use_legacy_detail": mode}
        )
        await company.sync()
        query = (
            "SELECT count(*) FROM attachment f JOIN talent t ON t.id = f.talent_id "
            "WHERE t.connection_id = {me} AND coalesce(f.remote_version, '') = ''"
        )
        assert await company.value(query) == expected


async def test_unreachable_archived_applicants_never_count_as_deleted(
    connect: Connect,
) -> None:
    sandbox, company = await connect()
    await company.sync()
    everyone = await company.ids(Stream.TALENTS)
    sandbox.provider.switch({"archived_filter": "ignored"})

    report = await company.sync(Mode.RECONCILE)

    assert report.status is RunStatus.PARTIAL
    assert "archived_hidden" in {one.code for one in report.warnings}
    assert await company.ids(Stream.TALENTS) == everyone


async def test_only_active_applicants_can_be_chosen(connect: Connect) -> None:
    sandbox, company = await connect(options={"search_statuses": "active"})
    await company.sync()
    shown = await truth(sandbox, "applicants")
    active = {key for key, one in shown.items() if one["status"] == 1}
    assert await company.ids(Stream.TALENTS) == active
    archived = sorted(active)[0]
    await sandbox.change("reject", "applicants", archived)
    report = await company.sync(Mode.RECONCILE)
    assert report.streams[Stream.TALENTS].deleted == 1


async def test_a_day_that_cannot_be_divided_proves_nothing(
    connect: Connect,
) -> None:
    sandbox, company = await connect(options={"suspicious_sizes": "3"})
    job = sorted(await truth(sandbox, "vacancies"))[0]
    for _ in range(6):
        await sandbox.change("create", "applicants", relationships={"job": job}, at="2019-05-05")
    await company.sync()
    everyone = await company.ids(Stream.TALENTS)
    sandbox.provider.switch({"search_cap": 3})

    report = await company.sync(Mode.RECONCILE)

    assert report.status is RunStatus.PARTIAL
    assert "list_may_be_cut" in {one.code for one in report.warnings}
    assert await company.ids(Stream.TALENTS) == everyone


async def test_a_vacancy_known_only_by_title_is_identified_by_it(connect: Connect) -> None:
    sandbox, company = await connect(switches={"rows": "old"})
    job = await sandbox.change("create", "vacancies", attributes={"title": "Fée des dents "})
    one, other = [
        await sandbox.change("create", "applicants", relationships={"job": job}) for _ in range(2)
    ]
    await company.sync()
    linked = (
        "SELECT j.title, j.remote_id = %s FROM application a JOIN job j ON j.id = a.job_id "
        "WHERE a.remote_id = %s AND j.remote_deleted_at IS NULL"
    )
    assert await company.rows(linked, job, one) == [("Fée des dents", True)]

    await sandbox.change("delete", "vacancies", job)
    await sandbox.change("edit", "applicants", other, attributes={"lastname": "Odile"})
    report = await company.sync(Mode.RECONCILE)
    assert report.status is RunStatus.SUCCEEDED, report
    assert await company.rows(linked, job, other) == [("Fée des dents", False)]
    assert (await company.verify()).equal


async def test_a_refusal_is_waited_out_as_requested_or_configured(connect: Connect) -> None:
    sandbox, company = await connect(faults="storm429=0.5")
    report = await company.sync()
    assert report.status is RunStatus.SUCCEEDED
    assert sandbox.site.log.statuses[429] > 0


@pytest.mark.parametrize("status", ["401", "403"])
@pytest.mark.parametrize("body", ["json", "empty", "html"])
async def test_an_expired_key_stops_the_connection_immediately(
    connect: Connect, status: str, body: str
) -> None:
    sandbox, company = await connect(switches={"expired_status": status, "error_body": body})
    sandbox.faults.set("expired_key=2")
    report = await company.sync()
    assert report.error is not None
    assert report.error["code"] == "key_refused"
    assert sandbox.site.log.counts.total() <= 5
    assert await company.state() == "refused"


@pytest.mark.sample(1)
@pytest.mark.parametrize("days", ["31", "366"])
@pytest.mark.parametrize("cap", [10, 23, 50])
async def test_an_unknown_limit_is_detected(connect: Connect, cap: int, days: str) -> None:
    sandbox, company = await connect(
        talents=160, switches={"search_cap": cap}, options={"search_window_days": days}
    )

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    await assert_equal_to_truth(sandbox, company)
    assert (await company.verify()).equal
    first = sorted(await truth(sandbox, "applicants"))[0]
    await sandbox.change("delete", "applicants", first)
    assert (await company.sync(Mode.RECONCILE)).streams[Stream.TALENTS].deleted == 1
    await assert_equal_to_truth(sandbox, company)


async def test_a_single_window_is_divided_too(connect: Connect) -> None:
    """If all applicants came within a few days, no response size repeats, so the largest window is read in parts."""
    sandbox, company = await connect(talents=0, switches={"search_cap": 12})
    job = sorted(await truth(sandbox, "vacancies"))[0]
    for n in range(30):
        await sandbox.change(
            "create", "applicants", relationships={"job": job}, at=f"2021-05-{n + 1:02}"
        )

    report = await company.sync()

    assert report.status is RunStatus.SUCCEEDED, report
    await assert_equal_to_truth(sandbox, company)
