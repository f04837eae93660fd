import asyncio
import signal
import sys

import aiohttp


async def test_it_prints_its_address_and_stops_on_request() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jemmo.sandbox", "teamtailor", "--talents", "50", "--key", "k1",
        "--switch", "paging=cursor", "--no-rate-limit", "--epoch", "2026-01-01",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    assert line.startswith("Teamtailor sandbox on http://127.0.0.1:")
    assert line.endswith("(key k1, 50 talents, seed 7)\n")
    headers = {"Authorization": "Token token=k1", "X-Api-Version": "20240404"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(line.split()[3] + "/v1/candidates") as answer,
    ):
        assert answer.content_type == "application/vnd.api+json"
        assert (await answer.json(content_type=None))["meta"]["record-count"] == 50
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
