from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jemmo.sandbox import run_sandbox
from jemmo.sandbox.http import Call

HEADERS = {"Authorization": "Token token=test-key", "X-Api-Version": "20240904"}


async def test_a_page_has_ten_records_by_default(sandbox: Any) -> None:
    client = await sandbox()
    page = await client.get("/v1/candidates?include=uploads&filter[created-at][from]=2020-01-01")
    assert len(page["data"]) == 10
    assert page["meta"] == {"record-count": 100, "page-count": 10}
    assert set(page["links"]) == {"first", "next", "last"}
    assert page["links"]["next"].endswith(
        "/v1/candidates?filter%5Bcreated-at%5D%5Bfrom%5D=2020-01-01&include=uploads"
        "&page%5Bnumber%5D=2&page%5Bsize%5D=10"
    )


async def test_a_page_past_the_end_is_empty(sandbox: Any) -> None:
    client = await sandbox()
    page = await client.get("/v1/candidates?page[number]=99")
    assert page["data"] == []
    assert "next" not in page["links"]


async def test_an_oversized_page_may_be_clamped(sandbox: Any) -> None:
    client = await sandbox(switches={"oversize": "clamp"})
    assert len((await client.get("/v1/candidates?page[size]=100"))["data"]) == 30


@pytest.mark.parametrize("paging", ["number", "cursor_all"])
@pytest.mark.parametrize("kind", ["candidates", "job-applications", "stages", "uploads", "users"])
async def test_a_walk_sees_every_id_once(sandbox: Any, paging: Any, kind: Any) -> None:
    client = await sandbox(talents=103, switches={"paging": paging})
    for record in [r["id"] for r in (await client.get("/v1/candidates?page[size]=3"))["data"]]:
        await client.server.change("delete", "candidates", record)
    await client.server.change("create", "candidates", attributes={"first-name": "Neue"})
    met = [record["id"] for record in await client.walk(f"/v1/{kind}?page[size]=7")]
    assert met == [str(n) for n in client.server.world.ids(kind)]


async def test_cursors_work_in_both_directions(sandbox: Any) -> None:
    client = await sandbox(switches={"paging": "cursor"})
    first = await client.get("/v1/candidates")
    assert "page%5Bafter%5D=" in first["links"]["next"]
    assert "last" not in first["links"]
    second = await client.get(first["links"]["next"])
    assert (await client.get(second["links"]["prev"]))["data"] == first["data"]


async def test_a_cursor_keeps_its_position_if_its_record_is_deleted(sandbox: Any) -> None:
    client = await sandbox(switches={"paging": "cursor"})
    first = await client.get("/v1/candidates")
    await client.server.change("delete", "candidates", first["data"][-1]["id"])
    after = (await client.get(first["links"]["next"]))["data"]
    ids = [str(n) for n in client.server.world.ids("candidates")]
    assert [record["id"] for record in after] == ids[9:19]


async def test_a_deletion_shifts_numbered_pages(sandbox: Any) -> None:
    client = await sandbox()
    before = await client.get("/v1/candidates?page[number]=2")
    await client.server.change(
        "delete", "candidates", (await client.get("/v1/candidates"))["data"][0]["id"]
    )
    assert (await client.get("/v1/candidates?page[number]=2"))["data"][0]["id"] == before["data"][
        1
    ]["id"]


@pytest.mark.parametrize("key", ["updated-at", "-updated-at", "email", "-last-name", "id", "-id"])
async def test_lists_can_be_sorted_by_any_attribute(sandbox: Any, key: Any) -> None:
    client = await sandbox()
    table, name = client.server.world.tables["candidates"], key.removeprefix("-")
    met = [
        int(record["id"])
        for record in await client.walk(f"/v1/candidates?sort={key}&page[size]=30")
    ]
    assert sorted(met) == list(table.ids())
    if name == "updated-at":
        moments = [table.moment(record, name) for record in met]
        assert moments == sorted(moments, reverse=key.startswith("-"))


def read(provider: Any, path: Any, query: Any = "") -> Any:
    return provider.answer(Call("GET", path, query, HEADERS, "http://sandbox")).body


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), talents=st.integers(0, 70))
async def test_the_same_seed_gives_the_same_bytes(seed: Any, talents: Any) -> None:
    options = {"seed": seed, "talents": talents, "frozen_at": 1_767_268_800_000}
    answers = []
    for _ in range(2):
        async with run_sandbox(**options) as server:
            answers.append(
                [
                    read(server.provider, f"/v1/{kind}", "page[size]=30")
                    for kind in server.world.tables
                ]
            )
    assert answers[0] == answers[1]
