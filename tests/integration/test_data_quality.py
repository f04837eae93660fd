"""The ATS's counts next to ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from contracts.harness import Vendor, start
from contracts.vendors.all import VENDORS
from fakes.company import Company, company, in_thread

from jemmo.domain.streams import Mode, Stream
from jemmo.files.folder import FolderStorage
from jemmo.sandbox import run_sandbox
from jemmo.services.privacy import erasure
from jemmo.services.records import quality
from jemmo.store.models import Organisation, Talent
from jemmo.vault import default_vault

pytestmark = pytest.mark.one_server


@pytest.mark.parametrize(("deleted", "apart"), [(0, 0), (3, -3)])
async def test_a_difference_is_reported(database_url: str, deleted: int, apart: int) -> None:
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


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)
@pytest.mark.sample(1)
async def test_nothing_differs_after_a_clean_sync(database_url: str, vendor: Vendor) -> None:
    """The ATS counts exactly what a sync reads, and the excluded records match the sync's page."""
    async with start(vendor, talents=60) as ats:
        found = await company(
            database_url,
            base_url=ats.base_url,
            key=ats.server.key,
            provider=vendor.name,
            options=vendor.options,
        )
        run = await found.sync()
        verdict = await found.verify()
        report = await in_thread(
            lambda: quality.report(Organisation.objects.get(), vault=default_vault())
        )

    (connection,) = report.connections
    assert connection.error is None
    assert verdict.equal
    for one in connection.streams:
        stream = Stream(one.stream)
        assert one.apart in (None, 0), one
        assert one.held.hidden == run.counts(stream).excluded == verdict.streams[stream].excluded
        if one.ats is not None:
            assert one.ats == verdict.streams[stream].ats


@pytest.mark.long
async def test_erased_people_are_neither_missing_nor_unexplained(
    database_url: str, tmp_path: Path
) -> None:
    """Data quality and ``jemmo verify`` agree with each other and with the ATS, even if the person applies again."""
    async with run_sandbox(talents=60, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url)
        await found.sync()
        who, job = (
            await found.rows(
                "SELECT t.remote_id, min(a.job_remote_id) FROM application a "
                "JOIN talent t ON t.id = a.talent_id GROUP BY 1 ORDER BY 1 LIMIT 1"
            )
        )[0]

        def erase() -> erasure.Certificate:
            org = Organisation.objects.get()
            named = list(Talent.objects.filter(remote_id=who).values_list("id", flat=True))
            storage = FolderStorage(tmp_path / "files")
            return erasure.erase(org, named, vault=default_vault(), storage=storage)

        certificate = await in_thread(erase)
        applications = certificate.suppressed - 1
        assert applications > 0
        await assert_erased(found, talents=1, applications=applications)
        await ats.change("create", "job-applications", relationships={"candidate": who, "job": job})
        await found.sync(Mode.INCREMENTAL)
        await assert_erased(found, talents=1, applications=applications + 1)
        await ats.change("delete", "candidates", who)
        await found.sync(Mode.RECONCILE)
        await assert_erased(found, talents=0, applications=0)


async def assert_erased(found: Company, **expected: int) -> None:
    verdict = await found.verify()
    report = await in_thread(
        lambda: quality.report(Organisation.objects.get(), vault=default_vault())
    )
    assert verdict.equal, verdict.problems
    streams = {one.stream: one for one in report.connections[0].streams}
    for name, count in expected.items():
        told, proved = streams[name], verdict.streams[Stream(name)]
        assert proved.erased == count, name
        assert proved.ats == proved.jemmo + proved.erased + proved.rejected
        if told.ats is not None:
            assert (told.ats, told.erased, told.apart) == (proved.ats, count, 0), name


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


async def test_records_outside_a_limited_history_are_no_difference(database_url: str) -> None:
    day = (datetime.now(UTC) - timedelta(days=300)).date().isoformat()
    limited = {"history_years": "1", "history_from": day}
    async with run_sandbox(talents=120, switches={"rate_limit": "false"}) as ats:
        found = await company(database_url, base_url=ats.base_url, options=limited)
        await found.sync()
        verdict = await found.verify()
        report = await in_thread(
            lambda: quality.report(Organisation.objects.get(), vault=default_vault())
        )

    (connection,) = report.connections
    for one in connection.streams:
        if one.stream in ("jobs", "talents", "applications"):
            told = verdict.streams[Stream(one.stream)]
            assert (one.ats, one.apart) == (told.ats, 0), one
            assert one.left_out == told.left_out
    assert verdict.streams[Stream.TALENTS].left_out
