"""Django's cache in a table, as JSON, so that code in a row that an attacker wrote never runs.

Django's own backend unpickles what it reads, which runs such code. All processes share this cache to count attempts.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

from jemmo.store.db.query import execute, fetch_value

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
TIDY_EVERY = 60.0  # seconds; how often a process removes expired entries

_GET = "SELECT value FROM cache_entry WHERE cache_key = %s AND expires > now()"
_PUT = """
    INSERT INTO cache_entry (cache_key, value, expires) VALUES (%s, %s, %s)
    ON CONFLICT (cache_key) DO UPDATE SET value = EXCLUDED.value, expires = EXCLUDED.expires"""
_ADD = _PUT + " WHERE cache_entry.expires <= now()"
_COUNT = """
    INSERT INTO cache_entry (cache_key, value, expires) VALUES (%s, %s::bigint::text, %s)
    ON CONFLICT (cache_key) DO UPDATE SET
        value = CASE WHEN cache_entry.expires > now() AND cache_entry.value ~ '^-?[0-9]{1,15}$'
            THEN (cache_entry.value::bigint + EXCLUDED.value::bigint)::text ELSE EXCLUDED.value END,
        expires = CASE WHEN cache_entry.expires > now() THEN cache_entry.expires ELSE EXCLUDED.expires END
    RETURNING value::bigint"""
_TOUCH = "UPDATE cache_entry SET expires = %s WHERE cache_key = %s AND expires > now()"
_DELETE = "DELETE FROM cache_entry WHERE cache_key = %s"
_TIDY = "DELETE FROM cache_entry WHERE expires <= now()"


class JsonCache(BaseCache):
    """A cache of JSON values. Entries are deleted when they expire, never to make room."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._tidied = time.monotonic()

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        value = fetch_value(_GET, [self.make_and_validate_key(key, version=version)])
        try:
            return default if value is None else msgspec.json.decode(value)
        except msgspec.DecodeError:
            return default

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self._put(_PUT, key, value, timeout, version)

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        return self._put(_ADD, key, value, timeout, version) == 1

    def count(self, key: str, *, seconds: float, by: int = 1) -> int:
        """Atomically add to a counter that expires ``seconds`` after its creation. Return the sum."""
        own = self.make_and_validate_key(key)
        return int(fetch_value(_COUNT, [own, by, self._end(seconds)]))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        own = self.make_and_validate_key(key, version=version)
        return execute(_TOUCH, [self._end(timeout), own]) == 1

    def delete(self, key: Any, version: int | None = None) -> bool:
        return execute(_DELETE, [self.make_and_validate_key(key, version=version)]) == 1

    def clear(self) -> None:
        execute("DELETE FROM cache_entry")

    def _put(self, statement: str, key: Any, value: Any, timeout: Any, version: int | None) -> int:
        own = self.make_and_validate_key(key, version=version)
        self._tidy()
        return execute(statement, [own, msgspec.json.encode(value).decode(), self._end(timeout)])

    def _end(self, timeout: Any) -> datetime:
        end = self.get_backend_timeout(timeout)
        return NEVER if end is None else datetime.fromtimestamp(end, UTC)

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied > TIDY_EVERY:
            self._tidied = time.monotonic()
            execute(_TIDY)
