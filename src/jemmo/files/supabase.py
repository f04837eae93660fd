"""Stores files in a private bucket of Supabase Storage, through its own HTTP API.

Why not through its S3 API: docs/decisions/0022-supabase-over-its-own-http-api.md.
"""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
import urllib3
from msgspec import Struct
from urllib3.exceptions import HTTPError

from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.domain.validation import is_server
from jemmo.files.storage import Missing, StorageError, Stored, TooLarge, checked

PAGE = 1000
PAUSED = 540
TIMEOUT = urllib3.Timeout(connect=15, read=60)
RETRIES = urllib3.Retry(
    total=1,
    redirect=False,
    allowed_methods=None,  # uploads replace existing files, so any request may be repeated
    status_forcelist=[429, 502, 503, 504, 544],
    respect_retry_after_header=False,
    raise_on_status=False,
)
OCTETS = {
    "Content-Type": "application/octet-stream",
    "Cache-Control": "no-store",
    "x-upsert": "true",
}
JSON = {"Content-Type": "application/json"}


class Answer(Struct, frozen=True):
    """``code`` is Supabase's own error code; the status is 400 for nearly all errors."""

    status: int
    code: str
    content: bytes


class SupabaseStorage:
    """Implements ``jemmo.files.storage.Storage``. The service key is only sent to the project's own host."""

    def __init__(self, url: str, service_key: str, bucket: str) -> None:
        self._bucket = bucket
        self._base = f"{url}/storage/v1"
        self._headers = {"apikey": service_key, "Authorization": f"Bearer {service_key}"}
        self._pool = urllib3.PoolManager(maxsize=10, timeout=TIMEOUT, retries=RETRIES)
        weakref.finalize(self, self._pool.clear)

    @property
    def place(self) -> str:
        return f"supabase://{self._bucket}"

    def prepare(self) -> None:
        answer = self._ask("GET", f"/bucket/{quote(self._bucket, safe='')}")
        if answer.code == "NoSuchBucket":
            self._make_bucket()
            return
        bucket = self._json(answer)
        if bucket.get("public"):
            raise ConfigError("storage_public", place=self.place)

    def put(self, name: str, content: bytes) -> None:
        answer = self._put(name, content)
        if answer.code == "NoSuchBucket":
            self._make_bucket()
            answer = self._put(name, content)
        self._expect(answer)

    def _put(self, name: str, content: bytes) -> Answer:
        return self._ask("POST", self._object(name), content, OCTETS)

    def _make_bucket(self) -> None:
        options = {"id": self._bucket, "name": self._bucket, "public": False}
        answer = self._ask("POST", "/bucket", json.dumps(options).encode(), JSON)
        if answer.code != "Duplicate":  # another process was faster
            self._expect(answer)

    def get(self, name: str) -> bytes:
        return self._expect(self._ask("GET", self._object(name)))

    def delete(self, name: str) -> None:
        body = json.dumps({"prefixes": [checked(name)]}).encode()
        self._expect(self._ask("DELETE", f"/object/{quote(self._bucket, safe='')}", body, JSON))

    def listing(self, folder: str = "") -> Iterator[Stored]:
        folders = [folder] if folder else [entry["name"] for entry in self._entries("")]
        for name in folders:
            for file in self._entries(name):
                changed = file.get("updated_at") or file.get("created_at")
                yield Stored(f"{name}/{file['name']}", _moment(changed))

    def close(self) -> None:
        self._pool.clear()

    def _entries(self, folder: str) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            options = {"prefix": folder, "limit": PAGE, "offset": offset}
            options["sortBy"] = {"column": "name", "order": "asc"}
            path = f"/object/list/{quote(self._bucket, safe='')}"
            entries = self._json(self._ask("POST", path, json.dumps(options).encode(), JSON))
            # Supabase lists folders without an id.
            yield from (entry for entry in entries if (entry.get("id") is None) is (folder == ""))
            if len(entries) < PAGE:
                return
            offset += PAGE

    def _object(self, name: str) -> str:
        return f"/object/{quote(self._bucket, safe='')}/{checked(name)}"

    def _json(self, answer: Answer) -> Any:
        try:
            return msgspec.json.decode(self._expect(answer))
        except msgspec.DecodeError:
            raise self._refused("supabase_url") from None

    def _ask(
        self, method: str, path: str, body: bytes | None = None, more: dict[str, str] | None = None
    ) -> Answer:
        try:
            answer = self._pool.request(
                method, self._base + path, body=body, headers={**self._headers, **(more or {})}
            )
        except HTTPError:
            raise StorageError(place=self.place) from None
        return Answer(answer.status, _code(answer.status, answer.data), answer.data)

    def _expect(self, answer: Answer) -> bytes:
        if answer.status == 200:
            return answer.content
        raise self._explained(answer)

    def _explained(self, answer: Answer) -> JemmoError | Missing:
        """Translate Supabase's errors; its messages are not repeated, since they may contain names."""
        if answer.code == "NoSuchKey":
            return Missing()
        if answer.code == "EntityTooLarge" or answer.status == 413:
            return TooLarge()
        if variant := REFUSALS.get(answer.code):
            return self._refused(variant, reason=answer.code)
        if answer.status == PAUSED:
            return self._refused("supabase_paused")
        if answer.status in {401, 403}:
            return self._refused("supabase_key", reason=f"HTTP {answer.status}")
        is_other = 300 <= answer.status < 400 or answer.status in {404, 405}
        if is_other or (answer.status == 400 and not answer.code):
            return self._refused("supabase_url")
        if answer.status == 400:
            return self._refused(reason=answer.code)
        return StorageError(place=self.place, reason=f"HTTP {answer.status}")

    def _refused(self, variant: str = "", *, reason: str | None = None) -> ConfigError:
        """Return the error for refused credentials, which a person must fix."""
        return ConfigError("storage_refused", variant=variant, place=self.place, reason=reason)


REFUSALS = {
    "NoSuchBucket": "no_bucket",
    "InvalidBucketName": "bucket_name",
    "AccessDenied": "supabase_key",
    "InvalidJWT": "supabase_key",
    "TenantNotFound": "supabase_project",
    "InvalidMimeType": "supabase_types",
}
OLDER_CODES = {
    "Bucket not found": "NoSuchBucket",
    "not_found": "NoSuchKey",
    "Payload too large": "EntityTooLarge",
    "Unauthorized": "AccessDenied",
    "invalid_mime_type": "InvalidMimeType",
}
"""The property ``error`` in responses without a ``code``."""
TAKEN = {"ResourceAlreadyExists", "BucketAlreadyExists", "KeyAlreadyExists", "Duplicate"}


def _code(status: int, content: bytes) -> str:
    if status < 400:
        return ""
    try:
        body = msgspec.json.decode(content)
        code = str(body.get("code") or body.get("error") or "")
    except (msgspec.DecodeError, AttributeError):
        return ""
    code = OLDER_CODES.get(code, code)
    return "Duplicate" if code in TAKEN else code


def project_address(url: str) -> str:
    """Return a Supabase project's address from any of its addresses. Raises ``ConfigError``.

    >>> project_address("https://ref.supabase.co/rest/v1/")
    'https://ref.supabase.co'
    """
    address = url.strip().rstrip("/")
    for ending in ("/storage/v1/s3", "/storage/v1", "/rest/v1", "/auth/v1", "/graphql/v1"):
        address = address.removesuffix(ending).rstrip("/")
    if not is_server(address) or "/dashboard/" in address:
        raise ConfigError("storage_address", variant="supabase")
    return address


def _moment(value: object) -> datetime:
    """Parse a listing's time; a missing one counts as now, so that the file is left alone for the moment."""
    try:
        return datetime.fromisoformat(str(value)).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)
