"""Jarvi's offers: a posting for each published project, deleted when it is unpublished."""

from __future__ import annotations

import json

import pytest
from fakes.company import company

from jemmo.domain.streams import Mode, Stream
from jemmo.sandbox import SandboxServer, run_sandbox


async def offers(server: SandboxServer) -> set[str]:
    lines = [line async for line in server.provider.truth("offers", server.base_url)]
    return {json.loads(line)["id"] for line in lines}


@pytest.mark.parametrize(
    ("offer_id", "mode"), [("project", Mode.INCREMENTAL), ("own", Mode.RECONCILE)]
)
async def test_an_unpublished_offer_is_deleted(
    database_url: str, offer_id: str, mode: Mode
) -> None:
    """By the next sync if offers have their projects' ids, otherwise by a reconcile."""
    async with run_sandbox("jarvi", talents=60, switches={"offer_id": offer_id}) as server:
        there = await company(database_url, base_url=server.base_url, provider="jarvi")
        await there.sync()
        assert await there.ids(Stream.POSTINGS) == await offers(server)
        [project] = await there.rows(
            "SELECT j.remote_id FROM job_posting p JOIN job j ON j.id = p.job_id "
            "WHERE p.connection_id = {me} ORDER BY 1 LIMIT 1"
        )

        await server.change("edit", "projects", project[0], attributes={"isPublished": False})
        await there.sync(mode)

        left = await offers(server)
        assert await there.ids(Stream.POSTINGS) == left
        assert len(left) > 0
