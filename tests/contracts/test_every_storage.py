"""Tests that every file storage must pass."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.storages import BACKENDS, KEY, storage_of

from jemmo.domain.errors import ConfigError
from jemmo.files.choose import choose
from jemmo.files.storage import Missing, Storage, StorageError, check

NAME = "00000000-0000-4000-8000-000000000001/00000000-0000-4000-8000-00000000000a"
OTHER = "00000000-0000-4000-8000-000000000002/00000000-0000-4000-8000-00000000000b"


@pytest.fixture(params=BACKENDS)
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Storage]:
    with storage_of(request.param, tmp_path, monkeypatch) as found:
        yield found


def test_returns_the_stored_content(storage: Storage) -> None:
    content = os.urandom(300_000)
    storage.put(NAME, content)
    storage.put(OTHER, b"\x00")

    assert storage.get(NAME) == content
    assert storage.get(OTHER) == b"\x00"


def test_replaces_a_file_with_the_same_name(storage: Storage) -> None:
    storage.put(NAME, b"first")
    storage.put(NAME, b"second")

    assert storage.get(NAME) == b"second"
    assert [one.name for one in storage.listing()] == [NAME]


def test_a_missing_file_is_reported(storage: Storage) -> None:
    check(storage)
    with pytest.raises(Missing):
        storage.get(NAME)


def test_deletes_and_may_delete_again(storage: Storage) -> None:
    storage.put(NAME, b"x")
    storage.delete(NAME)
    storage.delete(NAME)

    with pytest.raises(Missing):
        storage.get(NAME)
    assert list(storage.listing()) == []


def test_lists_everything_with_its_time(storage: Storage) -> None:
    storage.put(NAME, b"x")
    storage.put(OTHER, b"y")
    found = list(storage.listing())

    assert {one.name for one in found} == {NAME, OTHER}
    for one in found:
        assert abs(datetime.now(UTC) - one.modified_at) < timedelta(minutes=5)


def test_a_check_leaves_nothing_behind(storage: Storage) -> None:
    check(storage)
    check(storage)

    assert list(storage.listing()) == []


@pytest.mark.parametrize("name", ["../x/y", "/etc/passwd", "a/../b", "a", "a/b/c", "a/.b", "a/b\n"])
@pytest.mark.sample(7)
def test_no_name_escapes_the_location(storage: Storage, name: str) -> None:
    for act in (lambda: storage.put(name, b"x"), lambda: storage.get(name)):
        with pytest.raises(ValueError, match="not the name"):
            act()


def test_the_location_is_shown_without_its_key(storage: Storage) -> None:
    assert KEY not in storage.place
    assert KEY not in repr(storage)


def test_lists_one_folder(storage: Storage) -> None:
    storage.put(NAME, b"x")
    storage.put(OTHER, b"y")

    assert [one.name for one in storage.listing(NAME.partition("/")[0])] == [NAME]


def test_an_unavailable_storage_is_retried_later() -> None:
    storage = choose(
        "supabase://resumes",
        {"SUPABASE_URL": "http://127.0.0.1:9", "SUPABASE_SERVICE_KEY": KEY},
    )
    with pytest.raises(StorageError):
        storage.put(NAME, b"x")


@pytest.mark.parametrize(
    "address",
    [
        *("relative/path", "ftp://host/x", "s3://", "supabase://a/b", "supabase://resumes"),
        "s3://key:secret@bucket",
    ],
)
def test_an_invalid_address_is_explained(address: str) -> None:
    with pytest.raises(ConfigError) as told:
        choose(address, {})
    assert told.value.next_step
    assert "secret" not in told.value.message


def test_a_folder_is_closed_to_others(tmp_path: Path) -> None:
    storage = choose(str(tmp_path / "files"), {})
    storage.put(NAME, b"x")

    assert (tmp_path / "files" / NAME).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "files" / NAME.partition("/")[0]).stat().st_mode & 0o777 == 0o700
