"""A full disk and a read-only folder, for real."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest
from fakes.processes import jemmo

from jemmo import embedded
from jemmo.domain.errors import ConfigError, TransientError
from jemmo.files.folder import FolderStorage
from jemmo.store.db.postgres import connect, explain, explained
from jemmo.vault.files import create_private

pytestmark = [pytest.mark.one_server, pytest.mark.long]

Mount = Callable[[int], Path]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """A function that creates small in-memory disks of a size in megabytes."""
    made: list[Path] = []

    def disk(megabytes: int) -> Path:
        folder = Path(mkdtemp(prefix="jemmo-test-"))
        words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "tmpfs", str(folder)]
        if not shutil.which("mount") or subprocess.run(words, check=False).returncode:
            folder.rmdir()
            pytest.skip("this user may not mount a disk")
        made.append(folder)
        return folder

    yield disk
    for folder in made:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def make_read_only(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Fill the disk."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        for size in (1_000_000, 1_000, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError as error:
                assert error.errno == errno.ENOSPC
    return path


async def test_a_full_database_disk_is_explained(
    mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = mount(256)
    monkeypatch.setenv("JEMMO_HOME", str(home))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    url = embedded.ensure_running()
    filler = fill(home)

    async with connect(url) as connection:
        with pytest.raises(TransientError) as raised, explained():
            # Unlogged, because a write-ahead log that can't grow stops the whole server, which is another error.
            await connection.execute(
                "CREATE UNLOGGED TABLE public.wide AS SELECT repeat(n::text, 900) FROM generate_series(1, 9999) n"
            )
    assert raised.value.code == "database_disk_full"
    assert "Free up disk space" in raised.value.next_step

    filler.unlink()
    async with connect(url) as connection:
        await connection.execute("SELECT 1")
    assert embedded.stop()


def test_a_full_disk_is_explained_for_files_secrets_and_commands(mount: Mount) -> None:
    folder = mount(1)
    storage = FolderStorage(folder / "files")
    storage.put("kept/file", b"before")
    fill(folder)

    with pytest.raises(TransientError, match=r"disk is full") as raised:
        storage.put("kept/other", b"x" * 10_000)
    assert raised.value.code == "disk_full"
    assert storage.get("kept/file") == b"before"
    with pytest.raises(OSError, match="No space left"):
        create_private(folder / "keyset.json", "x" * 10_000)
    assert {path.name for path in folder.iterdir()} == {"filler", "files"}


async def test_a_command_on_a_full_disk(mount: Mount, database_url: str) -> None:
    home = mount(1)
    fill(home)

    done = await jemmo("status", env={"JEMMO_HOME": str(home)})

    assert done.status == 5
    assert "The disk is full" in done.err
    assert "Free up disk space" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("with_database", [True, False])
async def test_a_read_only_home(mount: Mount, database_url: str, with_database: bool) -> None:
    home = mount(1)
    make_read_only(home)
    env = {"JEMMO_HOME": str(home), "DATABASE_URL": database_url if with_database else ""}

    for words in (("status",), ("up", "--port", "0"), ("web", "--port", "0")):
        done = await jemmo(*words, env=env)

        assert done.status in {4, 5}
        assert str(home) in done.err
        assert "JEMMO_HOME" in done.err
        assert "Traceback" not in done.err


async def test_the_doctor_on_a_full_disk(mount: Mount, database_url: str) -> None:
    home = mount(1)
    fill(home)

    done = await jemmo("doctor", "--json", env={"JEMMO_HOME": str(home)})

    assert done.status == 4
    (bad,) = [finding for finding in done.last["findings"] if not finding["ok"]]
    assert bad["what"] == "Data folder"
    assert "The disk is full" in bad["detail"]
    assert "Free up disk space" in bad["next_step"]


def test_files_in_a_read_only_folder(mount: Mount) -> None:
    folder = mount(1)
    make_read_only(folder)

    with pytest.raises(ConfigError, match="isn't allowed to write"):
        FolderStorage(folder / "files").put("kept/file", b"x")


def test_djangos_own_errors_are_explained_by_their_cause(database_url: str) -> None:
    from django.db import DatabaseError, connection

    with connection.cursor() as cursor, pytest.raises(DatabaseError) as raised:
        cursor.execute("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$")
    known = explain(raised.value)
    assert known
    assert known.code == "database_disk_full"
    assert explain(psycopg.ProgrammingError("the driver's own")) is None
    assert explain(ValueError()) is None
