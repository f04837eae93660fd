"""Files in a private bucket of Supabase Storage, by its own API."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from storage3 import SyncStorageClient
from storage3.exceptions import StorageApiError

from jemmo.domain.errors import ConfigError
from jemmo.files.storage import Missing, StorageError, Stored, checked, probe, refused

PAGE = 1000
TIMEOUT = httpx.Timeout(60, connect=15)
OCTETS = "application/octet-stream"


class SupabaseStorage:
    """Implements ``jemmo.files.storage.Storage``. The service key is sent to the project's own host alone."""

    def __init__(self, url: str, service_key: str, bucket: str) -> None:
        self._bucket = bucket
        self._client = httpx.Client(timeout=TIMEOUT, follow_redirects=False)
        weakref.finalize(self, self._client.close)
        self._api = SyncStorageClient(
            f"{url.rstrip('/')}/storage/v1/",
            {"apikey": service_key, "Authorization": f"Bearer {service_key}"},
            http_client=self._client,
        )

    @property
    def place(self) -> str:
        return f"supabase://{self._bucket}"

    def check(self) -> None:
        """Make the bucket if it is not there; one that the public can read is refused."""
        found = None
        with self._explained():
            try:
                found = self._api.get_bucket(self._bucket)
            except StorageApiError as error:
                if not _no_bucket(error):
                    raise
                self._make_bucket()
        if found is not None and found.public:
            raise ConfigError(
                f"The bucket {self._bucket} is public: anyone with an address could read it.",
                code="storage_public",
                next_step="In Supabase, Storage, make the bucket private.",
            )
        probe(self)

    def put(self, name: str, content: bytes) -> None:
        options: Any = {"content-type": OCTETS, "cache-control": "no-store", "upsert": "true"}
        with self._explained():
            try:
                self._files.upload(checked(name), content, options)
            except StorageApiError as error:
                if not _no_bucket(error):
                    raise
                self._make_bucket()
                self._files.upload(checked(name), content, options)

    def _make_bucket(self) -> None:
        self._api.create_bucket(self._bucket, options={"public": False})

    def get(self, name: str) -> bytes:
        with self._explained():
            content: bytes = self._files.download(checked(name))
            return content

    def delete(self, name: str) -> None:
        with self._explained():
            self._files.remove([checked(name)])

    def listing(self) -> Iterator[Stored]:
        for folder in self._entries(""):
            for file in self._entries(folder["name"]):
                changed = file.get("updated_at") or file.get("created_at")
                yield Stored(f"{folder['name']}/{file['name']}", _moment(changed))

    def close(self) -> None:
        self._client.close()

    def _entries(self, folder: str) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            options: Any = {"limit": PAGE, "offset": offset}
            with self._explained():
                found = self._files.list(folder, options)
            # Supabase marks a folder by the absence of an id.
            yield from (one for one in found if (one.get("id") is None) is (folder == ""))
            if len(found) < PAGE:
                return
            offset += PAGE

    @property
    def _files(self) -> Any:
        return self._api.from_(self._bucket)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Supabase's refusals; its words are not repeated, since they may hold names."""
        try:
            yield
        except StorageApiError as error:
            status = _status(error)
            if _no_bucket(error):
                raise refused(self.place, "there is no such bucket") from None
            if status == 404 or (status == 400 and error.code == "not_found"):
                raise Missing from None
            if status in {400, 401, 403}:
                raise refused(self.place, f"HTTP {status}") from None
            raise StorageError(f"Supabase Storage has a problem (HTTP {status}).") from None
        except httpx.HTTPError:
            raise StorageError("Supabase Storage cannot be reached.") from None


def _no_bucket(error: StorageApiError) -> bool:
    return _status(error) == 404 and "bucket" in str(error.message).lower()


def _status(error: StorageApiError) -> int:
    try:
        return int(error.status)
    except ValueError:
        return 500


def _moment(value: object) -> datetime:
    """A listing's time; one that is missing counts as now, so that the file is left alone for the moment."""
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)
