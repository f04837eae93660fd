import asyncio
import json
from typing import Any

import aiohttp
import pytest

from jemmo.sandbox.faults import TRANSPORT_FAULTS
from jemmo.sandbox.teamtailor.page_faults import PAGE_FAULTS

APPLICATIONS = "/v1/job-applications?include=candidate,job&page[size]=30"


async def statuses(client: Any, count: Any, path: Any = "/v1/company") -> Any:
    return [(await client.ask(path))[0] for _ in range(count)]


async def test_an_unknown_fault_is_refused_by_name(sandbox: Any) -> None:
    with pytest.raises(ValueError, match="unknown fault nonsense"):
        await sandbox(faults="nonsense")


async def test_faults_are_switched_on_and_off_at_runtime(sandbox: Any) -> None:
    client = await sandbox()
    await client.control("faults", faults="flaky5xx=0.5")
    assert await statuses(client, 4) == [200, 500, 200, 502]
    await client.control("faults", faults="")
    assert await statuses(client, 4) == [200] * 4


async def test_a_storm_accepts_one_request_in_four(sandbox: Any) -> None:
    client = await sandbox(faults="storm429")
    assert (await statuses(client, 8)).count(200) == 2


async def test_a_key_expires_after_so_many_requests(sandbox: Any) -> None:
    client = await sandbox(faults="expired_key=3")
    assert await statuses(client, 5) == [200, 200, 200, 401, 401]


async def test_a_page_may_be_html(sandbox: Any) -> None:
    client = await sandbox(faults="html=1")
    status, headers, body = await client.ask("/v1/candidates")
    assert (status, headers["Content-Type"]) == (200, "text/html")
    assert body.startswith(b"<!DOCTYPE html>")


async def test_a_body_may_be_truncated(sandbox: Any) -> None:
    client = await sandbox(faults="truncated=1")
    with pytest.raises(aiohttp.ClientPayloadError):
        await client.ask("/v1/candidates")
    await client.control("faults", faults="cut_json=1")
    with pytest.raises(json.JSONDecodeError):
        await client.ask("/v1/candidates")


async def test_a_request_may_hang(sandbox: Any) -> None:
    client = await sandbox(faults="stall=1")
    asked = asyncio.create_task(client.ask("/v1/candidates"))
    while not (await client.get("/__sandbox__/requests"))["total"]:
        assert not asked.done()
    asked.cancel()


async def test_a_response_may_be_held_back(sandbox: Any) -> None:
    client = await sandbox(faults="hold=/v1/candidates:2")
    await client.get("/v1/candidates")
    held = asyncio.create_task(client.get("/v1/candidates"))
    await client.get("/v1/jobs")
    while (await client.get("/__sandbox__/requests"))["total"] < 2:
        assert not held.done()
    assert not held.done()
    await client.control("faults", faults="")
    assert (await held)["data"]


async def test_the_next_page_may_be_this_one_or_elsewhere(sandbox: Any) -> None:
    client = await sandbox(faults="page_repeat")
    page = await client.get("/v1/candidates?page[number]=10")
    assert (await client.get(page["links"]["next"]))["data"] == page["data"]
    await client.control("faults", faults="foreign_next=http://127.0.0.1:9")
    page = await client.get("/v1/candidates")
    assert page["links"]["next"].startswith("http://127.0.0.1:9/v1/candidates?")


async def test_records_may_be_duplicated_or_lack_an_id(sandbox: Any) -> None:
    client = await sandbox(faults="duplicate_ids")
    met = [r["id"] for r in await client.walk("/v1/candidates")]
    assert len(met) == 109
    assert len(set(met)) == 100
    await client.control("faults", faults="record_without_id=0.2")
    assert any("id" not in r for r in await client.walk("/v1/candidates"))


async def test_the_count_may_be_wrong(sandbox: Any) -> None:
    client = await sandbox(faults="broken_count=-5")
    assert (await client.get("/v1/candidates"))["meta"]["record-count"] == 95


async def test_applications_may_be_orphans(sandbox: Any) -> None:
    client = await sandbox(faults="orphans")
    linked = [
        r["relationships"][name]["data"]["id"]
        for r in await client.walk(APPLICATIONS)
        for name in ("candidate", "job")
    ]
    lost = [n for n in linked if int(n) >= 9_000_000_000]
    assert lost
    assert (await client.ask(f"/v1/candidates/{lost[0]}"))[0] == 404


@pytest.mark.parametrize("name", ["nulls", "wrong_types", "nasty_text", "bad_dates", "huge"])
async def test_the_same_records_are_spoiled_on_every_read(sandbox: Any, name: Any) -> None:
    client = await sandbox()
    sound = await client.walk("/v1/candidates?page[size]=30")
    await client.control("faults", faults=f"{name}=0.3")
    spoilt = await client.walk("/v1/candidates?page[size]=30")
    assert spoilt == await client.walk("/v1/candidates?page[size]=30")
    changed = sum(a["attributes"] != b["attributes"] for a, b in zip(sound, spoilt, strict=True))
    assert 0 < changed < 100


async def test_data_may_shift_during_a_read(sandbox: Any) -> None:
    client = await sandbox(faults="shifting=1")
    before = set(client.server.world.ids("candidates"))
    await client.walk("/v1/candidates?page[size]=30")
    assert set(client.server.world.ids("candidates")) != before


async def test_an_unknown_filter_may_be_ignored(sandbox: Any) -> None:
    client = await sandbox(faults="unknown_filter_ignored")
    page = await client.get("/v1/uploads?filter[updated-at][from]=2999-01-01")
    assert page["data"]


async def test_slow_responses_are_otherwise_normal(sandbox: Any) -> None:
    client = await sandbox(faults="slow=1")
    assert await statuses(client, 2) == [200, 200]


@pytest.mark.parametrize("name", sorted({**TRANSPORT_FAULTS, **PAGE_FAULTS}))
async def test_every_fault_still_gets_a_response_on_every_list(sandbox: Any, name: Any) -> None:
    client = await sandbox(faults=f"{name}=0")
    for kind in ("candidates", "jobs", "job-applications"):
        status, _, _ = await client.ask(f"/v1/{kind}")
        assert status in {200, 401}
