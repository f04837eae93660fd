"""Organizations connected to a vendor's sandbox, and their stored records."""

from __future__ import annotations

from contracts.harness import Harness, Shown
from fakes.company import Company, company

from jemmo.domain.outcomes import RunStatus


async def connected(ats: Harness, database_url: str, org: str = "acme") -> Company:
    return await company(
        database_url,
        base_url=ats.base_url,
        key=ats.server.key,
        provider=ats.vendor.name,
        options=ats.vendor.options,
        org=org,
    )


async def synced(ats: Harness, database_url: str) -> Company:
    found = await connected(ats, database_url)
    report = await found.sync()
    assert report.status is RunStatus.SUCCEEDED, report
    return found


async def assert_equal(ats: Harness, found: Company) -> None:
    for stream in ats.vendor.kinds:
        assert await found.ids(stream) == set(await ats.truth(stream)), stream


async def assert_shown(found: Company, remote_id: str, what: Shown) -> None:
    record = await found.record(what.stream, remote_id)
    for column, value in what.columns.items():
        held = record[column]
        assert held == value, (column, held)
    if what.pay is not None:
        rows = await found.rows(
            "SELECT p.min, p.max FROM job_compensation p JOIN job j ON j.id = p.job_id "
            "WHERE j.connection_id = {me} AND j.remote_id = %s",
            remote_id,
        )
        assert [tuple(row) for row in rows] == ([what.pay] if what.pay else [])
