"""The client."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import Any, TypedDict, cast
from urllib.parse import quote, urlencode
from uuid import uuid4

from jemmo_client.copies import Part, Total
from jemmo_client.errors import ApiError, IncompleteSnapshot, error_of
from jemmo_client.transport import Answer, Call, Transport, over_http, seconds_of

Record = dict[str, Any]
"""A record, with the fields of the data model."""
RETRIED = (429, 503)
LONGEST_PAUSE = 60.0  # seconds


class Change(TypedDict, total=False):
    """A change of a record. ``record``, if requested, is the record as it is now, ``None`` if it is gone."""

    seq: int
    entity: str
    id: str
    op: str
    fields: list[str]
    at: str
    modified_at: str | None
    record: Record | None


class ChangePage(TypedDict):
    data: list[Change]
    next_after: int


class Digest(TypedDict, total=False):
    """``entities`` are those that the token may read; ``parts`` are set if requested."""

    seq: int
    entities: dict[str, Total]
    parts: list[Part]


class Snapshot:
    """Iterates over all records of an entity. At the end, ``seq`` is the number to continue from."""

    seq: int

    def __init__(self, lines: Iterator[Any]) -> None:
        self._lines = lines

    def __iter__(self) -> Iterator[Record]:
        """Raises ``IncompleteSnapshot``."""
        for line in self._lines:
            if "id" not in line:
                self.seq = line["seq"]
                return
            yield line
        raise IncompleteSnapshot("The snapshot ended before its last line. Read it again.")


class Client:
    """Reads the API with a token.

    Requests that a busy server refuses (429, 503) are repeated when it says so, up to ``attempts`` times in all. Other
    refusals raise ``ApiError``, and a server that can't be reached ``OSError``.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 60.0,
        attempts: int = 5,
        transport: Transport = over_http,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """``url`` is Jemmo's address, such as ``https://jemmo.example.com``; ``timeout`` is in seconds.

        Redirects are not followed: they could send the token to another host.
        """
        # An error about a header with a line break would reveal the token.
        self._base, self._token = f"{url.rstrip('/')}/api/v1", token.strip()
        self._timeout, self._attempts = timeout, max(1, attempts)
        self._transport, self._pause = transport, pause

    def get(self, path: str, **parameters: Any) -> Any:
        """Get any path, such as ``connections``. Parameters that are ``None`` are omitted."""
        with self._sent("GET", path, parameters) as answer:
            return json.loads(answer.body.read())

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """Make a change, once. A repeated request uses the same ``key``; a new key is made if none is given."""
        return self._change("POST", path, body, key)

    def delete(self, path: str, *, key: str | None = None) -> Any:
        """Delete something, such as ``webhook-endpoints/ID``."""
        return self._change("DELETE", path, None, key)

    def records(self, name: str, *, limit: int = 500, **parameters: Any) -> Iterator[Record]:
        """Every record of a list, such as ``talents`` or ``runs``, page after page."""
        cursor = None
        while True:
            page = self.get(name, limit=limit, cursor=cursor, **parameters)
            yield from page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def record(self, name: str, record_id: str, **parameters: Any) -> Record:
        """One record. Raises ``ApiError`` with the code ``not_found``."""
        return cast("Record", self.get(f"{name}/{quote(str(record_id), safe='')}", **parameters))

    def changes(
        self, after: int | None = None, *, limit: int = 500, wait: float = 0, records: bool = False
    ) -> ChangePage:
        """The changes after a number; without one, after the current number.

        ``wait`` is how many seconds to wait for the first change, up to 30. ``records`` adds each record as it is now.
        Raises ``CursorExpired``.
        """
        include = "record" if records else None
        answer = self.get("changes", after=after, limit=limit, wait=wait or None, include=include)
        return cast("ChangePage", answer)

    def follow(self, after: int, *, wait: float = 30, **options: Any) -> Iterator[ChangePage]:
        """Yield pages of changes as they happen, forever. Store ``next_after`` together with the page's results."""
        while True:
            page = self.changes(after, wait=wait, **options)
            yield page
            after = page["next_after"]

    def snapshot(
        self, entity: str, *, first: str | None = None, end: str | None = None, **parameters: Any
    ) -> Snapshot:
        """All records of an entity, or those with ids from ``first`` up to but excluding ``end``."""
        bounds = {"from": first, "to": end}
        return Snapshot(self._lines(f"snapshot/{entity}", {**bounds, **parameters}))

    def digest(
        self,
        entity: str | None = None,
        *,
        at: int | None = None,
        parts: int | None = None,
        first: str | None = None,
        end: str | None = None,
    ) -> Digest:
        """Counts and digests, now or at a number. Raises ``CursorExpired``."""
        bounds = {"from": first, "to": end}
        return cast("Digest", self.get("digest", entity=entity, at=at, parts=parts, **bounds))

    def _change(self, method: str, path: str, body: Any, key: str | None) -> Any:
        headers = {"Idempotency-Key": key or str(uuid4())}
        with self._sent(method, path, {}, headers=headers, body=body) as answer:
            return json.loads(answer.body.read())

    def _lines(self, path: str, parameters: dict[str, Any]) -> Iterator[Any]:
        # The connection may end in the middle of a part or of a line.
        with self._sent("GET", path, parameters) as answer, suppress(HTTPException):
            for line in answer.body:
                if not line.endswith(b"\n"):
                    return
                yield json.loads(line)

    @contextmanager
    def _sent(
        self,
        method: str,
        path: str,
        parameters: dict[str, Any],
        *,
        headers: dict[str, str] | None = None,
        body: Any = None,
    ) -> Iterator[Answer]:
        query = urlencode({key: value for key, value in parameters.items() if value is not None})
        content = None if body is None else json.dumps(body).encode()
        call = Call(
            method,
            f"{self._base}/{path}?{query}" if query else f"{self._base}/{path}",
            {
                "Authorization": f"Bearer {self._token}",
                "Accept": "application/json, application/jsonl",
                "Content-Type": "application/json",
                **(headers or {}),
            },
            content,
            self._timeout + float(parameters.get("wait") or 0),
        )
        for attempt in range(1, self._attempts + 1):
            with self._transport(call) as answer:
                if 200 <= answer.status < 300:
                    yield answer
                    return
                error = _refusal(answer)
            if not _may_pass(error) or attempt == self._attempts:
                raise error
            self._pause(min(error.retry_after or 2.0**attempt, LONGEST_PAUSE))


def _refusal(answer: Answer) -> ApiError:
    retry_after = seconds_of(answer.headers.get("Retry-After"))
    return error_of(answer.status, answer.body.read(), retry_after)


def _may_pass(error: ApiError) -> bool:
    """Whether the same request may succeed later, including when an earlier attempt is still running."""
    return error.status in RETRIED or error.code == "idempotency_in_use"
