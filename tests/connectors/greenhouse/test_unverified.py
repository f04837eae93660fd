"""What nobody could verify of Greenhouse: whichever way it is, the connector reads the same company."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from contracts.harness import start
from contracts.vendors.greenhouse import GREENHOUSE
from fakes.company import Company, company

from jemmo.domain.streams import Mode, Stream

SWITCHES = [
    {"application_stage": "name"},
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


@pytest.mark.parametrize("switches", SWITCHES, ids=lambda one: "-".join(*one.items()))
async def test_each_way_gives_the_same_relations(
    switches: dict[str, str], database_url: str
) -> None:
    plain, wanted = await read(database_url)
    other, found = await read(database_url, **switches)

    assert found == wanted
    assert len(wanted) > 50
    assert await other.ids(Stream.TALENTS) == await plain.ids(Stream.TALENTS)
