"""Resumes from the simulated ATS to the storage: in time, complete, encrypted, and never partial."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from contracts.harness import Harness, Vendor, start
from contracts.vendors.all import VENDORS
from fakes.company import Company, company, in_thread
from fakes.processes import jemmo
from fakes.storages import BACKENDS, KEY, make_bucket, storage_of, supabase_server

from jemmo.connectors.registry import connector_for
from jemmo.files.choose import choose
from jemmo.files.folder import FolderStorage
from jemmo.files.kinds import IMAGES
from jemmo.files.storage import Missing, Storage, StorageError, Stored, TooLarge
from jemmo.files.text import close_sandboxes, ready
from jemmo.sandbox.files import pdf
from jemmo.services.base.contexts import file_context, text_context
from jemmo.services.base.lookups import lookup_key
from jemmo.services.connections.status import overview
from jemmo.services.files import cleanup
from jemmo.services.files import storage as place
from jemmo.services.files.download import DownloadSummary, download_files
from jemmo.store.files.stored_files import connections_due, counts_of
from jemmo.vault import default_vault
from jemmo.vault.lookups import word_hashes

pytestmark = pytest.mark.one_server

LATER = timedelta(hours=2)
JARVI = {
    "switches": {"resumes": "files", "download": "key"},
    "options": {"resume_paths": "profiles.files"},
}


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return FolderStorage(tmp_path / "files")


def with_files(vendor: Vendor) -> Vendor:
    """The vendor, configured so that its sandbox serves resumes."""
    if vendor.name != "jarvi":
        return vendor
    return replace_vendor(vendor, JARVI)


def replace_vendor(vendor: Vendor, more: dict[str, Any]) -> Vendor:
    return dataclasses.replace(
        vendor,
        switches={**vendor.switches, **more.get("switches", {})},
        options={**vendor.options, **more.get("options", {})},
    )


async def connected(ats: Harness, database_url: str) -> Company:
    options = dict(ats.vendor.options)
    if ats.vendor.name == "jarvi":
        options["file_url_template"] = f"{ats.server.base_url}/v1/files/{{fileId}}"
    found = await company(
        database_url,
        base_url=ats.base_url,
        key=ats.server.key,
        provider=ats.vendor.name,
        options=options,
    )
    await found.sync()
    return found


async def fetch(found: Company, storage: Storage, **more: Any) -> DownloadSummary:
    return await download_files(
        found.id,
        database_url=found.database_url,
        vault=default_vault(),
        storage=storage,
        **more,
    )


async def tidied(storage: Storage, *, later: timedelta = LATER) -> cleanup.CleanupSummary:
    now = datetime.now(UTC) + later
    return await in_thread(lambda: cleanup.clean_up(storage, default_vault(), now=now))


async def kept(found: Company, storage: Storage) -> dict[str, bytes]:
    """Return every stored file decrypted, by the remote ids of its talent and of the file."""
    rows = await found.rows(
        "SELECT t.remote_id || '/' || f.remote_id, v.org_id, v.id FROM attachment f "
        "JOIN talent t ON t.id = f.talent_id JOIN file_version v ON v.id = f.current_version "
        "WHERE t.connection_id = {me} AND v.state = 'stored'"
    )
    vault = default_vault()
    return {
        name: vault.open(storage.get(f"{org}/{version}"), file_context(version))
        for name, org, version in rows
    }


async def statuses(found: Company) -> Counter[str]:
    rows = await found.rows(
        "SELECT f.fetch_status FROM attachment f JOIN talent t ON t.id = f.talent_id "
        "WHERE t.connection_id = {me} AND f.remote_deleted_at IS NULL "
        "AND t.remote_deleted_at IS NULL AND t.excluded_reason IS NULL"
    )
    return Counter(row[0] for row in rows)


WITH_FILES = [one for one in VENDORS if connector_for(one.name).open_files]


@pytest.fixture(params=WITH_FILES, ids=lambda vendor: vendor.name)
async def ats(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with start(with_files(request.param), talents=15) as harness:
        yield harness


TEAMTAILOR = next(one for one in VENDORS if one.name == "teamtailor")


@pytest.fixture
async def teamtailor() -> AsyncIterator[Harness]:
    async with start(TEAMTAILOR, talents=15) as harness:
        yield harness


@pytest.mark.sample(1)
async def test_every_resume_is_fetched_and_encrypted(
    ats: Harness, database_url: str, storage: FolderStorage
) -> None:
    found = await connected(ats, database_url)
    before = await statuses(found)
    assert before["PENDING"] > 3
    told = await fetch(found, storage)

    after = await statuses(found)
    assert told.error is None, told
    assert after["PENDING"] == 0, (told, after)
    assert after["STORED"] == sum(before.values()) - after["REFUSED"] - after["GONE"]
    files = await kept(found, storage)
    assert len(files) == after["STORED"] > 3
    for content in files.values():
        assert content.startswith((b"%PDF-", b"PK\x03\x04", b"\x89PNG"))
    for path in storage.folder.rglob("*"):
        if path.is_file():
            assert not path.read_bytes().startswith((b"%PDF-", b"PK\x03\x04", b"\x89PNG"))


async def test_the_text_of_a_resume_is_searchable_and_encrypted(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    await fetch(found, storage)
    rows = await found.rows(
        "SELECT x.attachment_id, x.org_id, x.sealed, x.words FROM file_text x "
        "JOIN talent t ON t.id = x.talent_id WHERE t.connection_id = {me}"
    )
    assert rows
    key = await in_thread(lambda: lookup_key(default_vault()))
    for attachment, org, sealed, words in rows:
        text = default_vault().open(sealed, text_context(attachment)).decode()
        assert text.encode() not in bytes(sealed)
        (hashed,) = word_hashes(key, org, [text.split()[0].lower()]) or [0]
        assert isinstance(hashed, int)
        assert words


READER_DIES = """
import os, signal
from pathlib import Path
from jemmo.files import calls, extract
calls.leave_few = lambda: False  # as where the kernel has no filter of system calls
part, died = extract.{part}, Path({died!r})
def dies_once(*args, **limits):
    if died.exists():
        return part(*args, **limits)
    os.kill(os.getppid(), signal.SIGKILL)
    os._exit(1)
extract.{part} = dies_once
"""


async def test_a_resume_whose_reader_is_killed_says_so_and_the_next_is_read(
    teamtailor: Harness,
    database_url: str,
    storage: Storage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    died = tmp_path / "died"
    ready()
    (tmp_path / "sitecustomize.py").write_text(READER_DIES.format(part="words", died=str(died)))
    monkeypatch.syspath_prepend(str(tmp_path))
    close_sandboxes()
    found = await connected(teamtailor, database_url)
    taken: list[bool] = []

    def after_a_file() -> bool:
        taken.append(True)
        return len(taken) > 1

    await fetch(found, storage, enough=after_a_file)
    assert await readings(found) == Counter(FAILED=1)
    died.touch()
    await fetch(found, storage)
    close_sandboxes()

    after = await readings(found)
    assert (after["FAILED"], after["PENDING"]) == (1, 0)
    assert after["DONE"] > 3
    assert (await statuses(found))["PENDING"] == 0


@pytest.mark.long
async def test_a_file_whose_inspection_is_interrupted_waits_and_is_finally_refused(
    teamtailor: Harness,
    database_url: str,
    storage: Storage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    died = tmp_path / "died"
    ready()
    (tmp_path / "sitecustomize.py").write_text(READER_DIES.format(part="inspect", died=str(died)))
    monkeypatch.syspath_prepend(str(tmp_path))
    close_sandboxes()
    found = await connected(teamtailor, database_url)
    for status in ("PENDING", "PENDING", "REFUSED"):
        await fetch(found, storage)
        assert set(await statuses(found)) - {"STORED"} == {status}
        await found.rows("UPDATE attachment SET next_try_at = NULL")
        await found.rows("UPDATE connection SET files_due_at = now()")
    kept = await found.rows("SELECT DISTINCT content_type FROM file_version")
    assert {row[0] for row in kept} <= IMAGES  # images need no inspection
    close_sandboxes()


async def test_without_a_reader_every_file_waits_and_the_status_says_why(
    teamtailor: Harness,
    database_url: str,
    storage: Storage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['pypdfium2'] = None")
    monkeypatch.syspath_prepend(str(tmp_path))
    close_sandboxes()
    found = await connected(teamtailor, database_url)
    told = await fetch(found, storage)
    assert told.error is not None
    assert told.error["code"] == "reader_unavailable"
    assert set(await statuses(found)) - {"STORED"} == {"PENDING"}
    assert await found.value("SELECT files_error->>'code' FROM connection") == "reader_unavailable"


async def readings(found: Company) -> Counter[str]:
    rows = await found.rows(
        "SELECT DISTINCT v.id, v.text_status FROM file_version v JOIN attachment f ON f.current_version = v.id "
        "JOIN talent t ON t.id = f.talent_id WHERE t.connection_id = {me} AND v.state = 'stored'"
    )
    return Counter(row[1] for row in rows)


@pytest.mark.sample(1)
@pytest.mark.parametrize("kind", BACKENDS)
async def test_every_storage_works(
    teamtailor: Harness,
    database_url: str,
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = await connected(teamtailor, database_url)
    with storage_of(kind, tmp_path, monkeypatch) as storage:
        told = await fetch(found, storage)

        assert told.outcomes["stored"] > 3
        assert len(await kept(found, storage)) == told.outcomes["stored"]
        again = await tidied(storage)
    assert again == cleanup.CleanupSummary()


@pytest.mark.sample(1)
async def test_a_second_fetch_makes_no_requests(
    ats: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(ats, database_url)
    await fetch(found, storage)
    ats.forget_requests()
    told = await fetch(found, storage)

    assert told == DownloadSummary()
    assert ats.requests == 0
    assert await in_thread(lambda: connections_due(datetime.now(UTC))) == []


async def test_the_newest_resumes_come_first(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    order = await found.rows(
        "SELECT f.id FROM attachment f JOIN talent t ON t.id = f.talent_id "
        "WHERE t.connection_id = {me} AND t.excluded_reason IS NULL "
        "ORDER BY f.kind = 'RESUME' DESC, "
        "coalesce(f.remote_updated_at, t.remote_updated_at) DESC, f.id DESC"
    )
    await fetch(found, storage)
    fetched = await found.rows(
        "SELECT f.id FROM attachment f JOIN talent t ON t.id = f.talent_id "
        "WHERE t.connection_id = {me} AND fetched_at IS NOT NULL ORDER BY fetched_at"
    )
    assert fetched == order


async def test_a_running_sync_goes_first(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    await found.rows(
        "INSERT INTO lease (connection_id, token, expires_at) "
        "VALUES ({me}, gen_random_uuid(), now() + interval '1 minute')"
    )
    teamtailor.forget_requests()

    assert await fetch(found, storage) == DownloadSummary()
    assert teamtailor.requests == 0


async def test_a_turn_ends_after_its_time(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    told = await fetch(found, storage, seconds=0)

    assert told.more
    assert not told.outcomes


async def test_a_stopping_worker_ends_its_turn_after_the_current_file(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    asked = iter([False, True])

    told = await fetch(found, storage, enough=lambda: next(asked))

    assert told.more
    assert told.outcomes.total() == 1


async def test_an_expired_link_is_requested_again(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    """Links expire after a minute, but the sync read them long before."""
    found = await connected(teamtailor, database_url)
    teamtailor.server.clock.advance(3600)
    told = await fetch(found, storage)

    assert told.outcomes["stored"] > 3
    assert "failed" not in told.outcomes


async def crash_after(step: str, found: Company, storage: Storage) -> None:
    """Fetch files, and crash right after (or instead of) this step of the first one."""

    class Dead(BaseException):
        pass

    async def die(*_: Any, **__: Any) -> Any:
        raise Dead

    await fetch(found, storage, seconds=0)
    target: Any
    if step == "row":
        target = patch.object(type(storage), "put", side_effect=Dead)
    elif step == "bytes":
        target = patch("jemmo.services.files.download.store.finish", die)
    else:
        target = patch("jemmo.services.files.download._keep_words", die)
    with target, pytest.raises(Dead):
        await fetch(found, storage)


@pytest.mark.sample(1)
@pytest.mark.parametrize("step", ["row", "bytes", "finish"])
async def test_a_crash_leaves_no_partial_files(
    teamtailor: Harness, database_url: str, storage: Storage, step: str
) -> None:
    found = await connected(teamtailor, database_url)
    await crash_after(step, found, storage)
    shown = await kept(found, storage)
    assert len(shown) == (1 if step == "finish" else 0)

    await fetch(found, storage)
    await tidied(storage)

    await assert_whole(found, storage)
    assert (await statuses(found))["PENDING"] == 0


@pytest.mark.parametrize("step", ["row", "bytes"])
async def test_remains_of_a_crash_are_swept(
    teamtailor: Harness, database_url: str, storage: Storage, step: str
) -> None:
    found = await connected(teamtailor, database_url)
    await crash_after(step, found, storage)
    told = await tidied(storage)

    assert told.unfinished == 1
    assert files_in(storage) == []
    assert await found.value("SELECT count(*) FROM file_version") == 0


def files_in(storage: Storage) -> list[Stored]:
    """Return the files in the storage, without the mark of its owner."""
    return [stored for stored in storage.listing() if stored.name != place.MARK]


async def assert_whole(found: Company, storage: Storage) -> None:
    """Assert that every file has a row and every row has its file."""
    rows = await found.rows("SELECT org_id || '/' || id FROM file_version WHERE state = 'stored'")
    assert {one.name for one in files_in(storage)} == {row[0] for row in rows}
    assert await found.value("SELECT count(*) FROM file_version WHERE state = 'writing'") == 0


async def test_orphans_are_deleted_and_lost_files_refetched(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    await fetch(found, storage)
    names = sorted(one.name for one in files_in(storage))
    org = names[0].split("/")[0]
    storage.put(f"{org}/{UUID(int=1)}", b"nobody's")
    storage.put(f"{UUID(int=2)}/{UUID(int=3)}", b"another installation's")
    storage.delete(names[0])
    told = await tidied(storage)

    assert (told.orphans, told.lost, told.held) == (1, 1, 0)
    assert (await fetch(found, storage)).outcomes["stored"] == 1
    storage.delete(f"{UUID(int=2)}/{UUID(int=3)}")
    await assert_whole(found, storage)


async def test_another_storage_is_not_taken_for_a_loss(
    database_url: str, storage: Storage, tmp_path: Path
) -> None:
    async with start(TEAMTAILOR, talents=40) as ats:
        found = await connected(ats, database_url)
        await fetch(found, storage)
    told = await tidied(FolderStorage(tmp_path / "elsewhere"))

    assert told.held == len(await kept(found, storage)) > cleanup.FEW
    assert told.lost == 0


@pytest.mark.sample(1)
async def test_files_of_people_deleted_in_the_ats_are_removed(
    ats: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(ats, database_url)
    await fetch(found, storage)
    gone = (
        await found.rows(
            "SELECT t.id FROM talent t JOIN attachment f ON f.talent_id = t.id "
            "WHERE t.connection_id = {me} AND f.fetch_status = 'STORED' LIMIT 1"
        )
    )[0][0]
    await found.rows("UPDATE talent SET remote_deleted_at = now() WHERE id = %s", gone)
    told = await tidied(storage)

    assert told.retired >= 1
    assert await found.value("SELECT count(*) FROM file_text WHERE talent_id = %s", gone) == 0
    await assert_whole(found, storage)


async def test_a_changed_resume_is_another_version(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    await fetch(found, storage)
    await found.rows(
        "UPDATE attachment SET fetch_status = 'PENDING', remote_version = 'older' WHERE id = "
        "(SELECT min(id) FROM attachment WHERE fetch_status = 'STORED')"
    )
    first = (await fetch(found, storage)).outcomes
    assert first == Counter(unchanged=1)

    attachment, talent = (
        await found.rows(
            "SELECT f.id, t.remote_id FROM attachment f JOIN talent t ON t.id = f.talent_id "
            "WHERE f.remote_version IS NOT NULL AND f.fetch_status = 'STORED' "
            "AND f.remote_id = 'resume' AND t.connection_id = {me} ORDER BY f.id LIMIT 1"
        )
    )[0]
    await teamtailor.server.change("edit", "candidates", talent, attributes={"first-name": "Nova"})
    with patch(
        "jemmo.connectors.teamtailor.files.Downloads.fetch",
        lambda *_, **__: _later(pdf("Nova, another resume entirely")),
    ):
        await found.rows("UPDATE attachment SET fetch_status = 'PENDING' WHERE id = %s", attachment)
        assert (await fetch(found, storage)).outcomes == Counter(stored=1)
    versions = await found.value(
        "SELECT count(*) FROM file_version WHERE attachment_id = %s", attachment
    )
    assert versions == 2
    assert b"another resume" in (await kept(found, storage))[f"{talent}/resume"]


async def _later(content: bytes) -> bytes:
    await asyncio.sleep(0)
    return content


async def test_refused_files_are_counted_by_reason(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    from jemmo.store.models import Connection

    found = await connected(teamtailor, database_url)
    with patch(
        "jemmo.connectors.teamtailor.files.Downloads.fetch",
        lambda *_, **__: _later(b"MZ\x90\x00" * 9),
    ):
        told = await fetch(found, storage)

    assert set(told.outcomes) == {"refused"}
    assert files_in(storage) == []
    counts = await in_thread(lambda: counts_of(Connection.objects.get(id=found.id)))
    assert counts.refused == told.outcomes["refused"]
    assert counts.reasons == {"type_not_kept": counts.refused}


async def test_a_file_larger_than_the_limit_is_not_read(
    teamtailor: Harness, database_url: str, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jemmo.services.files.download.max_bytes", lambda: 20)
    found = await connected(teamtailor, database_url)
    told = await fetch(found, storage)

    assert set(told.outcomes) == {"refused"}
    assert set(await statuses(found)) == {"TOO_LARGE"}


async def test_a_refused_key_stops_the_turn_and_waits(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    teamtailor.fault("expires", 5)
    told = await fetch(found, storage)

    assert told.error is not None
    assert told.error["code"] == "key_refused"
    teamtailor.behave()
    assert await fetch(found, storage) == DownloadSummary()
    assert (await statuses(found))["PENDING"] > 0


async def test_a_storage_that_fails_loses_nothing(
    teamtailor: Harness, database_url: str, tmp_path: Path, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    blocked = tmp_path / "file-not-folder"
    blocked.write_text("in the way")
    told = await fetch(found, FolderStorage(blocked))

    assert told.error is not None
    assert told.error["code"] in {"storage_unavailable", "storage_refused"}
    await found.rows("UPDATE attachment SET next_try_at = NULL")
    assert (await fetch(found, storage)).outcomes["stored"] > 3
    with pytest.raises(Missing):
        storage.get(f"{UUID(int=1)}/{UUID(int=1)}")


class Limited(FolderStorage):
    """Refuses large files, like a bucket with a size limit or a proxy that drops long requests."""

    def __init__(self, folder: Path, *, refuse: Exception, above: int) -> None:
        super().__init__(folder)
        self.refuse, self.above = refuse, above

    def put(self, name: str, content: bytes) -> None:
        if len(content) > self.above:
            raise self.refuse
        super().put(name, content)


async def largest_of(found: Company, storage: FolderStorage) -> int:
    """Fetch everything once, return the largest stored size, and discard everything."""
    await fetch(found, storage)
    largest = max(path.stat().st_size for path in storage.folder.rglob("*") if path.is_file())
    await found.rows("DELETE FROM file_version")
    await found.rows("DELETE FROM vault_secret WHERE name = 'storage'")
    await found.rows(
        "UPDATE attachment SET fetch_status = 'PENDING', current_version = NULL, next_try_at = NULL"
    )
    return largest


async def test_only_the_file_that_is_too_large_for_the_storage_is_refused_once(
    teamtailor: Harness, database_url: str, tmp_path: Path
) -> None:
    found = await connected(teamtailor, database_url)
    largest = await largest_of(found, FolderStorage(tmp_path / "measured"))
    storage = Limited(tmp_path / "files", refuse=TooLarge(), above=largest - 1)

    told = await fetch(found, storage)

    assert told.error is None
    assert told.outcomes["stored"] > 3
    assert (await statuses(found))["TOO_LARGE"] == told.outcomes["refused"] > 0
    assert (await statuses(found))["PENDING"] == 0
    refused = "SELECT count(*) FROM attachment WHERE reason = 'storage_too_large'"
    assert await found.value(refused) == told.outcomes["refused"]
    await assert_whole(found, storage)
    assert await fetch(found, storage) == DownloadSummary()


async def test_only_the_file_that_a_proxy_drops_waits(
    teamtailor: Harness, database_url: str, tmp_path: Path
) -> None:
    """A proxy may close the connection instead of responding with 413."""
    found = await connected(teamtailor, database_url)
    largest = await largest_of(found, FolderStorage(tmp_path / "measured"))
    dropped = StorageError(place="supabase://files")
    storage = Limited(tmp_path / "files", refuse=dropped, above=largest - 1)

    told = await fetch(found, storage)

    assert told.error is None
    assert told.outcomes["stored"] > 3
    assert (await statuses(found))["PENDING"] == told.outcomes["failed"] > 0
    waits = "SELECT count(*) FROM attachment WHERE tries = 1 AND next_try_at > now()"
    assert await found.value(waits) == told.outcomes["failed"]


async def test_an_outage_of_the_storage_shows_in_the_status_until_it_is_over(
    teamtailor: Harness, database_url: str, tmp_path: Path
) -> None:
    found = await connected(teamtailor, database_url)
    storage = Limited(tmp_path / "files", refuse=StorageError(place="supabase://files"), above=-1)
    waits = []
    for _ in range(3):
        told = await fetch(found, storage)
        assert told.error is not None
        assert not told.outcomes
        wait = "SELECT extract(epoch FROM min(next_try_at) - now()) FROM attachment"
        waits.append(float(await found.value(wait)))
        await found.rows("UPDATE attachment SET next_try_at = NULL")
    assert [round(seconds / 60) for seconds in waits] == [5, 10, 20]
    (shown,) = await in_thread(overview)
    assert shown.colour == "yellow"
    assert (shown.files_error or {})["code"] == "storage_unavailable"

    storage.above = 10**9
    assert (await fetch(found, storage)).outcomes["stored"] > 3
    (shown,) = await in_thread(overview)
    assert (shown.colour, shown.files_error) == ("green", None)


async def test_no_file_is_stored_in_another_databases_storage(
    teamtailor: Harness, database_url: str, tmp_path: Path
) -> None:
    found = await connected(teamtailor, database_url)
    await fetch(found, FolderStorage(tmp_path / "ours"), seconds=0)
    elsewhere = FolderStorage(tmp_path / "of-another-machine")

    told = await fetch(found, elsewhere)

    assert told.error is not None
    assert told.error["code"] == "storage_other"
    assert not list(elsewhere.listing())
    (shown,) = await in_thread(overview)
    assert shown.colour == "yellow"

    await in_thread(lambda: place.accept(elsewhere))
    await found.rows("UPDATE attachment SET next_try_at = NULL")
    assert (await fetch(found, elsewhere)).outcomes["stored"] > 3


async def test_lost_files_are_refetched_into_an_accepted_storage(
    teamtailor: Harness, database_url: str, storage: FolderStorage, tmp_path: Path
) -> None:
    found = await connected(teamtailor, database_url)
    stored = (await fetch(found, storage)).outcomes["stored"]
    empty = FolderStorage(tmp_path / "empty")

    assert await in_thread(lambda: cleanup.adopt_storage(empty)) == stored
    assert (await fetch(found, empty)).outcomes["stored"] == stored
    await assert_whole(found, empty)


async def test_no_file_is_stored_in_a_public_bucket(teamtailor: Harness, database_url: str) -> None:
    found = await connected(teamtailor, database_url)
    with supabase_server() as address:
        await asyncio.to_thread(make_bucket, address, "open", public=True)
        storage = choose("supabase://open", {"SUPABASE_URL": address, "SUPABASE_SERVICE_KEY": KEY})
        told = await fetch(found, storage)
        assert not list(storage.listing())

    assert told.error is not None
    assert told.error["code"] == "storage_public"


async def test_a_file_that_causes_a_bug_does_not_block_the_next_ones(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    tripped: list[str] = []

    async def trips_once(_: Any, link: str, **__: Any) -> bytes:
        if not tripped:
            tripped.append(link)
            raise ValueError("a bug")
        return pdf(link)

    with patch("jemmo.connectors.teamtailor.files.Downloads.fetch", trips_once):
        told = await fetch(found, storage)

    assert told.error is None
    assert told.outcomes["failed"] == 1
    assert told.outcomes["stored"] > 3
    assert await found.value("SELECT count(*) FROM attachment WHERE reason = 'internal'") == 1


@pytest.mark.long
async def test_without_a_reader_the_doctor_says_why(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['pypdfium2'] = None")
    env = {"PYTHONPATH": str(tmp_path)}
    doctor = await jemmo("doctor", "--json", env=env)
    assert doctor.status == 4
    (reading,) = [one for one in doctor.last["findings"] if one["what"] == "File reading"]
    assert not reading["ok"]
    assert "pypdfium2" in reading["detail"]
