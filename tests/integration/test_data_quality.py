"""The counts of the ATS beside ours."""

from __future__ import annotations

import pytest
from fakes.company import company, in_thread

from jemmo.domain.streams import Stream
from jemmo.sandbox import run_sandbox
from jemmo.services import quality
from jemmo.store.models import Organisation
from jemmo.vault import default_vault


@pytest.mark.parametrize(("deleted", "apart"), [(0, 0), (3, -3)])
async def test_a_difference_is_told(database_url: str, deleted: int, apart: int) -> None:
    async with run_sandbox(talents=60, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        for one in sorted(await found.ids(Stream.TALENTS))[:deleted]:
            await ats.change("delete", "candidates", one)

        report = await in_thread(
            lambda: quality.report(Organisation.objects.get(), vault=default_vault())
        )

    (connection,) = report.connections
    streams = {one.stream: one for one in connection.streams}
    assert connection.error is None
    assert (streams["talents"].ats, streams["talents"].apart) == (60 - deleted, apart)
    assert streams["departments"].ats is None


async def test_an_ats_that_refuses_does_not_hide_the_rest(database_url: str) -> None:
    async with run_sandbox(talents=60, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        ats.faults.set("expired_key=0")
        report = await in_thread(
            lambda: quality.report(Organisation.objects.get(), vault=default_vault())
        )

    (connection,) = report.connections
    assert connection.error is not None
    assert connection.error.code == "key_refused"
    assert connection.streams
