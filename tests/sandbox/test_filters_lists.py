import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jemmo.sandbox import run_sandbox
from jemmo.sandbox.http import Call

NOON = 1_767_268_800_000
HEADERS = {"Authorization": "Token token=test-key", "X-Api-Version": "20240904"}
YEARS_MS = 4 * 365 * 86_400_000


def ids(records: Any) -> Any:
    return {record["id"] for record in records}


async def test_jobs_are_published_and_public_by_default(sandbox: Any) -> None:
    client = await sandbox()
    plain = await client.walk("/v1/jobs")
    assert {job["attributes"]["human-status"] for job in plain} == {"published"}
    assert not any(job["attributes"]["internal"] for job in plain)
    every = await client.walk("/v1/jobs?filter[status]=all&filter[feed]=public,internal")
    assert ids(every) == {str(n) for n in client.server.world.ids("jobs")}
    assert {job["attributes"]["human-status"] for job in every} >= {
        "published", "archived", "draft", "unlisted", "scheduled", "expired"
    }  # fmt: skip


@pytest.mark.parametrize(("combined", "status"), [("both", 200), ("first", 200), ("refuse", 400)])
async def test_two_feeds_at_once_are_a_switch(sandbox: Any, combined: Any, status: Any) -> None:
    client = await sandbox(switches={"feed_combined": combined})
    got, _, page = await client.ask(
        "/v1/jobs?filter[status]=all&filter[feed]=public,internal&page[size]=30"
    )
    assert got == status
    if status == 200:
        assert any(job["attributes"]["internal"] for job in page["data"]) == (combined == "both")


async def test_only_a_change_is_found_after_the_epoch(sandbox: Any) -> None:
    client = await sandbox()
    path = "/v1/candidates?filter[updated-at][from]=2026-01-01T00:00:00Z"
    assert (await client.get(path))["data"] == []
    old = (await client.get("/v1/candidates"))["data"][0]["id"]
    await client.control("edit", type="candidates", id=old, attributes={"first-name": "Neu"})
    found = (await client.get(path))["data"]
    assert [record["id"] for record in found] == [old]
    assert found[0]["attributes"]["first-name"] == "Neu"
    assert found[0]["attributes"]["updated-at"] == "2026-01-01T13:00:00.000+01:00"


async def test_bounds_may_be_exclusive(sandbox: Any) -> None:
    client = await sandbox()
    record = (await client.get("/v1/candidates"))["data"][0]
    moment = quote(record["attributes"]["updated-at"])
    path = f"/v1/candidates?filter[updated-at][from]={moment}&filter[updated-at][to]={moment}"
    assert ids((await client.get(path))["data"]) == {record["id"]}
    await client.control("switches", bounds="exclusive")
    assert (await client.get(path))["data"] == []


async def test_uploads_can_be_sorted_but_not_filtered_by_time(sandbox: Any) -> None:
    client = await sandbox()
    assert (await client.ask("/v1/uploads?filter[updated-at][from]=2020-01-01"))[0] == 400
    assert (await client.get("/v1/uploads?sort=-updated-at"))["data"]


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(
    low=st.integers(0, YEARS_MS), high=st.integers(0, YEARS_MS), edited=st.sets(st.integers(0, 79)),
    kind=st.sampled_from(["candidates", "job-applications", "jobs"]),
    name=st.sampled_from(["updated-at", "created-at"]),
)  # fmt: skip
async def test_a_time_filter_returns_exactly_its_rows(
    low: Any, high: Any, edited: Any, kind: Any, name: Any
) -> None:
    async with run_sandbox(talents=80, frozen_at=NOON, switches={"rate_limit": False}) as server:
        table, local = server.world.tables[kind], server.world.local
        every = list(table.ids())
        for n in {every[n % len(every)] for n in edited}:
            await server.change("edit", kind, n, at=NOON - high)
        low_ms, high_ms = NOON - max(low, high), NOON - min(low, high)
        query = "&".join(
            f"filter[{name}][{side}]={quote(json.loads(local.text(ms)))}"
            for side, ms in (("from", low_ms), ("to", high_ms))
        )
        query += "&filter[status]=all&filter[feed]=public,internal" if kind == "jobs" else ""
        met, number = [], 1
        while True:
            call = Call(
                "GET", f"/v1/{kind}", f"{query}&page[size]=30&page[number]={number}", HEADERS, ""
            )
            page = json.loads(server.provider.answer(call).body)
            met += [int(record["id"]) for record in page["data"]]
            if "next" not in page["links"]:
                break
            number += 1
        wanted = [n for n in every if low_ms <= table.moment(n, name) <= high_ms]
        assert sorted(met) == wanted


@pytest.mark.parametrize("name", ["candidate", "job"])
async def test_applications_by_candidate_or_job(sandbox: Any, name: Any) -> None:
    client = await sandbox()
    world = client.server.world
    some = next(world.ids("job-applications"))
    target = world.related("job-applications", some, name)[0]
    met = await client.walk(f"/v1/job-applications?filter[{name}]={target}")
    wanted = {
        str(n) for n in world.ids("job-applications")
        if world.related("job-applications", n, name) == (target,)
    }  # fmt: skip
    assert ids(met) == wanted
