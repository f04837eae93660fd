"""The backup file: a tar of parts that ends with a manifest of the SHA-256 of each part.

The manifest comes last, so a truncated backup has none. It is followed by its digest, sealed with the installation's
keys, which proves that the manifest is genuine and that these are the right keys.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import msgspec
from msgspec import Struct, field

from jemmo.domain.errors import ConfigError

FORMAT = 1
MANIFEST, PROOF = "manifest.json", "manifest.proof"
CONTEXT = b"backup manifest"
BLOCK = 256 * 1024
IN_MEMORY = 8 * 1024 * 1024
PART = 64 * 1024 * 1024  # bytes of a table's rows per part, uncompressed
MAX_MANIFEST = 512 * 1024 * 1024


class Damaged(ConfigError):
    """The backup is incomplete, or not a backup."""

    default_code = "backup_damaged"


class Table(Struct, frozen=True, kw_only=True):
    """A table in the backup: its columns in order, and the numbers of its rows and parts."""

    columns: list[str]
    rows: int
    parts: int


class Files(Struct, frozen=True, kw_only=True):
    """The files of a backup. ``included``: it contains their bytes; ``missing``: files with a row but no bytes."""

    place: str
    included: bool
    count: int
    bytes: int
    missing: int = 0


class Manifest(Struct, frozen=True, kw_only=True):
    """The contents of a backup.

    ``parts`` maps each part to its size in bytes and SHA-256; ``keys`` are the ids of the keys that are needed.
    """

    format: int = FORMAT
    jemmo: str
    made_at: str
    postgres: int
    migrations: list[tuple[str, str]]
    tables: dict[str, Table]
    sequences: list[tuple[str, int, bool]]
    left_out: list[str]
    files: Files
    keys: list[str]
    keyset_included: bool
    counts: dict[str, int]
    parts: dict[str, tuple[int, str]] = field(default_factory=dict)


class Archive:
    """A backup being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.parts: dict[str, tuple[int, str]] = {}

    def add(self, name: str, content: bytes) -> None:
        self._add(name, io.BytesIO(content), len(content), hashlib.sha256(content).hexdigest())

    def add_lines(self, folder: str, blocks: Iterator[bytes]) -> tuple[int, int]:
        """Write lines, such as a table's rows, in compressed parts. Return the number of lines and parts.

        A part may end in the middle of a row, because parts are read in sequence.
        """
        lines = parts = 0
        block = next(blocks, None)
        while block is not None:
            parts += 1
            packer, digest, size = zlib.compressobj(3, wbits=31), hashlib.sha256(), 0
            with SpooledTemporaryFile(IN_MEMORY) as spool:
                while block is not None and size < PART:
                    size += len(block)
                    lines += block.count(b"\n")  # a line feed within a value is written as \n
                    _pack(packer.compress(block), spool, digest)
                    block = next(blocks, None)
                _pack(packer.flush(), spool, digest)
                length = spool.tell()
                spool.seek(0)
                self._add(f"{folder}/{parts:06}.gz", spool, length, digest.hexdigest())
        return lines, parts

    def _add(self, name: str, content: Any, size: int, digest: str) -> None:
        head = tarfile.TarInfo(name)
        head.size, head.mode = size, 0o600
        self._tar.addfile(head, content)
        self.parts[name] = (size, digest)


@contextmanager
def writing(path: Path) -> Iterator[Archive]:
    """Open a new backup, readable only by its owner. It appears at ``path`` once complete. Raises ``ConfigError``."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                    yield Archive(tar)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)  # unlike a rename, this never replaces another file
        finally:
            draft.unlink(missing_ok=True)
    except FileExistsError:
        raise ConfigError("path", variant="exists", path=path) from None
    except OSError as error:
        raise ConfigError("path", path=path, reason=os.strerror(error.errno or 0)) from error


def parts_of(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield each part in order, with its name. Read it before requesting the next. Raises ``Damaged``."""
    with _explained(path), tarfile.open(path, mode="r|") as tar:
        for head in tar:
            content = tar.extractfile(head) if head.isreg() else None
            if content is None:
                raise Damaged(file=path.name)
            yield head.name, content


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise ConfigError("path", variant="missing", path=path) from None
    except (tarfile.TarError, EOFError, zlib.error):
        raise Damaged(file=path.name) from None
    except OSError as error:
        raise ConfigError(
            "path", variant="unreadable", path=path, reason=os.strerror(error.errno or 0)
        ) from error


def verified(path: Path) -> tuple[Manifest, bytes, bytes]:
    """Read a whole backup and check every part, the manifest, its digest and its proof.

    Raises ``Damaged`` if anything is missing, changed or added, and ``ConfigError`` for a newer format.
    """
    parts: dict[str, tuple[int, str]] = {}
    kept: dict[str, bytes] = {}
    with _explained(path):  # truncation is noticed only when the data is read
        for name, content in parts_of(path):
            if name in parts or name in kept:
                raise Damaged(file=path.name)
            if name in {MANIFEST, PROOF}:
                kept[name] = content.read(MAX_MANIFEST)
            else:
                parts[name] = _sum_of(content)
    if set(kept) != {MANIFEST, PROOF}:
        raise Damaged(file=path.name)
    manifest = _decoded(path, kept[MANIFEST])
    if parts != manifest.parts:
        raise Damaged(file=path.name)
    return manifest, hashlib.sha256(kept[MANIFEST]).digest(), kept[PROOF]


def _sum_of(content: IO[bytes]) -> tuple[int, str]:
    """Return the size and the SHA-256."""
    digest, size = hashlib.sha256(), 0
    while block := content.read(BLOCK):
        digest.update(block)
        size += len(block)
    return size, digest.hexdigest()


def _decoded(path: Path, text: bytes) -> Manifest:
    try:
        version = msgspec.json.decode(text, type=dict[str, Any]).get("format")
        if version == FORMAT:
            return msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Damaged(file=path.name) from None
    raise ConfigError("backup_newer")


def unpacked(content: IO[bytes]) -> Iterator[bytes]:
    """Yield a compressed part's bytes in blocks."""
    unpacker = zlib.decompressobj(wbits=31)
    while block := content.read(BLOCK):
        if piece := unpacker.decompress(block):
            yield piece
    yield unpacker.flush()


def _pack(piece: bytes, spool: IO[bytes], digest: Any) -> None:
    spool.write(piece)
    digest.update(piece)
