"""Every connector does exactly what it declares."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from contracts.companies import assert_equal, connected, synced
from contracts.harness import Harness, Vendor, start
from contracts.vendors.all import REPLAYS, VENDORS
from fakes.company import Company, company, give_key, in_thread
from fakes.hooks import hooked

import jemmo
from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import ConfigError
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.ports import FoundFile, WantedFile
from jemmo.domain.streams import Mode, Stream
from jemmo.services.webhooks import endpoints
from jemmo.store.models import Connection
from jemmo.vault import default_vault

pytestmark = pytest.mark.sample(3)

ROOT = Path(jemmo.__file__).parent.parent.parent
LARGE = 6_000
"""`python -m benchmarks.connectors` measures the full size, 100,000."""

SPARE_MEGABYTES = 10
"""Memory for the ids of 5,000 additional talents; their records would take twice as much."""


either_server = pytest.mark.parametrize(
    "vendor", [*VENDORS, *REPLAYS], ids=lambda vendor: vendor.label
)


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.name)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    found: Vendor = request.param
    return found


@pytest.fixture
async def ats(vendor: Vendor) -> AsyncIterator[Harness]:
    async with start(vendor, talents=60) as harness:
        yield harness


# --- capabilities ---


REPORTED = """SELECT count(*) FROM stage_event e JOIN application a ON a.id = e.application_id
    WHERE a.connection_id = {me} AND e.origin = 'REPORTED'"""
"""Moves before the first sync; later ones might be observed between syncs."""


async def test_connectors_do_what_they_declare(ats: Harness, database_url: str) -> None:
    declared = connector_for(ats.vendor.name).capabilities
    found = await synced(ats, database_url)

    done = {
        "applications": bool(await found.ids(Stream.APPLICATIONS)),
        "incremental": await only_what_changed_is_read(ats, found),
        "deletes": await a_deletion_is_found(ats, found),
        "resumes": await resumes_are_found(ats, found),
        "custom_fields": await a_custom_field_is_kept(ats, found),
        "stage_history": bool(await found.value(REPORTED)),
        "webhooks": await it_has_an_address_for_webhooks(found),
        "recent_first": await it_can_begin_with_what_is_recent(ats),
    }

    assert done == msgspec.structs.asdict(declared)


async def it_can_begin_with_what_is_recent(ats: Harness) -> bool:
    connector = connector_for(ats.vendor.name)
    options = {"pacing": "off", **ats.vendor.options}
    source = connector.open(connector.configure(ats.server.key, ats.base_url, options))
    await source.close()
    return any(spec.recent for spec in source.streams)


async def only_what_changed_is_read(ats: Harness, found: Company) -> bool:
    talent = await ats.old_talent()
    await ats.edit_talent(talent)
    report = await found.sync()
    assert report.mode is Mode.INCREMENTAL
    return report.streams[Stream.TALENTS].fetched < len(await ats.truth(Stream.TALENTS)) / 4


async def a_deletion_is_found(ats: Harness, found: Company) -> bool:
    talent = await ats.old_talent()
    await ats.delete_talent(talent)
    await found.sync(Mode.RECONCILE)
    return talent not in await found.ids(Stream.TALENTS)


async def resumes_are_found(ats: Harness, found: Company) -> bool:
    held = await found.value(
        "SELECT count(*) FROM attachment f JOIN talent t ON t.id = f.talent_id "
        "WHERE t.connection_id = {me} AND f.kind = 'RESUME'"
    )
    if not held:
        return False
    return bool(await fetched(ats, (await wanted(found))[0]))


async def a_custom_field_is_kept(ats: Harness, found: Company) -> bool:
    if ats.vendor.custom is None:
        return False
    stream, key = ats.vendor.custom
    table = {Stream.JOBS: "job", Stream.TALENTS: "talent"}[stream]
    query = f"SELECT count(*) FROM {table} WHERE connection_id = {{me}} AND custom_fields ? %s"
    return bool(await found.value(query, key))


async def it_has_an_address_for_webhooks(found: Company) -> bool:
    """Whether it has a webhook address; otherwise the command and the pages say that there is none, with ``words``."""

    def ask() -> bool:
        one = Connection.objects.get(id=found.id)
        if endpoints.status(one).supported:
            return endpoints.address(one, default_vault()).path.startswith("/hooks/")
        assert "doesn't send webhooks" in endpoints.status(one).words
        with pytest.raises(ConfigError) as raised:
            endpoints.address(one, default_vault())
        assert raised.value.code == "no_webhooks"
        return False

    return await in_thread(ask)


# --- files ---


async def wanted(found: Company) -> list[WantedFile]:
    rows = await found.rows(
        "SELECT t.remote_id, f.remote_id, f.remote_version FROM attachment f "
        "JOIN talent t ON t.id = f.talent_id WHERE t.connection_id = {me} "
        "AND f.remote_deleted_at IS NULL AND t.remote_deleted_at IS NULL ORDER BY 1, 2"
    )
    return [
        WantedFile(talent_remote_id=one, remote_id=two, remote_version=three, max_bytes=10**7)
        for one, two, three in rows
    ]


async def fetched(ats: Harness, file: WantedFile) -> FoundFile | None:
    connector = connector_for(ats.vendor.name)
    assert connector.open_files is not None
    options = {"pacing": "off", **ats.file_options()}
    source = connector.open_files(connector.configure(ats.server.key, ats.base_url, options))
    try:
        return await source.open_file(file)
    finally:
        await source.close()


@either_server
async def test_a_file_is_fetched_long_after_its_link_has_expired(
    vendor: Vendor, database_url: str
) -> None:
    if vendor.files is None:
        assert connector_for(vendor.name).open_files is None
        assert not connector_for(vendor.name).capabilities.resumes
        pytest.skip("declared without files, and has none")
    async with start(vendor, talents=30, with_files=True) as ats:
        found = await company(
            database_url,
            base_url=ats.base_url,
            key=ats.server.key,
            provider=vendor.name,
            options=ats.file_options(),
        )
        assert (await found.sync()).status is RunStatus.SUCCEEDED
        some = (await wanted(found))[:3]
        assert some
        ats.expire_links()

        for file in some:
            answer = await fetched(ats, file)
            assert answer is not None
            assert answer.content.startswith((b"%PDF-", b"PK\x03\x04", b"\x89PNG"))


@either_server
async def test_a_file_of_a_deleted_talent_is_no_error(vendor: Vendor, database_url: str) -> None:
    if vendor.files is None:
        pytest.skip("declared without files, and has none")
    async with start(vendor, talents=30, with_files=True) as ats:
        found = await company(
            database_url,
            base_url=ats.base_url,
            key=ats.server.key,
            provider=vendor.name,
            options=ats.file_options(),
        )
        await found.sync()
        file = (await wanted(found))[0]
        kind = vendor.kinds[Stream.TALENTS]
        await ats.server.change("delete", kind, file.talent_remote_id, **vendor.for_good)
        answer = await fetched(ats, file)
        assert answer is None or ats.vendor.name == "jarvi"  # Jarvi's files have no owner


# --- webhooks ---


async def test_many_webhooks_of_few_records_are_one_refetch(
    vendor: Vendor, database_url: str
) -> None:
    announced = vendor.announced
    if announced is None:
        assert connector_for(vendor.name).webhooks is None
        pytest.skip("declared without webhooks, and has none")
    async with hooked(
        database_url,
        vendor.name,
        options=dict(vendor.options),
        switches=dict(vendor.switches),
        talents=60,
    ) as found:
        kind = vendor.kinds[Stream.TALENTS]
        ids: list[str | None] = [*sorted(await found.company.ids(Stream.TALENTS))[:20]]
        if announced.orders[0][0] == "create":
            ids = [None] * 20
        for op, order in announced.orders:
            for place, remote_id in enumerate(ids):
                ids[place] = await found.sandbox.change(op, kind, remote_id, **order)
        assert (await found.status()).counts == {"accepted": 20 * len(announced.orders)}
        found.sandbox.site.log.reset()

        assert await found.drain() == 1

        assert found.sandbox.site.log.counts.total() <= announced.requests
        column, value = announced.shows
        for remote_id in ids:
            record = await found.company.record(Stream.TALENTS, str(remote_id))
            assert record[column] == value
        status = await found.status()
        assert (status.health, status.waiting) == ("healthy", 0)


# --- accounts of every size ---


@either_server
async def test_an_account_without_a_single_record_is_synced_to_nothing(
    vendor: Vendor, database_url: str
) -> None:
    async with start(vendor, talents=0) as ats:
        await ats.empty()
        found = await connected(ats, database_url)

        for mode in (Mode.INITIAL, Mode.INCREMENTAL, Mode.RECONCILE):
            report = await found.sync(mode)
            assert report.status is RunStatus.SUCCEEDED, report
        await assert_equal(ats, found)
        assert (await found.verify()).equal


@either_server
async def test_emptying_an_account_waits_for_a_decision(vendor: Vendor, database_url: str) -> None:
    async with start(vendor, talents=60) as ats:
        found = await synced(ats, database_url)
        everyone = await found.ids(Stream.TALENTS)
        for remote_id in everyone:
            kind = vendor.kinds[Stream.TALENTS]
            await ats.server.change("delete", kind, remote_id, **vendor.for_good)

        report = await found.sync(Mode.RECONCILE)

        assert report.status is RunStatus.PARTIAL, report
        assert report.error is not None
        assert report.error["code"] == "mass_deletion_held"
        assert await found.ids(Stream.TALENTS) == everyone


@pytest.mark.long
async def test_memory_and_requests_do_not_grow_with_the_account(vendor: Vendor) -> None:
    small = await read(vendor, LARGE // 6)
    large = await read(vendor, LARGE)

    assert large["records"] > 5 * small["records"]
    assert large["megabytes"] - small["megabytes"] < SPARE_MEGABYTES, (small, large)
    more = large["records"] - small["records"]
    assert large["requests"] - small["requests"] <= more / vendor.large_page + vendor.overhead


async def read(vendor: Vendor, talents: int) -> dict[str, float]:
    """Read a whole account in a separate process, with the connector's default page size."""
    options = {name: value for name, value in vendor.options.items() if name != "page_size"}
    async with start(vendor, talents=talents) as ats:
        reader = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "benchmarks.one_read", vendor.name, ats.base_url, ats.server.key),
            *(f"{name}={value}" for name, value in options.items()),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await reader.communicate()
    assert reader.returncode == 0
    found: dict[str, float] = json.loads(told)
    return found


# --- permissions ---


@either_server
async def test_a_revoked_permission_ends_in_a_clear_error_and_deletes_nobody(
    vendor: Vendor, database_url: str
) -> None:
    if vendor.small_key is None:
        pytest.skip(f"keys of {vendor.name} have no scopes")
    async with start(vendor, talents=30, keys={"small-key": vendor.small_key}) as ats:
        found = await synced(ats, database_url)
        everyone = await found.ids(Stream.TALENTS)
        await with_another_key(found, "small-key")
        for mode in (Mode.INCREMENTAL, Mode.RECONCILE):
            report = await found.sync(mode)

            assert report.status is RunStatus.FAILED, report
            assert report.error is not None
            assert report.error["code"] in {"scope_too_small", "key_refused"}
            assert report.error["next_step"]
            await found.rows("UPDATE connection SET state = 'active' WHERE id = {me}")
        assert await found.ids(Stream.TALENTS) == everyone

        await with_another_key(found, ats.server.key)
        assert (await found.sync(Mode.RECONCILE)).status is RunStatus.SUCCEEDED
        await assert_equal(ats, found)


async def with_another_key(found: Company, key: str) -> None:
    await in_thread(lambda: give_key(Connection.objects.get(id=found.id), key))


def test_files_and_webhooks_are_declared_if_the_suite_tests_them(vendor: Vendor) -> None:
    connector = connector_for(vendor.name)
    assert (connector.webhooks is not None) is (vendor.announced is not None)
    assert (connector.open_files is not None) is (vendor.files is not None)
