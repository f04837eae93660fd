"""A restore uses the keys in a backup only if they can be trusted, and keeps them only if it succeeds."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest
import tink
from tink import aead, json_proto_keyset_format, secret_key_access

from jemmo.domain.errors import ConfigError
from jemmo.files.folder import FolderStorage
from jemmo.services.operations import archive, restoring
from jemmo.services.operations.archive import Damaged, Files, Manifest
from jemmo.services.operations.backups import KEYSET
from jemmo.vault import Vault, VaultError, wrapping

KEY, OTHER_KEY = (f"{'MDEy' * 10}{end}=" for end in ("MDE", "MDI"))


def made(path: Path, keys: tink.KeysetHandle, keyset: str) -> Path:
    """A backup without tables, sealed with these keys, which contains a keyset."""
    with archive.writing(path) as out:
        out.add(KEYSET, keyset.encode())
        manifest = Manifest(
            jemmo="1.0",
            made_at="2026-11-27T09:00:00+00:00",
            postgres=160000,
            migrations=[],
            tables={},
            sequences=[],
            left_out=[],
            files=Files(place="", included=False, count=0, bytes=0),
            keys=[],
            keyset_included=True,
            counts={},
            parts=dict(out.parts),
        )
        text = msgspec.json.encode(manifest)
        out.add(archive.MANIFEST, text)
        proof = Vault(keys).seal(hashlib.sha256(text).digest(), archive.CONTEXT)
        out.add(archive.PROOF, proof)
    return path


@pytest.fixture
def keys() -> tink.KeysetHandle:
    return tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)


def refused(backup: Path, keyset: Path) -> ConfigError:
    storage = FolderStorage(backup.parent / "files")
    with pytest.raises(ConfigError) as error:
        restoring.restore(backup, storage=storage, keyset=keyset)
    assert not keyset.exists()
    return error.value


@pytest.mark.parametrize("with_key", [True, False])
def test_a_plain_keyset_in_a_backup_is_refused(
    with_key: bool,
    database_url: str,
    keys: tink.KeysetHandle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if with_key:
        monkeypatch.setenv(wrapping.VARIABLE, KEY)
    plain = json_proto_keyset_format.serialize(keys, secret_key_access.TOKEN)
    backup = made(tmp_path / "altered.tar", keys, plain)
    assert isinstance(refused(backup, tmp_path / "keyset.json"), Damaged)


def test_an_encrypted_keyset_needs_its_key(
    database_url: str, keys: tink.KeysetHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(wrapping.VARIABLE, OTHER_KEY)
    backup = made(tmp_path / "backup.tar", keys, wrapping.serialize(keys))
    monkeypatch.setenv(wrapping.VARIABLE, KEY)
    error = refused(backup, tmp_path / "keyset.json")
    assert isinstance(error, VaultError)
    assert error.variant == "other_wrapping"


def test_a_refused_restore_leaves_no_keys(
    database_url: str, keys: tink.KeysetHandle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jemmo.services.accounts import accounts

    accounts.ensure_organisation("acme")
    monkeypatch.setenv(wrapping.VARIABLE, KEY)
    backup = made(tmp_path / "backup.tar", keys, wrapping.serialize(keys))
    assert refused(backup, tmp_path / "keyset.json").code == "not_empty"


def test_a_restore_that_fails_removes_the_keys_again(tmp_path: Path) -> None:
    keyset = tmp_path / "keyset.json"

    def fails() -> None:
        with restoring._installed(keyset, "keys"):
            assert keyset.read_text() == "keys"
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert not keyset.exists()
