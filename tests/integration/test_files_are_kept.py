"""Resumes, from the simulated ATS into the storage: in time, whole, sealed, and never half."""

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
from fakes.storages import BACKENDS, storage_of

from jemmo.connectors.registry import connector_for
from jemmo.files.folder import FolderStorage
from jemmo.files.storage import Missing, Storage
from jemmo.sandbox.files import pdf
from jemmo.services import tidying
from jemmo.services.fetching import Fetched, fetch_files, file_context, text_context
from jemmo.services.lookups import lookup_key
from jemmo.store.selectors.files import connections_due, counts_of
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
    """The vendor, with whatever makes its sandbox hand out resumes."""
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


async def fetch(found: Company, storage: Storage, **more: Any) -> Fetched:
    return await fetch_files(
        found.id,
        database_url=found.database_url,
        vault=default_vault(),
        storage=storage,
        **more,
    )


async def tidied(storage: Storage, *, later: timedelta = LATER) -> tidying.Tidied:
    now = datetime.now(UTC) + later
    return await in_thread(lambda: tidying.tidy(storage, default_vault(), now=now))


async def kept(found: Company, storage: Storage) -> dict[str, bytes]:
    """Every kept file in clear, by the remote id of its talent and its own."""
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


async def test_every_resume_is_fetched_and_sealed(
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


async def test_the_words_of_a_resume_are_found_and_sealed(
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


@pytest.mark.parametrize("kind", BACKENDS)
async def test_every_storage_will_do(
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
    assert again == tidying.Tidied()


async def test_fetching_again_asks_for_nothing(
    ats: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(ats, database_url)
    await fetch(found, storage)
    ats.forget_requests()
    told = await fetch(found, storage)

    assert told == Fetched()
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

    assert await fetch(found, storage) == Fetched()
    assert teamtailor.requests == 0


async def test_a_turn_ends_when_its_time_is_up(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    told = await fetch(found, storage, seconds=0)

    assert told.more
    assert not told.outcomes


async def test_a_worker_that_is_to_stop_ends_its_turn_after_the_file_in_hand(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    asked = iter([False, True])

    told = await fetch(found, storage, enough=lambda: next(asked))

    assert told.more
    assert told.outcomes.total() == 1


async def test_a_link_that_died_is_asked_for_again(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    """Links live for a minute; the sync read them long before."""
    found = await connected(teamtailor, database_url)
    teamtailor.server.clock.advance(3600)
    told = await fetch(found, storage)

    assert told.outcomes["stored"] > 3
    assert "failed" not in told.outcomes


async def crash_after(step: str, found: Company, storage: Storage) -> None:
    """Fetch, and die right after (or instead of) this step of the first file."""

    class Dead(BaseException):
        pass

    async def die(*_: Any, **__: Any) -> Any:
        raise Dead

    target: Any
    if step == "row":
        target = patch.object(type(storage), "put", side_effect=Dead)
    elif step == "bytes":
        target = patch("jemmo.services.fetching.store.finish", die)
    else:
        target = patch("jemmo.services.fetching._read", die)
    with target, pytest.raises(Dead):
        await fetch(found, storage)


@pytest.mark.parametrize("step", ["row", "bytes", "finish"])
async def test_a_crash_leaves_nothing_half(
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
async def test_what_a_crash_left_is_swept(
    teamtailor: Harness, database_url: str, storage: Storage, step: str
) -> None:
    found = await connected(teamtailor, database_url)
    await crash_after(step, found, storage)
    told = await tidied(storage)

    assert told.unfinished == 1
    assert list(storage.listing()) == []
    assert await found.value("SELECT count(*) FROM file_version") == 0


async def assert_whole(found: Company, storage: Storage) -> None:
    """No file without a row, no row without its file."""
    rows = await found.rows("SELECT org_id || '/' || id FROM file_version WHERE state = 'stored'")
    assert {one.name for one in storage.listing()} == {row[0] for row in rows}
    assert await found.value("SELECT count(*) FROM file_version WHERE state = 'writing'") == 0


async def test_orphans_go_and_lost_files_are_fetched_again(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    await fetch(found, storage)
    names = sorted(one.name for one in storage.listing())
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

    assert told.held == len(await kept(found, storage)) > tidying.FEW
    assert told.lost == 0


async def test_files_of_who_left_the_ats_are_taken_away(
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


async def test_a_resume_that_changed_is_another_version(
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
        "jemmo.connectors.teamtailor.files.download",
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


async def test_what_may_not_be_kept_is_counted_with_its_reason(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    from jemmo.store.models import Connection

    found = await connected(teamtailor, database_url)
    with patch(
        "jemmo.connectors.teamtailor.files.download", lambda *_, **__: _later(b"MZ\x90\x00" * 9)
    ):
        told = await fetch(found, storage)

    assert set(told.outcomes) == {"refused"}
    assert list(storage.listing()) == []
    counts = await in_thread(lambda: counts_of(Connection.objects.get(id=found.id)))
    assert counts.refused == told.outcomes["refused"]
    assert counts.reasons == {"type_not_kept": counts.refused}


async def test_a_file_larger_than_the_limit_is_not_read(
    teamtailor: Harness, database_url: str, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jemmo.services.fetching.max_bytes", lambda: 20)
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
    assert await fetch(found, storage) == Fetched()
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


async def test_a_file_that_trips_us_does_not_stop_those_behind_it(
    teamtailor: Harness, database_url: str, storage: Storage
) -> None:
    found = await connected(teamtailor, database_url)
    tripped: list[str] = []

    async def trips_once(link: str, *_: Any, **__: Any) -> bytes:
        if not tripped:
            tripped.append(link)
            raise ValueError("a bug")
        return pdf(link)

    with patch("jemmo.connectors.teamtailor.files.download", trips_once):
        told = await fetch(found, storage)

    assert told.error is None
    assert told.outcomes["failed"] == 1
    assert told.outcomes["stored"] > 3
    assert await found.value("SELECT count(*) FROM attachment WHERE reason = 'internal'") == 1
