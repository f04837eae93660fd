# ruff: noqa: ASYNC240 - small files, and nothing else runs
"""Keys can be rotated during operation; lost or wrong keys stop Jemmo before it causes damage."""

from __future__ import annotations

import base64
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from contracts.harness import start
from contracts.vendors.teamtailor import TEAMTAILOR
from django.apps import apps
from django.db import models
from fakes.company import Company, company, in_thread
from fakes.processes import jemmo

from jemmo.files.folder import FolderStorage
from jemmo.services.base.api_keys import open_key
from jemmo.services.files.download import download_files
from jemmo.services.files.storage import MARK
from jemmo.services.operations import keys
from jemmo.store.models import Connection
from jemmo.store.operations.sealed_places import reseal
from jemmo.vault import VaultError, default_vault, key_id, open_vault, rotation

pytestmark = pytest.mark.one_server


@pytest.fixture
def keyset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "keyset.json"
    monkeypatch.setenv("JEMMO_KEYSET", str(path))
    return path


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStorage:
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    return FolderStorage(tmp_path / "files")


@pytest.fixture
async def filled(database_url: str, keyset: Path, storage: FolderStorage) -> Company:
    async with start(TEAMTAILOR, talents=12) as ats:
        found = await company(database_url, base_url=ats.base_url, key=ats.server.key)
        await found.sync()
        await download_files(
            found.id, database_url=database_url, vault=default_vault(), storage=storage
        )
    return found


async def everything(found: Company, storage: FolderStorage) -> dict[str, Any]:
    """Return everything that is encrypted, decrypted."""
    vault = default_vault()
    rows = await found.rows(
        "SELECT v.id, v.org_id || '/' || v.id FROM file_version v WHERE v.state = 'stored'"
    )
    return {
        "contacts": await found.contacts(),
        "key": await in_thread(lambda: open_key(Connection.objects.get(id=found.id), vault)),
        "files": {name: vault.open(storage.get(name), b"file:" + pk.bytes) for pk, name in rows},
    }


async def test_a_rotation_reencrypts_everything_and_loses_nothing(
    filled: Company, keyset: Path, storage: FolderStorage
) -> None:
    before = await everything(filled, storage)
    old = rotation.inspect(keyset).primary
    new = await in_thread(lambda: keys.rotate(keyset))
    told = await in_thread(lambda: keys.reseal(open_vault(keyset), storage))

    assert told.unreadable == 0
    assert {"connection", "talent_contacts", "file_text", "vault_secret", "files"} <= set(told.done)
    found = await in_thread(lambda: keys.status(keyset))
    assert (found.left, found.unknown) == (0, 0)
    by_id = {one.id: one for one in found.keys}
    assert by_id[f"{old:08x}"].seals == {}
    assert by_id[new].is_primary
    for path in storage.folder.rglob("*"):
        if path.is_file() and path != storage.folder / MARK:
            assert f"{key_id(path.read_bytes()):08x}" == new
    assert await everything(filled, storage) == before


@pytest.mark.long
async def test_the_old_key_goes_only_when_nothing_needs_it_and_time_has_passed(
    filled: Company, keyset: Path, storage: FolderStorage
) -> None:
    old = f"{rotation.inspect(keyset).primary:08x}"
    await in_thread(lambda: keys.rotate(keyset))
    later = keyset.stat().st_mtime + keys.SETTLED + 1

    assert await in_thread(lambda: keys.retire(keyset, now=later)) == []
    await in_thread(lambda: keys.reseal(open_vault(keyset), storage))
    assert await in_thread(lambda: keys.retire(keyset)) == []
    assert await in_thread(lambda: keys.retire(keyset, now=later)) == [old]
    assert len(rotation.inspect(keyset).ids) == 1
    assert (await everything(filled, storage))["contacts"]


async def test_an_interrupted_rotation_continues(
    filled: Company, keyset: Path, storage: FolderStorage
) -> None:
    before = await everything(filled, storage)
    await in_thread(lambda: keys.rotate(keyset))
    vault = open_vault(keyset)
    calls = []

    def dying(plain: bytes, context: bytes) -> bytes:
        calls.append(1)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return vault.seal(plain, context)

    def all_places() -> None:
        for place in keys.PLACES:
            reseal(place, vault.primary, vault.open, dying)

    with pytest.raises(KeyboardInterrupt):
        await in_thread(all_places)
    assert (await in_thread(lambda: keys.status(keyset))).left > 0
    assert await everything(filled, storage) == before
    await in_thread(lambda: keys.reseal(vault, storage))
    assert (await in_thread(lambda: keys.status(keyset))).left == 0
    assert await everything(filled, storage) == before


async def test_running_processes_adopt_new_keys(filled: Company, keyset: Path) -> None:
    long_running = default_vault()
    rotation.add_primary(keyset)
    sealed = open_vault(keyset).seal(b"new", b"x")

    assert long_running.open(sealed, b"x") == b"new"
    assert key_id(long_running.seal(b"more", b"x")) == rotation.inspect(keyset).primary


def test_concurrent_rotations_lose_no_key(keyset: Path) -> None:
    open_vault(keyset)
    threads = [threading.Thread(target=rotation.add_primary, args=(keyset,)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(set(rotation.inspect(keyset).ids)) == 9
    assert keyset.stat().st_mode & 0o777 == 0o600


@pytest.mark.long
async def test_lost_keys_stop_jemmo_and_are_not_replaced(filled: Company, keyset: Path) -> None:
    keyset.rename(keyset.with_suffix(".away"))
    done = await jemmo("status")

    assert done.status == 4
    assert "missing" in done.err
    assert "JEMMO_KEYSET" in done.err
    assert not keyset.exists()


@pytest.mark.long
async def test_wrong_keys_stop_jemmo(filled: Company, keyset: Path) -> None:
    keyset.rename(keyset.with_suffix(".away"))
    open_vault(keyset)
    done = await jemmo("status")

    assert done.status == 4
    assert "not the ones that encrypted this database" in done.err
    doctor = await jemmo("doctor", "--json")
    assert doctor.last["findings"][-1]["what"] == "Encryption keys"


@pytest.mark.long
async def test_the_commands_rotate_while_others_read(
    filled: Company, keyset: Path, storage: FolderStorage
) -> None:
    before = await everything(filled, storage)
    rotated = await jemmo("keys", "rotate", "--json")
    told = await jemmo("keys", "status", "--json")

    assert rotated.status == 0, rotated.err
    assert rotated.last["left"] == 0
    assert [one["id"] for one in told.last["keys"] if one["is_primary"]] == [
        rotated.last["new_key"]
    ]
    assert await everything(filled, storage) == before
    secret = keyset.read_text()
    assert '"value"' in secret
    for output in (rotated.out, told.out):
        assert "AesGcmKey" not in output


def test_the_keyset_itself_can_be_encrypted(keyset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = open_vault(keyset).seal(b"plain", b"x")
    monkeypatch.setenv("JEMMO_KEYSET_KEY", base64.b64encode(os.urandom(32)).decode())
    rotation.add_primary(keyset)  # rewrites the file, from now on encrypted

    assert '"value"' not in keyset.read_text()
    assert rotation.inspect(keyset).encrypted
    assert open_vault(keyset).open(sealed, b"x") == b"plain"
    monkeypatch.setenv("JEMMO_KEYSET_KEY", base64.b64encode(os.urandom(32)).decode())
    with pytest.raises(VaultError, match="a different key"):
        open_vault(keyset)
    monkeypatch.delenv("JEMMO_KEYSET_KEY")
    with pytest.raises(VaultError, match="missing") as told:
        open_vault(keyset)
    assert "JEMMO_KEYSET_KEY" in told.value.next_step
    monkeypatch.setenv("JEMMO_KEYSET_KEY", "short")
    with pytest.raises(VaultError, match="is not a valid key"):
        open_vault(keyset)


def test_rotation_covers_every_encrypted_column() -> None:
    known = {(place.table, place.column) for place in keys.PLACES}
    found = {
        (model._meta.db_table, field.column)
        for model in apps.get_app_config("store").get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.BinaryField) and "sealed" in field.name
    }
    assert found == known
