"""Admins' actions on connections, with the simulated ATS: keys, duplicates, the first sync, disconnecting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fakes.company import Company, in_thread, live_events
from procrastinate.contrib.django.models import ProcrastinateJob

from jemmo.domain.errors import ConfigError, TransientError
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.services.accounts import accounts
from jemmo.services.base import api_keys
from jemmo.services.connections import (
    connection_deletion,
    connections,
    paused_deletions,
    status,
    summaries,
    wizard,
)
from jemmo.services.connections.ats_access import AccessTooSmall, check_public
from jemmo.services.connections.connections import KnownAccount
from jemmo.services.sync.schedule import due, next_sync_at
from jemmo.store.models import (
    Application,
    Connection,
    ConnectionState,
    HeldDeletion,
    Job,
    Organisation,
    SyncRun,
    Talent,
)
from jemmo.vault import default_vault

KEY, NEWER, WEAK, FOREIGN = (f"{name}-{'0' * 20}" for name in ("key", "newer", "weak", "foreign"))


@pytest.fixture
async def ats() -> AsyncIterator[SandboxServer]:
    keys = {NEWER: "admin", WEAK: "public", FOREIGN: "foreign"}
    switches = {"rate_limit": "false"}
    async with run_sandbox(talents=90, key=KEY, keys=keys, switches=switches) as server:
        yield server


async def made(ats: SandboxServer, key: str = KEY, **more: Any) -> UUID:
    def work() -> UUID:
        org = accounts.ensure_organisation("acme")
        given = {"base_url": ats.base_url, "options": {"pacing": "off"}, **more}
        return connections.connect(org, "teamtailor", key, vault=default_vault(), **given).id

    return await in_thread(work)


def get(connection_id: UUID) -> Connection:
    return Connection.objects.select_related("org").get(id=connection_id)


async def test_a_second_click_connects_nothing_new(ats: SandboxServer, database_url: str) -> None:
    new_id = uuid4()
    first, second = await asyncio.gather(
        *(made(ats, new_id=new_id, refuse_known=True) for _ in range(2))
    )
    assert first == second == new_id
    connection = await in_thread(lambda: get(new_id))
    assert connection.state == ConnectionState.PAUSED

    with pytest.raises(KnownAccount) as known:
        await made(ats, new_id=uuid4(), refuse_known=True)
    assert known.value.known.id == new_id
    assert await in_thread(Connection.objects.count) == 1


async def test_connecting_with_the_same_key_keeps_its_age(
    ats: SandboxServer, database_url: str
) -> None:
    connection_id = await made(ats)
    await in_thread(
        lambda: Connection.objects.update(key_set_at=datetime.now(UTC) - timedelta(days=100))
    )

    assert await made(ats) == connection_id
    assert (
        await in_thread(lambda: summaries.connection_summary(get(connection_id)))
    ).key.age == 100
    # The demo's ATS listens on another port after each start.
    elsewhere = ats.base_url.replace("127.0.0.1", "localhost")
    assert await made(ats, base_url=elsewhere) == connection_id
    moved = await in_thread(lambda: get(connection_id))
    assert (moved.base_url, api_keys.open_key(moved, default_vault())) == (elsewhere, KEY)
    assert (
        await in_thread(lambda: summaries.connection_summary(get(connection_id)))
    ).key.age == 100
    assert await made(ats, NEWER) == connection_id
    assert (await in_thread(lambda: summaries.connection_summary(get(connection_id)))).key.age == 0


async def test_a_key_is_replaced_only_by_one_of_the_same_company(
    ats: SandboxServer, database_url: str
) -> None:
    connection_id = await made(ats)

    async def rotate(key: str) -> Any:
        return await in_thread(
            lambda: connections.rotate(get(connection_id), key, vault=default_vault())
        )

    for key, code in ((FOREIGN, "other_company"), (KEY, "same_key"), ("no", "key_refused")):
        with pytest.raises(ConfigError) as refused:
            await rotate(key)
        assert refused.value.code == code
    with pytest.raises(AccessTooSmall) as small:
        await rotate(WEAK)
    missing = {one.name for one in small.value.report.checks if not one.ok}
    assert {"read candidates", "read job applications", "read stages"} <= missing

    await rotate(NEWER)
    after = await in_thread(lambda: get(connection_id))
    assert (after.key_hint, after.old_key_hint) == (NEWER[-4:], KEY[-4:])
    assert (await Company(database_url, connection_id).sync()).error is None


async def test_one_of_two_simultaneous_key_rotations_is_refused(
    ats: SandboxServer, database_url: str
) -> None:
    connection_id = await made(ats)
    before = await in_thread(lambda: get(connection_id))
    await in_thread(lambda: connections.rotate(get(connection_id), NEWER, vault=default_vault()))

    with pytest.raises(ConfigError) as late:
        await in_thread(lambda: connections.rotate(before, NEWER, vault=default_vault()))

    assert late.value.code == "changed_meanwhile"


async def test_a_refused_connection_works_again_with_a_new_key(
    ats: SandboxServer, database_url: str
) -> None:
    connection_id = await made(ats)
    ats.faults.set("expired_key=0")
    report = await Company(database_url, connection_id).sync()
    assert report.error is not None
    assert (await in_thread(lambda: get(connection_id))).state == ConnectionState.REFUSED

    ats.faults.set("")
    await in_thread(lambda: connections.rotate(get(connection_id), NEWER, vault=default_vault()))

    healed = await in_thread(lambda: get(connection_id))
    assert (healed.state, healed.last_error) == (ConnectionState.ACTIVE, None)


async def test_the_first_sync_waits_for_its_hour(ats: SandboxServer, database_url: str) -> None:
    connection_id = await made(ats, new_id=uuid4())
    noon = datetime.now(UTC).replace(hour=12)

    def start(*, at_night: bool) -> datetime | None:
        return wizard.start(get(connection_id), at_night=at_night, now=noon)

    plan = await in_thread(lambda: wizard.plan(get(connection_id), vault=default_vault(), now=noon))
    assert plan.expected.totals["talents"] == 90
    assert plan.expected.requests
    assert await in_thread(lambda: due(noon)) == []

    begins = await in_thread(lambda: start(at_night=True))
    assert begins == plan.tonight > noon
    planned = await in_thread(lambda: next_sync_at(get(connection_id), noon))
    assert planned == begins
    assert await in_thread(lambda: due(begins - timedelta(minutes=1))) == []
    assert [one.connection_id for one in await in_thread(lambda: due(begins))] == [connection_id]
    assert await in_thread(lambda: start(at_night=False)) is None


async def test_a_disconnected_connection_keeps_its_records_and_can_return(
    ats: SandboxServer, database_url: str
) -> None:
    company = Company(database_url, await made(ats))
    await company.sync()
    before = await company.counts()

    assert await in_thread(lambda: connections.disconnect(get(company.id), delete=False))
    assert not await in_thread(lambda: connections.disconnect(get(company.id), delete=False))
    with pytest.raises(ConfigError) as refused:
        await company.sync()
    assert refused.value.code == "disconnected"
    assert await company.counts() == before
    [row] = await in_thread(status.overview)
    assert (row.state, row.colour) == ("disconnected", "yellow")  # neither up to date nor failed
    assert row.key_age_days is None  # the key is gone

    assert await made(ats, refuse_known=True) == company.id
    report = await company.sync()
    assert report.mode == "incremental"
    assert await company.counts() == before


async def test_a_new_key_reconnects_a_disconnected_connection(
    ats: SandboxServer, database_url: str
) -> None:
    company = Company(database_url, await made(ats))
    await in_thread(lambda: connections.disconnect(get(company.id), delete=False))

    def again(address: str) -> None:
        found = get(company.id)
        assert connections.names_address(found)
        connections.rotate(found, NEWER, vault=default_vault(), address=address)

    with pytest.raises(ConfigError) as refused:
        await in_thread(lambda: again(""))
    assert refused.value.code == "other_address"
    await in_thread(lambda: again(f"{ats.base_url}/"))

    assert (await company.sync()).status == "succeeded"


async def test_only_its_own_data_is_deleted(ats: SandboxServer, database_url: str) -> None:
    company = Company(database_url, await made(ats))
    await company.sync()

    def other() -> None:
        org = Organisation.objects.create(slug="other", name="Other")
        twin = Connection.objects.create(
            org=org, provider="teamtailor", sealed_key=b"x", key_set_at=datetime.now(UTC)
        )
        Job.objects.create(
            org=org, connection=twin, remote_id="1", title="Kept", status="OPEN", content_hash=b""
        )

    await in_thread(other)
    await in_thread(lambda: connections.disconnect(get(company.id), delete=True))
    shown = await company.counts()
    told = await live_events(database_url)
    erased = await in_thread(lambda: connection_deletion.erase(company.id))

    assert erased > 90
    assert [one["streams"] async for one in told if one["kind"] == "records_changed"] == [shown]
    assert not await in_thread(lambda: Connection.objects.filter(id=company.id).exists())
    for model in (Talent, Application, SyncRun):
        assert await in_thread(model.objects.count) == 0
    assert await in_thread(lambda: Job.objects.get().title) == "Kept"
    assert await in_thread(lambda: connection_deletion.erase(company.id)) == 0


async def test_a_connection_in_use_is_never_erased(ats: SandboxServer, database_url: str) -> None:
    company = Company(database_url, await made(ats))
    await company.sync()

    assert await in_thread(lambda: connection_deletion.erase(company.id)) == 0
    assert (await company.counts())["jobs"] > 0


async def test_keeping_records_ends_the_warning(ats: SandboxServer, database_url: str) -> None:
    connection_id = await made(ats)

    def work() -> Any:
        one = get(connection_id)
        one.last_error = {"code": "mass_deletion_held", "message": "", "next_step": ""}
        one.save()
        HeldDeletion.objects.create(connection=one, stream="talents", missing=60, present=80)
        paused_deletions.keep(one, "talents")
        with pytest.raises(ConfigError) as decided:
            paused_deletions.keep(one, "talents")
        assert decided.value.code == "deletion_decided"
        return get(connection_id).last_error

    assert await in_thread(work) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:80",
        "https://127.0.0.1",
        "https://localhost",
        "https://169.254.169.254",
        "https://[::1]",
        "https://10.0.0.1",
        "https://no-such-host.invalid",
        "https://[",
        "https://\u2100.example.com",
        "https://" + "e\u0301" * 3000,
        "http://93.184.216.34",
    ],
)
def test_an_internal_address_is_refused_unless_allowed(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        check_public(url, [])
    assert refused.value.code == "address_not_public"
    check_public("http://127.0.0.1:8155", ["127.0.0.1"])
    check_public("https://93.184.216.34", [])


async def test_a_half_erased_connection_is_queued_once_after_a_crash(
    ats: SandboxServer, database_url: str
) -> None:
    connection_id = await made(ats)
    await in_thread(lambda: connections.disconnect(get(connection_id), delete=True))
    for _ in range(2):
        await in_thread(connection_deletion.resume)

    waiting = await in_thread(
        lambda: list(
            ProcrastinateJob.objects.filter(
                task_name="erase_connection", status="todo"
            ).values_list("args", flat=True)
        )
    )
    assert waiting == [{"connection_id": str(connection_id)}]


@pytest.mark.sample(1)
@pytest.mark.parametrize("fault", ["flaky5xx=1", "cut_json=1"])
async def test_a_failed_connection_announces_no_sync(
    database_url: str, ats: SandboxServer, fault: str
) -> None:
    ats.faults.set(fault)

    with pytest.raises(TransientError) as refused:
        await made(ats)

    assert refused.value.next_step.startswith("Nothing was saved. Try again in a few minutes.")
    assert "sync" not in refused.value.next_step
    assert not await in_thread(Connection.objects.exists)
