"""A backup is restored completely or not at all, and never brings back people erased since."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import create, drop, with_database
from contracts.harness import Harness, start
from contracts.vendors.teamtailor import TEAMTAILOR
from fakes.company import Company, company, in_thread
from fakes.dump import dump
from fakes.processes import Done, jemmo
from fakes.storages import KEY, supabase_server

from jemmo.files.choose import choose
from jemmo.files.folder import FolderStorage
from jemmo.services.accounts import organization_deletion
from jemmo.services.base import api_keys
from jemmo.services.files.download import download_files
from jemmo.services.operations import backups
from jemmo.services.privacy import erasure
from jemmo.store.models import Organisation
from jemmo.store.operations import copying
from jemmo.vault import default_vault, keyset_path

TALENTS = 16  # each with a file that is fetched, read and restored
NOT_THE_SAME = copying.LEFT_OUT | {"notification_delivery"}


@pytest.fixture
async def ats() -> Any:
    async with start(TEAMTAILOR, talents=TALENTS) as harness:
        yield harness


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderStorage:
    monkeypatch.setenv("JEMMO_FILES", str(tmp_path / "files"))
    return FolderStorage(tmp_path / "files")


@pytest.fixture
def elsewhere(postgres_url: str) -> Iterator[str]:
    """An empty database, like on a new machine."""
    yield from _another(postgres_url)


@pytest.fixture
def installed(postgres_url: str, template: str) -> Iterator[str]:
    """A database with Jemmo's tables but no data, like after an installation."""
    yield from _another(postgres_url, template=template)


def _another(postgres_url: str, *, template: str = "template1") -> Iterator[str]:
    name = f"jemmo_elsewhere_{secrets.token_hex(6)}"
    create(postgres_url, name, template=template)
    yield with_database(postgres_url, name)
    drop(postgres_url, name)


async def filled(ats: Harness, database_url: str, storage: FolderStorage) -> Company:
    found = await company(database_url, base_url=ats.base_url, key=ats.server.key)
    await in_thread(lambda: api_keys.bind(default_vault()))  # as on every start
    await found.sync()
    await download_files(
        found.id, database_url=database_url, vault=default_vault(), storage=storage
    )
    return found


@pytest.fixture
async def saved(
    ats: Harness, database_url: str, storage: FolderStorage, tmp_path: Path
) -> tuple[Company, Path]:
    """A database with records, and its backup."""
    return await filled(ats, database_url, storage), await backup(tmp_path / "before.tar")


async def backup(to: Path, *more: str, env: dict[str, str] | None = None) -> Path:
    done = await jemmo("backup", "--to", str(to), "--json", *more, env=env)
    assert done.status == 0, done.err
    return Path(done.last["path"])


def backup_of(url: str, storage: FolderStorage, to: Path) -> Path:
    """Back up tables that this version's commands refuse to use."""
    made = backups.make(
        to,
        database_url=url,
        storage=storage,
        vault=default_vault(),
        keyset=keyset_path(),
        with_files=False,
    )
    return Path(made.path)


async def restore(source: Path, url: str, *more: str, **env: str) -> Done:
    words = ("restore", "--from", str(source), "--json", *more)
    return await jemmo(*words, env={"DATABASE_URL": url, **env})


def compared(url: str) -> dict[str, list[str]]:
    return {
        table: sorted(text.splitlines())
        for table, text in dump(url).items()
        if table not in NOT_THE_SAME
    }


def company_files(storage: FolderStorage) -> dict[str, bytes]:
    """Return the files with their content, without the storage's own mark."""
    names = [one.name for one in storage.listing() if not one.name.startswith("jemmo-storage/")]
    return {name: storage.get(name) for name in names}


async def erase_somebody(found: Company, storage: FolderStorage) -> str:
    """Erase a talent with a file; return their id in the ATS."""
    row = (
        await found.rows(
            "SELECT t.id, t.remote_id FROM talent t JOIN attachment f ON f.talent_id = t.id "
            "AND f.current_version IS NOT NULL WHERE t.connection_id = {me} ORDER BY 2 LIMIT 1"
        )
    )[0]

    def work() -> None:
        org = Organisation.objects.get(slug="acme")
        erasure.erase(org, [row[0]], vault=default_vault(), storage=storage)

    await in_thread(work)
    return str(row[1])


@pytest.mark.long
async def test_everything_comes_back_on_another_machine(
    ats: Harness, database_url: str, storage: FolderStorage, elsewhere: str, tmp_path: Path
) -> None:
    found = await filled(ats, database_url, storage)
    path = await backup(tmp_path)  # given a folder, the file's name contains the time
    assert path.parent == tmp_path
    assert path.stat().st_mode & 0o777 == 0o600
    before = compared(database_url)
    files = company_files(storage)
    assert files

    done = await restore(path, elsewhere, JEMMO_FILES=str(tmp_path / "new"))

    assert done.status == 0, done.err
    assert compared(elsewhere) == before
    new = FolderStorage(tmp_path / "new")
    assert company_files(new) == files
    assert done.last["files"] == len(files)
    assert done.last["counts"]["talent"] == TALENTS
    # Sequences continue, and keys and indexes exist: a sync works as usual and finds no changes.
    again = Company(elsewhere, found.id)
    assert shape(elsewhere) == shape(database_url)
    report = await jemmo("sync", "--org", "acme", "--json", env={"DATABASE_URL": elsewhere})
    assert report.status == 0, report.err
    assert (await again.contacts()) == (await found.contacts())


def shape(url: str) -> list[Any]:
    """Return every index and constraint, as reported by Postgres."""
    with psycopg.connect(url) as db:
        return [
            *db.execute(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = 'jemmo' ORDER BY 1"
            ).fetchall(),
            *db.execute(
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) "
                "FROM pg_constraint WHERE connamespace = 'jemmo'::regnamespace ORDER BY 1, 2"
            ).fetchall(),
            *db.execute(
                "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger "
                "WHERE NOT tgisinternal ORDER BY 1, 2"
            ).fetchall(),
        ]


@pytest.mark.long
@pytest.mark.one_server
async def test_a_database_with_data_is_replaced_only_on_request(
    ats: Harness, database_url: str, owner_url: str, storage: FolderStorage, tmp_path: Path
) -> None:
    found = await filled(ats, database_url, storage)
    path = await backup(tmp_path / "one.tar")
    before = compared(database_url)
    await found.rows("UPDATE talent SET headline = 'changed since'")

    other = await restore(path, database_url, "--replace")
    assert (other.status, "owner" in other.err) == (
        4,
        True,
    )  # the application's role has no right to do it
    refused = await restore(path, owner_url)
    assert refused.status == 4
    assert "--replace" in refused.err
    assert compared(database_url) != before

    done = await restore(path, owner_url, "--replace")
    assert done.status == 0, done.err
    assert compared(database_url) == before


@pytest.mark.long
@pytest.mark.one_server
async def test_people_erased_since_the_backup_stay_erased(
    saved: tuple[Company, Path],
    owner_url: str,
    storage: FolderStorage,
    installed: str,
    tmp_path: Path,
) -> None:
    found, path = saved
    gone = await erase_somebody(found, storage)
    files = {one.name for one in storage.listing() if not one.name.startswith("erased/")}
    known = tmp_path / "erased.jsonl"
    assert (await jemmo("suppressions", "--to", str(known), "--json")).status == 0

    for url, env, more in (
        # The erasure is known from the database, then only from the journal in the storage, then not at all.
        (owner_url, {}, ("--replace",)),
        (installed, {}, ()),
        (
            installed,
            {"JEMMO_FILES": str(tmp_path / "third")},
            ("--replace", "--suppressions", str(known)),
        ),
    ):
        done = await restore(path, url, *more, **env)
        assert done.status == 0, done.err
        assert done.last["erased_again"] == 1
        back = Company(url, found.id)
        assert await back.rows("SELECT 1 FROM talent WHERE remote_id = %s", gone) == []
        for mode in ("initial", "reconcile"):
            await jemmo("sync", "--org", "acme", "--mode", mode, env={"DATABASE_URL": url})
        assert await back.rows("SELECT 1 FROM talent WHERE remote_id = %s", gone) == []
        place = FolderStorage(Path(env.get("JEMMO_FILES", storage.folder)))
        assert {one.name for one in place.listing() if not one.name.startswith("erased/")} == files


@pytest.mark.long
@pytest.mark.one_server
async def test_an_organization_deleted_since_the_backup_is_deleted_again(
    saved: tuple[Company, Path], owner_url: str, storage: FolderStorage, installed: str
) -> None:
    found, path = saved
    await in_thread(lambda: leave(storage))
    kept = {one.name.partition("/")[0] for one in storage.listing()}
    assert kept == {"left", "jemmo-storage"}

    # First known only from the journal, then also from the tables.
    for url, more in ((installed, ()), (owner_url, ("--replace",))):
        done = await restore(path, url, *more)
        assert done.status == 0, done.err
        assert done.last["organisations_left"] == 1
        back = Company(url, found.id)
        assert await back.rows("SELECT 1 FROM organisation WHERE deleted_at > now()") == []
        assert await back.rows("SELECT 1 FROM connection WHERE state = 'active'") == []
        due = "SELECT count(*) FROM organisation_deletion WHERE finished_at IS NULL AND due_at <= now()"
        assert await back.value(due) == 1


def leave(storage: FolderStorage) -> None:
    """Delete the whole organization immediately."""
    now = datetime.now(UTC)
    org = Organisation.objects.get(slug="acme")
    asked = organization_deletion.schedule_org_deletion(
        org, actor=None, now=now, grace=timedelta(0)
    )
    while organization_deletion.step(asked.id, vault=default_vault(), storage=storage, now=now):
        pass
    assert not Organisation.objects.filter(slug="acme").exists()


@pytest.mark.long
@pytest.mark.one_server
async def test_erasures_missing_in_the_storage_are_added_later(
    ats: Harness, database_url: str, storage: FolderStorage
) -> None:
    from jemmo.services.privacy import erasure_journal

    found = await filled(ats, database_url, storage)
    await erase_somebody(found, storage)
    shutil.rmtree(storage.folder / "erased")
    await in_thread(lambda: erasure_journal.catch_up(storage))
    known = await in_thread(
        lambda: (erasure_journal.read_journal(storage), erasure_journal.permanent_hashes())
    )
    assert known[0] == known[1] != {}


@pytest.mark.long
@pytest.mark.one_server
async def test_a_damaged_backup_is_refused_before_anything_is_touched(
    ats: Harness, database_url: str, owner_url: str, storage: FolderStorage, tmp_path: Path
) -> None:
    await filled(ats, database_url, storage)
    path = await backup(tmp_path / "whole.tar")
    whole = path.read_bytes()
    before = dump(database_url)
    middle = len(whole) // 2
    broken = {
        "cut": whole[:middle],
        "cut at its end": whole[: whole.rindex(b"manifest.json")],
        "a bit": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "nothing": b"",
        "something else": b"no backup at all" * 1000,
        "another manifest": forged(path, tmp_path / "forged.tar"),
    }
    for name, content in broken.items():
        damaged = tmp_path / "damaged.tar"
        damaged.write_bytes(content)
        done = await restore(damaged, owner_url, "--replace")
        assert done.status == 4, (name, done)
        assert "Nothing was changed" in done.err, (name, done.err)
    assert dump(database_url) == before


def forged(path: Path, to: Path) -> bytes:
    """Forge a backup: one part is different and the manifest matches, so only the proof reveals it."""
    import hashlib
    import io

    with tarfile.open(path) as old, tarfile.open(to, "w") as new:
        own: list[Any] = []
        name = ""
        for head in old:
            content = old.extractfile(head).read()  # type: ignore[union-attr]
            if head.name.startswith("tables/talent/"):
                content = b""
                own = [0, hashlib.sha256(b"").hexdigest()]
                name = head.name
            if head.name == "manifest.json":
                told = json.loads(content)
                told["parts"][name] = own
                content = json.dumps(told).encode()
            head.size = len(content)
            new.addfile(head, io.BytesIO(content))
    return to.read_bytes()


@pytest.mark.long
@pytest.mark.one_server
async def test_without_its_keys_a_backup_is_refused(
    ats: Harness, database_url: str, storage: FolderStorage, elsewhere: str, tmp_path: Path
) -> None:
    await filled(ats, database_url, storage)
    path = await backup(tmp_path / "one.tar")
    lost = await restore(path, elsewhere, JEMMO_KEYSET=str(tmp_path / "none.json"))
    assert lost.status == 4
    assert "stored separately" in lost.err
    from jemmo.vault import open_vault

    open_vault(tmp_path / "other.json")
    wrong = await restore(path, elsewhere, JEMMO_KEYSET=str(tmp_path / "other.json"))
    assert wrong.status == 4
    assert "don't belong to this backup" in wrong.err
    assert dump(elsewhere) == {}


@pytest.mark.long
@pytest.mark.one_server
async def test_a_keyset_is_included_only_if_it_is_encrypted(
    ats: Harness,
    database_url: str,
    storage: FolderStorage,
    installed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await filled(ats, database_url, storage)
    refused = await jemmo("backup", "--to", str(tmp_path / "no.tar"), "--with-keyset")
    assert refused.status == 4
    assert "JEMMO_KEYSET_KEY" in refused.err
    assert not (tmp_path / "no.tar").exists()

    from jemmo.vault import keyset_path

    mine = tmp_path / "mine.json"
    shutil.copy(keyset_path(), mine)
    env = {
        "JEMMO_KEYSET": str(mine),
        "JEMMO_KEYSET_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    }
    assert (await jemmo("keys", "rotate", env=env)).status == 0
    path = await backup(tmp_path / "yes.tar", "--with-keyset", env=env)
    new = {**env, "JEMMO_KEYSET": str(tmp_path / "new.json")}
    done = await restore(path, installed, **new)
    assert done.status == 0, done.err
    assert (tmp_path / "new.json").read_text() == mine.read_text()


OLDER = """
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from jemmo.store.db import schema, scope
scope.enter(scope.EVERYTHING)
with scope.acting_in(None):
    schema.settle(connection)
executor = MigrationExecutor(connection)
executor.loader.replace_migrations = False
executor.loader.build_graph()
others = [one for one in executor.loader.graph.leaf_nodes() if one[0] != "store"]
executor.migrate([*others, ("store", "0071_key_ids")])
with connection.cursor() as cursor:
    cursor.execute(
        "INSERT INTO organisation (id, slug, name, time_zone, created_at) "
        "VALUES (gen_random_uuid(), 'acme', 'Acme', 'UTC', now())"
    )
"""


@pytest.mark.long
async def test_a_backup_of_an_older_version_is_migrated(
    postgres_url: str, database_url: str, elsewhere: str, storage: FolderStorage, tmp_path: Path
) -> None:
    """Restores a backup without the newest tables, as written by the previous version."""
    name = "jemmo_older"
    create(postgres_url, name)
    older = with_database(postgres_url, name)
    env = {**os.environ, "DATABASE_URL": older, "DJANGO_SETTINGS_MODULE": "jemmo.settings"}
    subprocess.run([sys.executable, "-c", OLDER], env=env, check=True)  # noqa: ASYNC221

    try:
        path = await in_thread(lambda: backup_of(older, storage, tmp_path / "older.tar"))
    finally:
        drop(postgres_url, name)
    for more in ((), ("--replace",)):
        done = await restore(path, elsewhere, *more)
        assert done.status == 0, done.err
        assert done.last["migrated"] > 5
        assert "acme" in dump(elsewhere)["organisation"]
        assert shape(elsewhere) == shape(database_url)


@pytest.mark.one_server
async def test_a_backup_of_a_newer_version_is_refused(
    database_url: str, owner_url: str, elsewhere: str, storage: FolderStorage, tmp_path: Path
) -> None:
    await company(database_url, base_url="http://127.0.0.1:1")
    with psycopg.connect(owner_url) as db:
        db.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('store', '9999_tomorrow', now())"
        )
    path = await in_thread(lambda: backup_of(database_url, storage, tmp_path / "newer.tar"))
    done = await restore(path, elsewhere)
    assert done.status == 4
    assert "The backup was made by a newer version of Jemmo" in done.err
    assert dump(elsewhere) == {}


@pytest.mark.long
@pytest.mark.one_server
async def test_databases_in_use_or_of_others_are_not_changed(
    database_url: str, elsewhere: str, storage: FolderStorage, tmp_path: Path
) -> None:
    await company(database_url, base_url="http://127.0.0.1:1")
    path = await backup(tmp_path / "one.tar")
    with psycopg.connect(elsewhere, autocommit=True) as db:
        used = await restore(path, elsewhere)
        assert (used.status, "in use" in used.err) == (4, True)
        db.execute("CREATE SCHEMA jemmo")
        db.execute("CREATE TABLE jemmo.someone_elses (id int)")
    foreign = await restore(path, elsewhere, "--replace")
    assert (foreign.status, "don't belong to Jemmo" in foreign.err) == (4, True)


@pytest.mark.long
@pytest.mark.one_server
async def test_a_backup_is_a_consistent_snapshot(
    ats: Harness, database_url: str, storage: FolderStorage, installed: str, tmp_path: Path
) -> None:
    """Rows written during the backup are not in it, in any table."""
    found = await filled(ats, database_url, storage)
    before = compared(database_url)

    def tell(what: str, _done: int, _total: int) -> None:
        if what == "application":  # the first tables are already in the backup, talents aren't
            with psycopg.connect(database_url) as db:
                db.execute("UPDATE talent SET headline = 'later'")

    made = await in_thread(
        lambda: backups.make(
            tmp_path / "moment.tar",
            database_url=database_url,
            storage=storage,
            vault=default_vault(),
            keyset=keyset_path(),
            with_files=True,
            tell=tell,
        )
    )
    assert await found.value("SELECT count(*) FROM talent WHERE headline = 'later'") == TALENTS
    done = await restore(Path(made.path), installed)
    assert done.status == 0, done.err
    assert compared(installed) == before


@pytest.mark.long
@pytest.mark.one_server
async def test_files_in_a_bucket_are_listed_as_not_included(
    ats: Harness, database_url: str, storage: FolderStorage, installed: str, tmp_path: Path
) -> None:
    await filled(ats, database_url, storage)
    done = await jemmo("backup", "--to", str(tmp_path / "list.tar"), "--no-files")
    assert "Only the list of the" in done.out
    count = len([one for one in storage.listing() if not one.name.startswith("jemmo-storage/")])
    with tarfile.open(tmp_path / "list.tar") as tar:
        import gzip

        listed = gzip.decompress(tar.extractfile("listed/000001.gz").read()).splitlines()  # type: ignore[union-attr]
    assert len(listed) == count
    assert set(json.loads(listed[0])) == {"name", "sha256", "size"}
    back = await restore(tmp_path / "list.tar", installed, JEMMO_FILES=str(tmp_path / "empty"))
    assert (back.last["files"], back.last["files_absent"]) == (0, count)


@pytest.mark.long
@pytest.mark.one_server
async def test_files_are_restored_into_a_new_bucket(
    ats: Harness, database_url: str, storage: FolderStorage, elsewhere: str, tmp_path: Path
) -> None:
    await filled(ats, database_url, storage)
    files = {one.name for one in storage.listing()}
    path = await backup(tmp_path)
    with supabase_server() as address:
        keys = {"SUPABASE_URL": address, "SUPABASE_SERVICE_KEY": KEY}
        done = await restore(path, elsewhere, JEMMO_FILES="supabase://fresh", **keys)
        assert done.status == 0, done.err
        assert {one.name for one in choose("supabase://fresh", keys).listing()} == files
