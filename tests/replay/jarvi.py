"""A second Jarvi, written only from public information about its API.

Its author had read neither the connector nor ``jemmo.sandbox.jarvi``, so it exposes misreadings that those two share.
Sources: the reference at api-docs.jarvi.tech, the help at jarvi.tech/en/help, and observations in public clients (a
recruiter's synchronization of 36,507 profiles, a crawler of job offers, the forms of a website).

Documented or measured behavior that is easy to miss:

- profiles come in pages of a hundred, whatever the ``limit``; a sorted request for more is a server error
- an unknown ``where`` is ignored, and ``deletedAt`` always is; ``isTalent`` lets some contacts through
- deleted profiles are listed and counted in ``total``
- without ``orderBy``, rows are in the table's order: the one edited last comes last
- values of custom fields repeat the field's definition; booleans and numbers are text; each choice is a separate value
- times have microseconds without trailing zeros; rows carry ``__typename``
- the public key reads offers only

Each field of ``Silent`` is something that the reference leaves open; the tests try each of its values.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import Any
from uuid import UUID, uuid4

from aiohttp import web
from replay.jarvi_account import STATUSES, Row, account, ids, iso, profile

from jemmo.domain.streams import Stream

PATH = "/v1/public-api/rest/v2"
ROUTES = ("profiles", "projects", "companies", "offers")
PARAMETERS = {"limit", "offset", "where", "orderBy"}
PAGE = 100
MOST = {"profiles": 1000, "projects": 1000, "companies": 1000, "offers": 2000}
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
OFFER = ("id", "name", "createdAt", "updatedAt", "externalId", "referenceId", "fieldsValues")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "_eq": lambda held, asked: held == asked,
    "_neq": lambda held, asked: held != asked,
    "_in": lambda held, asked: held in asked,
    "_gt": lambda held, asked: held > asked,
    "_gte": lambda held, asked: held >= asked,
    "_lt": lambda held, asked: held < asked,
    "_lte": lambda held, asked: held <= asked,
    "_ilike": lambda held, asked: fnmatchcase(held.lower(), asked.lower().replace("%", "*")),
}
KINDS = {Stream.JOBS: "projects", Stream.TALENTS: "profiles"}


@dataclass(frozen=True, kw_only=True)
class Silent:
    """The account's behavior where the reference is silent.

    named        whether lists of projects and companies use their own names instead of ``data``
    obeys        whether ``limit`` is applied, up to the documented maximum
    refusal      the status for a wrong key, and for a public key without access
    public_only  whether offers refuse the private key
    ordered      whether ``orderBy`` has an effect
    ties         whether rows with the same ``createdAt`` keep their order between pages
    several      whether an order by several columns is ``understood``, ``ignored`` or ``refused``
    filters      whether the filter ``updatedAt`` works
    merged       the state of a profile that was merged into another: ``deleted`` or ``gone``
    plain        whether e-mail addresses are strings
    linked       whether profiles list their projects and files
    """

    named: bool = False
    obeys: bool = False
    refusal: int = 401
    public_only: bool = False
    ordered: bool = True
    ties: bool = True
    several: str = "understood"
    filters: bool = True
    merged: str = "deleted"
    plain: bool = False
    linked: bool = False


class Refused(Exception):
    """An error response: JSON with a message, or text for 429 and 500."""

    def __init__(self, status: int, message: str, retry: int | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.retry = status, message, retry

    def response(self) -> web.Response:
        headers = {} if self.retry is None else {"Retry-After": str(self.retry)}
        if self.status in {429, 500}:
            return web.Response(status=self.status, text=self.message, headers=headers)
        return web.json_response({"message": self.message}, status=self.status)


class Jarvi:
    """One agency's account.

    The fault ``storm`` refuses the given share of requests, ``expires`` the key after the given number of requests.
    """

    def __init__(self, talents: int, keys: Mapping[str, str], silent: Silent | None = None) -> None:
        self.key, self.public = "invented-private-key", "invented-public-key"
        self.base_url = ""
        self.keys = {self.key: "private", self.public: "public", **keys}
        self.silent = silent or Silent()
        self.held = account(talents)
        self.statuses: Counter[int] = Counter()
        self.odd: list[str] = []  # requests that no public source mentions
        self.fault: str | None = None
        self.measure = 1.0
        self.met = 0
        if self.silent.linked:
            for number, row in enumerate(self.held["profiles"].values()):
                self._link(row, number)

    # --- for tests ---

    async def change(
        self, op: str, kind: str, record: int | str | None = None, **order: Any
    ) -> str:
        """Create, edit or delete a record as a recruiter would; return its id. Deletions are soft unless ``hard``."""
        rows, now = self.held[kind], datetime.now(UTC)
        if op == "create":
            record = str(uuid4())
            rows[record] = profile(record, now, **order["attributes"])
            return record
        key = str(record)
        row = rows.pop(key)  # an edited row moves to the end of the table
        if op == "delete" and order.get("hard"):
            return key
        more = {"deletedAt": iso(now)} if op == "delete" else order["attributes"]
        rows[key] = {**row, "updatedAt": iso(now), **more}
        return key

    async def merge(self, old: str, into: str) -> None:
        """Merge a duplicate into another profile, which keeps the values of both."""
        rows = self.held["profiles"]
        lost = rows[old]
        gained = {name: held for name, held in lost.items() if held and not rows[into].get(name)}
        await self.change("edit", "profiles", into, attributes=gained)
        await self.change("delete", "profiles", old, hard=self.silent.merged == "gone")

    def misbehave(self, fault: str | None, measure: float | None = None) -> None:
        """Start a fault, or end it with ``None``."""
        self.fault, self.measure, self.met = fault, measure or 0.3, 0

    def expire_links(self) -> None:
        """Do nothing: links to files, if any, require the key and don't expire."""

    def truth(self, stream: Stream) -> dict[str, Row]:
        """Return every record that a full sync yields, by id."""
        if stream is Stream.POSTINGS and self.silent.public_only:
            return {}
        if stream is Stream.POSTINGS:
            jobs = self.truth(Stream.JOBS)
            return {row["id"]: row for row in self._rows("offers") if row["id"] in jobs}
        if stream not in KINDS:
            return {}
        flag = "isTalent" if stream is Stream.TALENTS else "isMadeForRecruitment"
        rows = self.held[KINDS[stream]].values()
        return {row["id"]: row for row in rows if row[flag] and not row["deletedAt"]}

    def payloads(self, key: str) -> list[Any]:
        """Return possible payloads of a trigger about a profile, since the real format is undocumented."""
        row = self.held["profiles"][key]
        name = {"firstName": row["firstName"], "lastName": row["lastName"]}
        project = next(iter(self.held["projects"]))
        return [
            {"profileId": key, "projectId": project, "statusId": STATUSES[3]},
            {"profile": {"id": key, **name}, "project": {"id": project}},
            {"event": "PROFILE_STATUS_CHANGED", "data": {"profile": {"id": key, **name}}},
            [{"body": {"profileId": key}}],
        ]

    def _link(self, row: Row, number: int) -> None:
        """Add projects and a resume to a profile, in the format of projects' files."""
        made, born = ids(f"links{number}"), row["createdAt"]
        stages = STATUSES[3:]
        jobs = [one for one in self.held["projects"].values() if one["isMadeForRecruitment"]]
        row["projectsProfiles"] = [
            {
                "id": made(),
                "projectId": job["id"],
                "statusId": stages[number % 3],
                "createdAt": born,
                "updatedAt": born,
                "deletedAt": None,
            }
            for job in [jobs[number % len(jobs)], jobs[(number + 1) % len(jobs)]][: number % 3]
        ]
        file = {"id": made(), "name": f"CV n° {number}.pdf", "size": len(PDF)}
        row["resumes"] = [
            {
                "fileId": file["id"],
                "createdAt": born,
                "updatedAt": born,
                "file": {**file, "mimeType": "application/pdf", "__typename": "files"},
            }
        ][: row["countResumes"]]

    # --- responses ---

    async def answer(self, request: web.Request) -> web.Response:
        try:
            response = web.json_response(self._read(request))
        except Refused as refused:
            response = refused.response()
        self.statuses[response.status] += 1
        return response

    async def file(self, request: web.Request) -> web.Response:
        """Serve a file to holders of the private key."""
        if self.keys.get(request.headers.get("X-API-KEY", "")) != "private":
            return web.json_response({"error": {"message": "forbidden"}}, status=403)
        return web.Response(body=PDF, content_type="application/pdf")

    def _read(self, request: web.Request) -> Any:
        scope = self.keys.get(request.headers.get("X-API-KEY", ""))
        name = request.match_info["name"]
        self.met += 1
        if self.fault == "storm" and self.met * self.measure % 1 < self.measure:
            raise Refused(429, "Too Many Requests", retry=1)
        if scope is None or (self.fault == "expires" and self.met > self.measure):
            raise Refused(self.silent.refusal, "Invalid API key")
        if name not in ROUTES or request.method != "GET":
            self.odd.append(request.path_qs)
            raise Refused(404, "Not Found")
        wrong = self.silent.public_only and scope == "private" and name == "offers"
        if wrong or (scope == "public" and name != "offers"):
            raise Refused(self.silent.refusal, "You cannot use this API key for this request")
        if set(request.query) - PARAMETERS:
            self.odd.append(request.path_qs)
        return self._page(name, request.query)

    def _page(self, name: str, query: Mapping[str, str]) -> Any:
        where, order = (_parsed(query.get(one)) for one in ("where", "orderBy"))
        asked = int(query.get("limit", PAGE))
        size = min(asked, MOST[name]) if self.silent.obeys else PAGE
        if name == "profiles" and not self.silent.obeys and order and asked > PAGE:
            raise Refused(500, "Internal Server Error")
        rows = [row for row in self._rows(name) if self._fits(name, row, where)]
        offset = int(query.get("offset", 0))
        if order and self.silent.ordered:
            rows = self._sorted(rows, order, offset)
        shown = [self._shown(name, row) for row in rows[offset : offset + size]]
        key = name if self.silent.named and name in {"projects", "companies"} else "data"
        return {key: shown, "total": len(rows)}

    def _rows(self, name: str) -> list[Row]:
        """Return all rows of a list in the table's order; offers are published projects."""
        if name != "offers":
            return list(self.held[name].values())
        published = [one for one in self.held["projects"].values() if one.get("_offer")]
        return [one for one in published if not one["deletedAt"]]

    def _sorted(self, rows: list[Row], order: Any, offset: int) -> list[Row]:
        """Sort by the requested columns; the order of equal rows is arbitrary and may differ between pages."""
        if not self.silent.ties:
            rows.sort(key=lambda row: blake2b(f"{row['id']}{offset}".encode()).digest())
        wanted = order if isinstance(order, list) else [order]
        if len(wanted) > 1 and self.silent.several != "understood":
            if self.silent.several == "refused":
                raise Refused(400, "Invalid orderBy")
            wanted = wanted[:1]
        for column, way in reversed([pair for one in wanted for pair in one.items()]):
            if any(column in row for row in rows):
                rows.sort(
                    key=lambda row, by=column: (row[by] is None, _comparable(by, row[by]) or ""),  # type: ignore[misc]
                    reverse=way.startswith("desc"),
                )
        return rows

    def _shown(self, name: str, row: Row) -> Row:
        if name == "offers":
            dates = {"shortId": row["_offer"], "publishedAt": row["createdAt"]}
            return {**{column: row[column] for column in OFFER}, **dates}
        shown = {column: held for column, held in row.items() if column[0] != "_"}
        if name == "profiles" and self.silent.plain:
            shown["emailAddresses"] = [one["email"] for one in row["emailAddresses"]]
        return shown

    def _fits(self, name: str, row: Row, where: Any) -> bool:
        """Whether a row passes; unknown parts of a filter are ignored."""
        for column, tests in (where or {}).items():
            if column in {"_and", "_or"}:
                if name == "companies" and json.dumps(tests).count("_ilike") > 1:
                    raise Refused(500, "Internal Server Error")
                found = [self._fits(name, row, one) for one in tests]
                if not (all(found) if column == "_and" else any(found)):
                    return False
            elif column == "deletedAt" or (column == "updatedAt" and not self.silent.filters):
                continue
            elif column not in row or not isinstance(tests, dict):
                self.odd.append(f"{name}?where={column}")
            elif not all(self._passes(row, column, *test) for test in tests.items()):
                return False
        return True

    def _passes(self, row: Row, column: str, operator: str, asked: Any) -> bool:
        held = row[column]
        if operator == "_is_null":
            return (held is None) is asked
        if operator not in COMPARE:
            self.odd.append(f"where={column}.{operator}")
            return True
        if column == "isTalent" and row.get("_leaks"):
            return True
        wanted = [_comparable(column, one) for one in (asked if operator == "_in" else [asked])]
        against = wanted if operator == "_in" else wanted[0]
        return held is not None and COMPARE[operator](_comparable(column, held), against)


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        raise Refused(500, "Internal Server Error") from None


def _comparable(column: str, held: Any) -> Any:
    """Return a value as the database compares it; a value of the wrong type is a server error."""
    try:
        if held and re.search(r"(At|Date)$", column):
            return datetime.fromisoformat(held)
        return str(UUID(held)) if held and column == "id" else held
    except (ValueError, AttributeError, TypeError):
        raise Refused(500, "Internal Server Error") from None


@asynccontextmanager
async def serve(
    *, talents: int = 60, keys: Mapping[str, str] | None = None, silent: Silent | None = None
) -> AsyncIterator[Jarvi]:
    """Serve an account on the loopback address."""
    served = Jarvi(talents, keys or {}, silent)
    app = web.Application()
    app.router.add_get("/v1/files/{id}", served.file)
    app.router.add_route("*", PATH + "/{name:.*}", served.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    served.base_url = f"http://{host}:{port}"
    try:
        yield served
    finally:
        await runner.cleanup()
