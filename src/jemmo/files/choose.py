"""Selects this installation's storage: ``JEMMO_FILES``, else a folder next to the database."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl

from jemmo.domain.errors import ConfigError
from jemmo.domain.validation import is_server, split_address
from jemmo.files.folder import FolderStorage
from jemmo.files.storage import Storage
from jemmo.home import home

ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


def open_storage() -> Storage:
    """Return this process's storage. Raises ``ConfigError`` for an invalid address."""
    keys = ("SUPABASE_URL", "SUPABASE_SERVICE_KEY", *ENDPOINTS)
    return _opened(
        os.environ.get("JEMMO_FILES") or str(home() / "files"),
        tuple((name, os.environ[name]) for name in keys if name in os.environ),
    )


@cache
def _opened(address: str, options: tuple[tuple[str, str], ...]) -> Storage:
    return choose(address, dict(options))


def choose(address: str, environ: Mapping[str, str]) -> Storage:
    """Return the backend for an address. Other backends are not even imported."""
    if "://" not in address:
        path = Path(address).expanduser()
        if not path.is_absolute():
            raise ConfigError("storage_address", variant="relative", address=address)
        return FolderStorage(path)
    parts = _split(address)
    wrong_query = bool(parts.query) and parts.scheme != "s3"
    if parts.username or parts.password or wrong_query or not parts.netloc:
        raise ConfigError("storage_address", variant="parts", address=f"{parts.scheme}://…")
    if parts.scheme == "supabase":
        if parts.path.strip("/"):
            raise ConfigError("storage_address", address=address)
        return _supabase(parts.netloc, environ)
    if parts.scheme == "s3":
        return _s3(parts, environ)
    raise ConfigError("storage_address", address=address)


def _split(address: str) -> SplitResult:
    try:
        return split_address(address)
    except ValueError:
        raise ConfigError("storage_address", address=f"{address.partition('://')[0]}://…") from None


def _s3(parts: SplitResult, environ: Mapping[str, str]) -> Storage:
    from jemmo.files.s3 import S3Storage, encryption_of  # noqa: PLC0415 - a large library, often not used

    endpoint = next(filter(None, (_endpoint(name, environ) for name in ENDPOINTS)), None)
    encryption = encryption_of(dict(parse_qsl(parts.query, keep_blank_values=True)), "s3://…")
    return S3Storage(parts.netloc, parts.path, endpoint, encryption)


def _endpoint(name: str, environ: Mapping[str, str]) -> str | None:
    """Return the address of an S3 service other than Amazon's, or ``None``. Raises ``ConfigError`` if invalid."""
    text = environ.get(name, "").strip()
    if text and not is_server(text):
        raise ConfigError("storage_address", variant="endpoint", variable=name)
    return text or None


def _supabase(bucket: str, environ: Mapping[str, str]) -> Storage:
    from jemmo.files.supabase import SupabaseStorage, project_address  # noqa: PLC0415 - as above

    url, key = environ.get("SUPABASE_URL", ""), environ.get("SUPABASE_SERVICE_KEY", "")
    if not url or not key:
        raise ConfigError("storage_key_missing")
    return SupabaseStorage(project_address(url), key, bucket)
