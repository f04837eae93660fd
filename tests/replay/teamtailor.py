"""A second Teamtailor, written only from the public API reference.

Its author had read neither the connector nor ``jemmo.sandbox.teamtailor``, so it exposes misreadings that those two
share. Sources: docs.teamtailor.com (its text is published as github.com/Teamtailor/docs) and the responses recorded in
the tests of Teamtailor's own Ruby client (github.com/Teamtailor/teamtailor-rb). The API is built with the gem
jsonapi-resources, whose error bodies are used where the reference shows none.

Documented behavior that is easy to miss:

- a relationship only has links; its ``data`` is present if it is included (always for a candidate's ``answers``)
- ``filter[status]`` of jobs defaults to ``published`` and ``filter[feed]`` to ``public``; jobs have no ``updated-at``
- "newer than" and "older than" are strict; times are stored in microseconds but shown in milliseconds, with an offset
- only candidates have custom fields; ``/custom-fields`` lists select fields with their own type, and only the field
  itself lists its options
- the rate limit's reset is in seconds, and there is no ``Retry-After``; the body of a 401 is empty
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from replay.teamtailor_account import RELATIONS, START, Resource, account, add

from jemmo.domain.streams import Stream

VERSION = "20161108"
HOME = ZoneInfo("Europe/Stockholm")
PAGE_SIZE, MAX_PAGE_SIZE = 10, 30
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
DOCX = b"PK\x03\x04" + bytes(26)
RANGES = {
    "candidates": ("created-at", "updated-at"),
    "job-applications": ("created-at", "updated-at", "changed-stage-at"),
}
FILTERS = {
    "candidates": ("email", "department", "role", "locations", "regions", "connected"),
    "job-applications": ("stage-type",),
    "jobs": ("status", "feed", "department", "role", "locations", "regions"),
    "users": ("email", "department", "external-id"),
    "custom-field-values": ("field-type",),
}
LISTED = RELATIONS.keys() - {"companies", "custom-field-selects", "custom-field-options"}
ADMIN_ONLY = ("candidates", "job-applications", "stages", "reject-reasons", "uploads", "notes")
KINDS = {
    Stream.DEPARTMENTS: "departments",
    Stream.USERS: "users",
    Stream.REJECT_REASONS: "reject-reasons",
    Stream.JOBS: "jobs",
    Stream.STAGES: "stages",
    Stream.TALENTS: "candidates",
    Stream.APPLICATIONS: "job-applications",
    Stream.NOTES: "notes",
}


class Refused(Exception):
    """An error response: one error per detail or, without a code, an object with only a detail."""

    def __init__(self, status: int, title: str = "", *details: str, code: int = 0) -> None:
        super().__init__(status)
        self.status = status
        named = {"title": title, "code": str(code), "status": str(status)}
        errors = [{**named, "detail": detail} for detail in details]
        self.body: Any = {"errors": errors if code else {"detail": title}} if title else None


class Teamtailor:
    """One customer's account with this number of ``talents``.

    The fault ``storm`` refuses the given share of requests, ``expires`` the key after the given number of requests.
    """

    def __init__(self, talents: int, keys: Mapping[str, str]) -> None:
        self.key = "invented-key"
        self.keys = {self.key: "admin", **keys}
        self.base_url = ""
        self.held = account(talents)
        self.signed: dict[str, str] = {}
        self.statuses: Counter[int] = Counter()
        self.fault: str | None = None
        self.measure = 1.0
        self.met = 0

    # --- for tests ---

    async def change(
        self, op: str, kind: str, record: int | str | None = None, **order: Any
    ) -> str:
        """Create, edit or delete a record as a recruiter would; return its id."""
        if op == "create":
            record = max(int(key) for key in (*self.held[kind], "0")) + 1
            add(self.held, kind, record, {"created-at": datetime.now(UTC)})
        key = str(record)
        if op == "delete":
            gone = self.held[kind].pop(key)
            for name in ("job-applications", "custom-field-values") if kind == "candidates" else ():
                for child in gone.to.get(name, ()):
                    self.held[name].pop(child, None)
            for note in list(self.held["notes"].values()) if kind == "candidates" else ():
                if note.to["candidate"] == [key]:
                    del self.held["notes"][note.id]
            return key
        self.held[kind][key].attributes |= {**order["attributes"], "updated-at": datetime.now(UTC)}
        return key

    def misbehave(self, fault: str | None, measure: float | None = None) -> None:
        """Start a fault, or end it with ``None``."""
        self.fault, self.measure, self.met = fault, measure or 0.3, 0

    def expire_links(self) -> None:
        """Expire all signed links."""
        self.signed.clear()

    def truth(self, stream: Stream) -> dict[str, dict[str, Any]]:
        """Return every record that a full sync yields, by id: its attributes and the ids of its relationships."""
        held = self.held[KINDS[stream]]
        return {key: {"id": key, **one.attributes, **one.to} for key, one in held.items()}

    # --- responses ---

    async def answer(self, request: web.Request) -> web.Response:
        """Respond to any request except one for a file."""
        status = 200
        try:
            body = self._read(request)
        except Refused as refused:
            status, body = refused.status, refused.body
        self.statuses[status] += 1
        left = "0" if status == 429 else "49"
        headers = {"X-Rate-Limit-Limit": "50", "X-Rate-Limit-Remaining": left}
        headers["X-Rate-Limit-Reset"] = "1"
        if status == 200:
            headers["X-Api-Version"] = VERSION
        if body is None:
            return web.Response(status=status, headers=headers)
        mime = "application/vnd.api+json"
        return web.json_response(body, status=status, headers=headers, content_type=mime)

    def _read(self, request: web.Request) -> Any:
        scheme, _, token = request.headers.get("Authorization", "").partition(" token=")
        scope = self.keys.get(token.strip('"')) if scheme == "Token" else None
        self.met += 1
        if self.fault == "storm" and self.met * self.measure % 1 < self.measure:
            raise Refused(429, "Rate limit exceeded")
        if scope is None or (self.fault == "expires" and self.met > self.measure):
            raise Refused(401)
        if not request.headers.get("X-Api-Version", "").isdigit():
            detail = "Please provide a correct API version in the X-Api-Version header."
            raise Refused(406, "Invalid/Missing API Version", detail, code=406)
        path = request.path.removeprefix("/v1/")
        if path.partition("/")[0] in ADMIN_ONLY and scope != "admin":
            raise Refused(403, "You are not allowed to read this resource")
        return Reading(self, path, request.query, scope).document()

    def sign(self, name: str) -> str:
        """Return a link to a candidate's file, valid until links expire."""
        token = secrets.token_hex(8)
        self.signed[token] = name
        return f"{self.base_url}/uploads/{name}?X-Amz-Expires=30&X-Amz-Signature={token}"

    async def file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if self.signed.get(request.query.get("X-Amz-Signature", "")) != name:
            denied = "<Error><Code>AccessDenied</Code></Error>"
            return web.Response(status=403, text=denied, content_type="application/xml")
        return web.Response(body=PDF if name.endswith(".pdf") else DOCX)


class Reading:
    """One request by a key with this ``scope``, and its response document."""

    def __init__(self, of: Teamtailor, path: str, query: Mapping[str, str], scope: str) -> None:
        self.of, self.held, self.path, self.query, self.scope = of, of.held, path, query, scope
        self.linked: dict[str, set[str]] = {}
        self.fields = {
            name[7:-1]: value.split(",")
            for name, value in query.items()
            if name.startswith("fields[")
        }

    def document(self) -> Any:
        kind, *rest = self.path.split("/")
        if self.path == "company":
            return self._documented(list(self.held["companies"].values()), "companies")
        if kind not in (RELATIONS if rest else LISTED):
            raise Refused(404, "No such resource")
        if not rest:
            return self._page(kind, self._all(kind))
        one = self.held[kind].get(rest[0])
        if one is None:
            detail = f"The record identified by {rest[0]} could not be found."
            raise Refused(404, "Record not found", detail, code=404)
        if not rest[1:]:
            return self._documented([one], kind)
        target = RELATIONS[kind].get(rest[1], "")
        if target.rstrip("*") not in RELATIONS:
            raise Refused(404, "No such resource")
        found = self._follow(one, rest[1])
        if target.endswith("*"):
            return self._page(target.rstrip("*"), found)
        return self._documented(found, target)

    def _all(self, kind: str) -> list[Resource]:
        """Return all records of a type; custom fields include select fields, which have their own type."""
        more = self.held["custom-field-selects"].values() if kind == "custom-fields" else ()
        return [*self.held.get(kind, {}).values(), *more]

    def _follow(self, one: Resource, name: str) -> list[Resource]:
        """Return the records that a relationship leads to."""
        ids = set(one.to.get(name, ()))
        target = RELATIONS[one.type].get(name, "").rstrip("*")
        return [to for to in self._all(target) if to.id in ids]

    def _page(self, kind: str, records: list[Resource]) -> Any:
        for name in self.query:
            if name.startswith("page[") and name not in {"page[size]", "page[number]"}:
                raise Refused(
                    400, "Page parameter not allowed", f"{name} is not allowed.", code=105
                )
        number, size = (
            int(self.query.get(f"page[{name}]", default))
            for name, default in (("number", 1), ("size", PAGE_SIZE))
        )
        if not 1 <= size <= MAX_PAGE_SIZE or number < 1:
            detail = f"size exceeds maximum page size of {MAX_PAGE_SIZE}."
            raise Refused(400, "Invalid page value", detail, code=118)
        records = self._sorted(kind, self._filtered(kind, records))
        pages = -(-len(records) // size)
        document = self._documented(records[(number - 1) * size : number * size], kind, many=True)
        steps = {"first": 1, "last": max(pages, 1)}
        steps |= {"prev": number - 1} if number > 1 else {}
        steps |= {"next": number + 1} if number < pages else {}
        document["meta"] = {"record-count": len(records), "page-count": pages}
        address = f"{self.of.base_url}/v1/{self.path}"
        document["links"] = {
            name: f"{address}?{urlencode({**self.query, 'page[number]': to, 'page[size]': size})}"
            for name, to in steps.items()
        }
        return document

    def _filtered(self, kind: str, records: list[Resource]) -> list[Resource]:
        default = {"filter[status]": "published", "filter[feed]": "public"}
        asked = {**default, **self.query} if kind == "jobs" else self.query
        for name, value in asked.items():
            if name.startswith("filter["):
                what, *side = name.removeprefix("filter[").rstrip("]").split("][")
                known = RANGES if side in (["from"], ["to"]) else FILTERS
                if what not in known.get(kind, ()):
                    raise Refused(400, "Filter not allowed", f"{what} is not allowed.", code=102)
                records = [one for one in records if self._passes(one, what, side, value)]
        return records

    def _passes(self, one: Resource, what: str, side: list[str], value: str) -> bool:
        held, wanted = one.attributes.get(what), value.split(",")
        if side:
            return bool(
                held and (held > moment(value) if side == ["from"] else held < moment(value))
            )
        if what == "status":
            seen = ["published"] if self.scope == "public" else wanted
            return "all" in seen or one.attributes["human-status"] in seen
        if what == "feed":
            return ("internal" if one.attributes["internal"] else "public") in wanted
        if what == "stage-type":
            return any(to.attributes[what] in wanted for to in self._follow(one, "stage"))
        if what in RELATIONS[one.type]:
            return bool({*wanted} & {*one.to.get(what, ())})
        return str(held).casefold() == value.casefold()

    def _sorted(self, kind: str, records: list[Resource]) -> list[Resource]:
        """Sort by any attribute or id; jobs by default pinned first, then by date. Ties have no fixed order."""
        known = {"id", "date"} | {name for one in self._all(kind) for name in one.attributes}
        default = "-pinned,date" if kind == "jobs" else "id"
        records.sort(key=lambda one: one.attributes.get("updated-at", START), reverse=True)
        for sort in reversed(self.query.get("sort", default).split(",")):
            name = sort.lstrip("-").replace("_", "-")
            if name not in known and records:
                detail = f"{name} is not a valid sort criteria for {kind}"
                raise Refused(400, "Invalid sort criteria", detail, code=114)
            name = "created-at" if name == "date" else name
            values = {one.id: one.attributes.get(name) for one in records}
            if name == "id":
                values = {key: int(key) for key in values}
            records.sort(
                key=lambda one, by=values: (by[one.id] is None, by[one.id] or 0),  # type: ignore[misc]
                reverse=sort.startswith("-"),
            )
        return records

    def _documented(self, records: list[Resource], kind: str, *, many: bool = False) -> Any:
        included: dict[tuple[str, str], Resource] = {}
        for trail in filter(None, self.query.get("include", "").split(",")):
            here, at = records, kind
            for name in trail.split("."):
                if name not in RELATIONS.get(at, {}):
                    detail = f"{name} is not a valid includable relationship of {at}"
                    raise Refused(400, "Invalid field", detail, code=112)
                for one in here:
                    self.linked.setdefault(one.type, set()).add(name)
                here = [to for one in here for to in self._follow(one, name)]
                included |= {(to.type, to.id): to for to in here}
                at = RELATIONS[at][name].rstrip("*")
        for of, names in self.fields.items():
            known = {"id", *RELATIONS[of]}.union(*(one.attributes for one in self._all(of)))
            unknown = [name for name in names if name not in known] if self._all(of) else []
            if unknown:
                details = [f"{name} is not a valid field for {of}." for name in unknown]
                raise Refused(400, "Invalid field", *details, code=104)
        shown = [self._shown(one) for one in records]
        document: dict[str, Any] = {"data": shown if many else (shown[0] if shown else None)}
        if self.query.get("include"):
            document["included"] = [self._shown(one) for one in included.values()]
        return document

    def _shown(self, one: Resource) -> dict[str, Any]:
        fields = self.fields.get(one.type)
        hidden = ("created-at", "tags") if one.type == "jobs" and self.scope != "admin" else ()
        attributes = {
            name: self._value(name, value)
            for name, value in one.attributes.items()
            if name not in hidden and (fields is None or name in fields)
        }
        me = f"{self.of.base_url}/v1/{one.type}/{one.id}"
        relationships: dict[str, Any] = {}
        for name, target in RELATIONS[one.type].items():
            if fields is not None and name not in fields:
                continue
            links = {"self": f"{me}/relationships/{name}", "related": f"{me}/{name}"}
            relationships[name] = {"links": links}
            if name in self.linked.get(one.type, ()) or name == "answers":
                ids = [{"type": to.type, "id": to.id} for to in self._follow(one, name)]
                first = ids[0] if ids else None
                relationships[name]["data"] = ids if target.endswith("*") else first
        links = {**one.links, "self": me}
        shown = {"id": one.id, "type": one.type, "links": links, "attributes": attributes}
        return {**shown, "relationships": relationships} if relationships else shown

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(HOME).isoformat(timespec="milliseconds")
        return self.of.sign(value) if value and name in {"resume", "original-resume"} else value


def moment(text: str) -> datetime:
    """Parse a filter's time; without an offset, it is in the account's time zone."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=HOME)


@asynccontextmanager
async def serve(
    *, talents: int = 60, keys: Mapping[str, str] | None = None
) -> AsyncIterator[Teamtailor]:
    """Serve an account on the loopback address."""
    served = Teamtailor(talents, keys or {})
    app = web.Application()
    app.router.add_get("/uploads/{name}", served.file)
    app.router.add_get("/{path:.*}", served.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    served.base_url = f"http://{host}:{port}"
    try:
        yield served
    finally:
        await runner.cleanup()
