from typing import Any

import pytest

FULL = {"rate_limit": True}


async def spend(client: Any, count: Any) -> Any:
    return [await client.ask("/v1/company") for _ in range(count)]


async def test_the_51st_request_of_a_window_is_refused(sandbox: Any) -> None:
    client = await sandbox(switches=FULL)
    answers = await spend(client, 51)
    assert [status for status, _, _ in answers] == [200] * 50 + [429]
    assert answers[0][1]["X-Rate-Limit-Limit"] == "50"
    assert answers[0][1]["X-Rate-Limit-Remaining"] == "49"
    assert answers[-1][1]["X-Rate-Limit-Reset"] == "10"
    assert "Retry-After" not in answers[-1][1]


@pytest.mark.parametrize("window", ["fixed", "sliding"])
async def test_the_window_reopens_with_time(sandbox: Any, window: Any) -> None:
    client = await sandbox(switches={**FULL, "window": window, "retry_after": True})
    await spend(client, 25)
    await client.control("advance", seconds=6)
    refused = (await spend(client, 26))[-1]
    assert (refused[0], refused[1]["Retry-After"]) == (429, "4")
    await client.control("advance", seconds=4)
    left = {"fixed": "49", "sliding": "24"}[window]
    assert (await spend(client, 1))[0][1]["X-Rate-Limit-Remaining"] == left


async def test_each_key_has_its_own_window(sandbox: Any) -> None:
    client = await sandbox(switches=FULL, keys={"other": "admin"})
    await spend(client, 51)
    assert (await client.ask("/v1/company", Authorization="Token token=other"))[0] == 200


async def test_the_log_counts_refusals(sandbox: Any) -> None:
    client = await sandbox(switches=FULL)
    await spend(client, 53)
    report = await client.get("/__sandbox__/requests?last=2")
    assert report["refused_429"] == 3
    assert report["by_template"] == {"/v1/company": 53}
    assert [entry["status"] for entry in report["last"]] == [429, 429]
    await client.control("reset-requests")
    assert (await client.get("/__sandbox__/requests"))["total"] == 0
