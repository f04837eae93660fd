"""Stores files in a local folder that only its owner can read."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from jemmo.domain import system_errors
from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.files.storage import Missing, StorageError, Stored, TooLarge, checked

DRAFT = ".draft-"


class FolderStorage:
    """Implements ``jemmo.files.storage.Storage``. Files are created by renaming, so they are complete or absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def place(self) -> str:
        return str(self.folder)

    def prepare(self) -> None:
        with self._explained():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        with self._explained():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = path.with_name(f"{DRAFT}{os.getpid()}-{secrets.token_hex(6)}")
            try:
                with os.fdopen(
                    os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb"
                ) as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
            _settle(path.parent)

    def get(self, name: str) -> bytes:
        with self._explained():
            try:
                return self._path(name).read_bytes()
            except FileNotFoundError:
                raise Missing from None

    def delete(self, name: str) -> None:
        with self._explained():
            self._path(name).unlink(missing_ok=True)

    def listing(self, folder: str = "") -> Iterator[Stored]:
        """List every file, and drafts left by a killed process, so that these are swept as unknown names."""
        with self._explained():
            paths = list(self.folder.glob(f"{folder or '*'}/*")) if self.folder.is_dir() else []
        for path in paths:
            try:
                changed = path.stat().st_mtime
            except FileNotFoundError:
                continue
            if path.name.startswith(DRAFT):
                self._forget_draft(path, changed)
                continue
            yield Stored(f"{path.parent.name}/{path.name}", datetime.fromtimestamp(changed, UTC))

    def close(self) -> None:
        return None

    def _forget_draft(self, path: Path, changed: float) -> None:
        if datetime.now(UTC).timestamp() - changed > 3600:
            path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / checked(name)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._explain(error) from error

    def _explain(self, error: OSError) -> JemmoError:
        if system_errors.is_not_allowed(error):
            return ConfigError("storage_refused", variant="folder", place=self.folder)
        if error.errno == errno.EFBIG:
            return TooLarge()
        if system_errors.is_full(error):
            return StorageError("disk_full", place=self.folder)
        return StorageError(place=self.folder, reason=os.strerror(error.errno or 0))


def _settle(folder: Path) -> None:
    """Flush the folder's entries to disk, so that a power cut never leaves a row without its file."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
