"""A proxy between a connector and a simulated ATS that rewrites responses as another server might send them.

Anything that a vendor's documentation doesn't promise may differ in practice: the compression and encoding of a body,
additional fields, whether an id is a number. Each of ``DIALECTS`` is one such variation.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

MOVED = "/elsewhere-on-this-host"
NUMBERED = re.compile(r"(?:^|[_A-Z-])[iI]ds?$|^ids?$")
ISO_Z = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)Z$")
PASSED_ON = ("authorization", "x-api-key", "x-api-version", "content-type", "accept")
DROPPED = ("content-length", "content-encoding", "transfer-encoding", "date", "server")
KEPT = frozenset(
    {"value"}
)  # a custom field's value, which is passed on unchanged, whatever it contains
LIMITS = ("rate", "retry-after")

DIALECTS = ("packed", "latin", "wordy", "terse", "ids", "moved", "silent")
"""
packed  gzip in chunks, a byte order mark, whitespace between the tokens, another content type
latin   ISO 8859-1, declared in the content type
wordy   additional fields in every object
terse   fields with null are omitted
ids     numeric ids are sent as text, and the other way around; times have an offset
moved   every URL redirects to another on the same host
silent  no rate-limit headers, and an empty list is a 204; every fifth response is empty at first
"""


class Interpreter:
    def __init__(self, target: str, meaningful_nulls: Collection[str]) -> None:
        self.target = target
        self.meaningful_nulls = meaningful_nulls
        self.dialect = ""
        self.url = ""
        self._asked = 0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path
        if self.dialect == "moved" and not path.startswith(MOVED):
            place = f"{MOVED}{path}"
            self._asked += 1
            place = place if self._asked % 2 else f"{self.url}{place}"
            return web.Response(status=308, headers={"Location": place})
        body = await request.read()
        headers = {name: one for name, one in request.headers.items() if name.lower() in PASSED_ON}
        headers["Host"] = request.host  # so that links in the response lead to the proxy
        url = URL(self.target + path.removeprefix(MOVED), encoded=True)
        async with (
            aiohttp.ClientSession(auto_decompress=True) as session,
            session.request(
                request.method, url, data=body or None, headers=headers, allow_redirects=False
            ) as found,
        ):
            answer = await found.read()
            kept = {name: one for name, one in found.headers.items() if name.lower() not in DROPPED}
            return await self._rewritten(request, found.status, kept, answer)

    async def _rewritten(
        self, request: web.BaseRequest, status: int, headers: dict[str, str], body: bytes
    ) -> web.StreamResponse:
        if status != 200 or "json" not in headers.get("Content-Type", ""):
            return web.Response(status=status, headers=headers, body=body)
        if self.dialect == "silent":
            headers = {
                name: one
                for name, one in headers.items()
                if not any(word in name.lower() for word in LIMITS)
            }
            self._asked += 1
            if self._asked % 5 == 0:
                return web.Response(status=200, headers=headers)
            if _is_empty(json.loads(body)):
                return web.Response(status=204, headers=headers)
        rewrite = REWRITES.get(self.dialect)
        if self.dialect == "terse":
            body = json.dumps(_each(json.loads(body), self._terse)).encode()
        if rewrite is not None:
            body = json.dumps(rewrite(json.loads(body))).encode()
        if self.dialect == "latin":
            text = json.dumps(json.loads(body), ensure_ascii=False)
            body = text.encode("latin-1", "backslashreplace")
            body = re.sub(rb"\\U000([0-9a-f]{5})|\\x([0-9a-f]{2})", _as_json, body)
            headers["Content-Type"] = "application/json; Charset=ISO-8859-1"
        if self.dialect == "packed":
            return await self._packed(request, headers, body)
        return web.Response(status=status, headers=headers, body=body)

    def _terse(self, row: dict[str, Any]) -> dict[str, Any]:
        return {
            name: one
            for name, one in row.items()
            if one is not None or name in self.meaningful_nulls
        }

    async def _packed(
        self, request: web.BaseRequest, headers: dict[str, str], body: bytes
    ) -> web.StreamResponse:
        text = json.dumps(json.loads(body), indent="\t").replace("\n", "\r\n")
        packed = gzip.compress(text.encode("utf-8-sig"))
        answer = web.StreamResponse(
            headers={**headers, "Content-Encoding": "gzip", "Content-Type": "text/plain"}
        )
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        for start in range(0, len(packed), 1000):
            await answer.write(packed[start : start + 1000])
        await answer.write_eof()
        return answer


@asynccontextmanager
async def interpreter(
    target: str, *, meaningful_nulls: Collection[str] = ()
) -> AsyncIterator[Interpreter]:
    """Run the proxy. Null has a meaning for the fields named in ``meaningful_nulls``, so it is never omitted there."""
    found = Interpreter(target, meaningful_nulls)
    runner = web.ServerRunner(web.Server(found.handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield found
    finally:
        await runner.cleanup()


def _as_json(found: re.Match[bytes]) -> bytes:
    """Return a character outside ISO 8859-1 as a JSON escape."""
    character = chr(int(found[1] or found[2], 16))
    return json.dumps(character)[1:-1].encode()


def _is_empty(value: Any) -> bool:
    """Whether a response is an empty list, in whatever envelope."""
    if isinstance(value, dict):
        lists = [one for one in value.values() if isinstance(one, list)]
        return bool(lists) and not any(lists)
    return bool(value == [])


def _each(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    if isinstance(value, list):
        return [_each(one, change) for one in value]
    if isinstance(value, dict):
        parts = {name: one if name in KEPT else _each(one, change) for name, one in value.items()}
        return change(parts)
    return value


def _wordy(row: dict[str, Any]) -> dict[str, Any]:
    """Add unknown fields. An object without an id may be a mapping, so its new entry looks like the others."""
    new = {"new_since_2027": {"data": None, "value": None, "list": [1, {"x": None}]}}
    return ({"__typename": "Thing"} if "id" in row else {}) | new | row


def _ids(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _turned(name, one) for name, one in row.items()}


def _turned(name: str, value: Any) -> Any:
    if isinstance(value, str) and (moment := ISO_Z.match(value)):
        return f"{moment[1]}+00:00"
    if not NUMBERED.search(name):
        return value
    if isinstance(value, list):
        return [_turned("id", one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return int(value) if isinstance(value, str) and value.isdecimal() else value


REWRITES: dict[str, Callable[[Any], Any]] = {
    "wordy": lambda value: _each(value, _wordy),
    "ids": lambda value: _each(value, _ids),
}
