"""Secrets that live in files of their own, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def create_private(path: Path, text: str) -> None:
    """Write a new file with mode 0600, whole or not at all; of two that start at once, the first wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def kept_secret(path: Path) -> str:
    """The random text in ``path``, made on first use."""
    if not path.exists():
        create_private(path, secrets.token_urlsafe(48))
    return path.read_text()


def replace_private(path: Path, text: str) -> None:
    """Put another content in the place of a file, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_private(path: Path, content: bytes) -> None:
    """Write bytes that are for their owner alone; a file that is there already is not replaced."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
