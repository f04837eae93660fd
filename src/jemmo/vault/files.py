"""Secrets in separate files, readable only by their owner."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from jemmo.domain.errors import ConfigError


def create_private(path: Path, text: str) -> None:
    """Atomically write a new file with mode 0600. If two processes start at once, the first wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _draft(path, text) as draft, suppress(FileExistsError):
        os.link(draft, path)


MIN_LENGTH = 32  # characters; a shorter secret could be guessed


def signing_key(chosen: str, path: Path) -> str:
    """The secret that signs sessions and links: the configured one, or the one in ``path``, created on first use.

    Raises ``ConfigError`` for a secret that could be guessed, because it is weak or its file is damaged.
    """
    if chosen:
        if len(chosen) < MIN_LENGTH:
            raise ConfigError("secret_key", least=MIN_LENGTH)
        return chosen
    if not path.exists():
        create_private(path, secrets.token_urlsafe(48))
    try:
        text = path.read_text()
    except PermissionError:
        raise
    except (OSError, UnicodeError):
        text = ""
    if len(text) < MIN_LENGTH:
        raise ConfigError("secret_key", variant="damaged", path=path)
    return text


def replace_private(path: Path, text: str) -> None:
    """Atomically replace the content of a file."""
    with _draft(path, text) as draft:
        draft.replace(path)


def write_private(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Atomically write a private file. An existing one is not replaced."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        try:
            write(file)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


@contextmanager
def _draft(path: Path, text: str) -> Iterator[Path]:
    """The text in a temporary file beside ``path``, synced to disk. It is always removed, even if the disk is full."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
