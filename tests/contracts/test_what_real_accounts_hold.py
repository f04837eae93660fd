"""Peculiarities of real accounts and servers, for every connector: odd values, odd bodies, wrong addresses."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from contracts.companies import assert_shown, connected, synced
from contracts.harness import QUIRKS, Harness, Shown, Vendor, start
from contracts.vendors.all import VENDORS
from fakes.company import Company, adds_up, company
from fakes.elsewhere import elsewhere
from fakes.interpreter import DIALECTS, interpreter

from jemmo.connectors.registry import connector_for
from jemmo.domain.errors import ConfigError, JemmoError, TransientError
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.ports import Source
from jemmo.domain.streams import Mode, Stream
from jemmo.store.sync.tables import TABLES

SECRET = "a-key-of-the-customer"
PAGE = b"<!DOCTYPE html><html><body>Please sign in</body></html>"
COMPARED = (Stream.JOBS, Stream.STAGES, Stream.TALENTS, Stream.APPLICATIONS)


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.name)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    found: Vendor = request.param
    return found


@pytest.fixture
async def ats(vendor: Vendor) -> AsyncIterator[Harness]:
    async with start(vendor, talents=30) as harness:
        yield harness


# --- values ---


async def test_every_quirk_is_declared_or_impossible(vendor: Vendor) -> None:
    assert {*vendor.quirks, *vendor.lacks} == set(QUIRKS)
    assert not set(vendor.quirks) & set(vendor.lacks)


@pytest.mark.sample(16)
@pytest.mark.parametrize("quirk", QUIRKS)
async def test_peculiarities_of_real_accounts_are_interpreted_correctly(
    vendor: Vendor, quirk: str, database_url: str
) -> None:
    what: Shown | None = vendor.quirks.get(quirk)
    if what is None:
        pytest.skip(vendor.lacks[quirk])
    async with start(vendor, talents=10) as ats:
        remote_id = await ats.put(what)

        found = await connected(ats, database_url)
        report = await found.sync()

        assert report.status is RunStatus.SUCCEEDED, report
        assert not any(one.rejected for one in report.streams.values())
        await assert_shown(found, remote_id, what)
        if what.noted is not None:
            assert any(one.code.startswith(what.noted) for one in report.warnings), report.warnings
        if quirk == "no e-mail address":
            assert not any("@" in one for one in (await found.contacts()).get(remote_id, []))


@pytest.mark.sample(2)
async def test_the_same_person_twice_is_two_talents(ats: Harness, database_url: str) -> None:
    twice = [await ats.create_talent() for _ in range(2)]

    found = await synced(ats, database_url)

    assert set(twice) <= await found.ids(Stream.TALENTS)
    contacts = await found.contacts()
    assert [contacts[one] for one in twice] == [["nadia@example.com"]] * 2


@pytest.mark.sample(2)
async def test_invalid_values_in_records_only_lose_those_values(
    ats: Harness, database_url: str
) -> None:
    ats.fault("nonsense")
    found = await connected(ats, database_url)

    report = await found.sync()

    assert report.status in {RunStatus.SUCCEEDED, RunStatus.PARTIAL}, report
    assert report.error is None
    assert adds_up(report), report
    assert len(await found.ids(Stream.TALENTS)) > 15
    ats.behave()
    await found.sync(Mode.RECONCILE)
    for stream in ats.vendor.kinds:
        assert await found.ids(stream) == set(await ats.truth(stream)), stream


# --- bodies ---


async def contents(found: Company) -> dict[tuple[Stream, str], Any]:
    """Return a hash of each stored record."""
    rows = {}
    for stream in COMPARED:
        for remote_id, digest in await found.rows(
            f"SELECT remote_id, content_hash FROM {TABLES[stream].name} "
            "WHERE connection_id = {me} AND remote_deleted_at IS NULL"
        ):
            rows[stream, remote_id] = bytes(digest)
    return rows


@pytest.mark.sample(1)
@pytest.mark.usefixtures("no_retry_pauses")
async def test_every_dialect_is_understood_the_same_way(ats: Harness, database_url: str) -> None:
    async with interpreter(
        ats.server.base_url, meaningful_nulls=ats.vendor.meaningful_nulls
    ) as between:
        held: dict[str, dict[tuple[Stream, str], Any]] = {}
        for dialect in ("", *DIALECTS):
            between.dialect = dialect
            found = await company(
                database_url,
                base_url=between.url + ats.vendor.base_path,
                key=ats.server.key,
                provider=ats.vendor.name,
                options=ats.vendor.options,
                org=dialect or "plain",
            )
            first = await found.sync()
            again = await found.sync()

            assert (first.status, again.status) == ("succeeded", "succeeded"), (dialect, first)
            assert all(one.created == one.updated == 0 for one in again.streams.values()), dialect
            dropped = [one for one in first.warnings if one.code.startswith("dropped_value")]
            assert not dropped, (dialect, dropped)
            held[dialect] = await contents(found)
            differ = {key for key, value in held[""].items() if held[dialect].get(key) != value} | (
                held[dialect].keys() - held[""].keys()
            )
            assert not differ, (dialect, sorted(differ)[:5])
        assert len(held[""]) > 30


# --- wrong addresses ---


def opened(vendor: Vendor, address: str) -> Source:
    connector = connector_for(vendor.name)
    options = {"pacing": "off", **vendor.options}
    return connector.open(connector.configure(SECRET, address, options))


async def refused(vendor: Vendor, address: str) -> JemmoError:
    """Return a connection test's error for an address, which must not contain the key."""
    source = opened(vendor, address)
    try:
        with pytest.raises(JemmoError) as raised:
            await source.check()
    finally:
        await source.close()
    assert raised.value.next_step
    assert SECRET not in raised.value.message + raised.value.next_step
    return raised.value


@pytest.mark.usefixtures("no_retry_pauses")
async def test_an_address_without_a_server(vendor: Vendor) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # so that nobody else listens there meanwhile
        error = await refused(vendor, f"http://127.0.0.1:{held.getsockname()[1]}")
    assert isinstance(error, TransientError)
    assert error.code == "host_unreachable"


@pytest.mark.usefixtures("no_retry_pauses")
async def test_an_address_with_a_web_page(vendor: Vendor) -> None:
    async with elsewhere(body=PAGE, headers={"Content-Type": "text/html"}) as there:
        error = await refused(vendor, there.url)
    assert error.code == "not_an_api"


@pytest.mark.usefixtures("no_retry_pauses")
@pytest.mark.parametrize("body", [b"", PAGE, b'{"message": "Not Found"}'])
async def test_an_address_without_this_api(vendor: Vendor, body: bytes) -> None:
    async with elsewhere(404, body) as there:
        error = await refused(vendor, there.url)
    assert error.code in {"not_found", "company_unknown"}
    assert "address" in error.next_step or "company" in error.next_step


@pytest.mark.usefixtures("no_retry_pauses")
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_the_key_does_not_follow_redirects_to_another_host(
    vendor: Vendor, status: int
) -> None:
    async with (
        elsewhere(body=b"[]") as other,
        elsewhere(status, headers={"Location": f"{other.url}/v1/"}) as there,
    ):
        error = await refused(vendor, there.url)
        assert isinstance(error, ConfigError)
        assert error.code == "redirected"
        assert other.asked == []
        assert there.asked


async def test_in_the_wrong_region_or_account_the_key_is_refused(vendor: Vendor) -> None:
    async with start(vendor, talents=1) as ats:
        error = await refused(vendor, ats.base_url)
    assert error.code == "key_refused"
    assert not vendor.regions or "region" in error.message + error.next_step


@pytest.mark.usefixtures("no_retry_pauses")
async def test_an_address_that_becomes_wrong_deletes_nobody(
    ats: Harness, database_url: str
) -> None:
    found = await synced(ats, database_url)
    everyone = await found.ids(Stream.TALENTS)
    async with elsewhere(404, PAGE) as there:
        await found.move(there.url)
        for mode in (Mode.INCREMENTAL, Mode.RECONCILE):
            report = await found.sync(mode)
            assert report.status is RunStatus.FAILED, report
            assert report.error is not None
            assert report.error["next_step"]
            await found.rows("UPDATE connection SET state = 'active' WHERE id = {me}")
    assert await found.ids(Stream.TALENTS) == everyone
