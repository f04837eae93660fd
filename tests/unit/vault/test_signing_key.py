"""The key that signs sessions must be long, or nothing starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from jemmo.domain.errors import ConfigError
from jemmo.vault.files import MIN_LENGTH, signing_key


def test_a_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "session.key"
    made = signing_key("", path)
    assert len(made) >= MIN_LENGTH
    assert signing_key("", path) == made
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"abc", b"\xff" * 200])
def test_a_damaged_key_is_named(tmp_path: Path, content: bytes) -> None:
    """A three-letter key would sign anything."""
    path = tmp_path / "session.key"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"session\.key.* is damaged") as refused:
        signing_key("", path)
    assert "Remove the file" in refused.value.next_step


@pytest.mark.parametrize("obstacle", [Path.mkdir, lambda path: path.symlink_to(path)])
def test_an_invalid_key_file_is_refused(tmp_path: Path, obstacle: object) -> None:
    path = tmp_path / "session.key"
    assert callable(obstacle)
    obstacle(path)
    with pytest.raises(ConfigError, match="is damaged"):
        signing_key("", path)


def test_a_chosen_key_must_be_long(tmp_path: Path) -> None:
    assert signing_key("k" * MIN_LENGTH, tmp_path / "session.key") == "k" * MIN_LENGTH
    with pytest.raises(ConfigError, match="JEMMO_SECRET_KEY"):
        signing_key("changeme", tmp_path / "session.key")
    assert not list(tmp_path.iterdir())
