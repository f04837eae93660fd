"""An API key is only sent to the address it was connected with, whatever the database contains."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from fakes.company import Company, company, in_thread
from fakes.processes import jemmo

from jemmo.domain.errors import ConfigError, FailureMode
from jemmo.files.folder import FolderStorage
from jemmo.sandbox import SandboxServer, run_sandbox
from jemmo.services.base import api_keys
from jemmo.services.base.contexts import former_key_context
from jemmo.services.connections import connections, key_tests
from jemmo.services.connections.status import overview
from jemmo.services.files.download import download_files
from jemmo.services.operations import keys
from jemmo.services.sync import schedule
from jemmo.store.models import Connection
from jemmo.vault import default_vault, keyset_path

pytestmark = pytest.mark.one_server

CODE = "key_bound_elsewhere"


@pytest.fixture
async def ats() -> AsyncIterator[SandboxServer]:
    async with run_sandbox(talents=10, switches={"rate_limit": False}) as server:
        yield server


@pytest.fixture
async def thief() -> AsyncIterator[SandboxServer]:
    async with run_sandbox(talents=10) as server:
        yield server


async def connected(ats: SandboxServer, database_url: str) -> Company:
    return await company(database_url, base_url=ats.base_url, key=ats.key)


def requests(server: SandboxServer) -> int:
    return server.site.log.counts.total()


def get(key: UUID) -> Connection:
    return Connection.objects.get(id=key)


@pytest.mark.parametrize("blanked", [False, True])
async def test_another_address_gets_no_key(
    ats: SandboxServer,
    thief: SandboxServer,
    database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    blanked: bool,
) -> None:
    found = await connected(ats, database_url)
    await found.sync()
    await found.rows("UPDATE connection SET base_url = %s WHERE id = {me}", thief.base_url)
    if blanked:
        await found.rows("UPDATE connection SET sealed_key = ''::bytea WHERE id = {me}")
    expected = "disconnected" if blanked else CODE
    vault = default_vault()

    with pytest.raises(ConfigError) as refused:
        await found.sync()
    assert refused.value.code == expected
    fetched = await download_files(
        found.id,
        database_url=database_url,
        vault=vault,
        storage=FolderStorage(tmp_path_factory.mktemp("files")),
    )
    assert not fetched.outcomes
    attempts: list[tuple[Callable[[], object], str]] = [
        (lambda: key_tests.check_key(get(found.id), vault), expected),
        (
            lambda: connections.rotate(
                get(found.id), "a-newer-key", vault=vault, address=ats.base_url
            ),
            "other_address" if blanked else CODE,
        ),
    ]
    for attempt, code in attempts:
        with pytest.raises(ConfigError) as refused:
            await in_thread(attempt)
        assert refused.value.code == code
    assert requests(thief) == 0


async def test_another_provider_gets_no_key_either(ats: SandboxServer, database_url: str) -> None:
    found = await connected(ats, database_url)
    await found.rows("UPDATE connection SET provider = 'greenhouse' WHERE id = {me}")
    with pytest.raises(ConfigError) as refused:
        await in_thread(lambda: api_keys.open_key(get(found.id), default_vault()))
    assert refused.value.code == CODE


async def store_former(found: Company, key: str, base_url: str) -> None:
    """Store a key like an older version, or like someone who restores an old dump with their own address."""
    await found.rows(
        "UPDATE connection SET sealed_key = %s, base_url = %s WHERE id = {me}",
        default_vault().seal(key.encode(), former_key_context(found.id)),
        base_url,
    )
    await in_thread(lambda: keys.check(keyset_path()))  # as on every start


async def test_no_row_decides_whether_an_old_key_is_sent_to_an_address(
    ats: SandboxServer, thief: SandboxServer, database_url: str
) -> None:
    found = await connected(ats, database_url)
    await found.rows("DELETE FROM vault_secret WHERE name <> 'lookup'")
    await store_former(found, ats.key, thief.base_url)
    with pytest.raises(ConfigError) as refused:
        await found.sync()
    assert refused.value.code == CODE
    assert requests(thief) == 0


async def test_an_operator_binds_old_keys_to_addresses_that_they_have_checked(
    ats: SandboxServer, thief: SandboxServer, database_url: str
) -> None:
    found, vault = await connected(ats, database_url), default_vault()
    await store_former(found, ats.key, ats.base_url)
    checked = await in_thread(lambda: api_keys.unbound(vault))
    assert [(one.id, one.base_url) for one in checked] == [(found.id, ats.base_url)]

    await store_former(found, ats.key, thief.base_url)  # during the check
    with pytest.raises(ConfigError) as changed:
        await in_thread(lambda: api_keys.bind_to_addresses(checked, vault))
    assert changed.value.code == "changed_meanwhile"

    await store_former(found, ats.key, ats.base_url)
    assert await in_thread(lambda: api_keys.bind_to_addresses(checked, vault)) == 1
    assert await in_thread(lambda: api_keys.unbound(vault)) == []
    assert (await found.sync()).failure is not FailureMode.PERMANENT


async def test_a_connection_that_waited_for_its_key_syncs_at_once_when_that_is_bound(
    ats: SandboxServer, database_url: str
) -> None:
    found, vault = await connected(ats, database_url), default_vault()
    await store_former(found, ats.key, ats.base_url)
    with pytest.raises(ConfigError) as refused:
        await found.sync()
    await found.rows("UPDATE connection SET due_at = now() WHERE id = {me}")
    await in_thread(lambda: schedule.put_off(found.id, refused.value))
    (told,) = await in_thread(overview)
    assert told.error is not None
    assert "`jemmo keys bind`" in told.error["next_step"]
    assert told.next_sync_at is not None
    assert told.next_sync_at > datetime.now(UTC) + timedelta(minutes=1)

    checked = await in_thread(lambda: api_keys.unbound(vault))
    await in_thread(lambda: api_keys.bind_to_addresses(checked, vault))

    (told,) = await in_thread(overview)
    assert told.error is None
    assert told.next_sync_at is not None
    assert told.next_sync_at <= datetime.now(UTC)


async def test_old_keys_of_the_ats_own_address_are_bound_at_the_next_start(
    ats: SandboxServer, database_url: str
) -> None:
    found = await connected(ats, database_url)
    await store_former(found, ats.key, "")
    kept = await in_thread(lambda: api_keys.open_key(get(found.id), default_vault()))
    assert kept == ats.key


@pytest.mark.long
async def test_the_command_binds_what_was_confirmed(ats: SandboxServer, database_url: str) -> None:
    found = await connected(ats, database_url)
    await store_former(found, ats.key, ats.base_url)
    asked = await jemmo("keys", "bind")
    assert (asked.status, ats.base_url in asked.out) == (4, True)
    done = await jemmo("keys", "bind", "--yes", "--json")
    assert done.last == {"bound": 1}
