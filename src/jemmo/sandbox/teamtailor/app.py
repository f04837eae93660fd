"""The simulated Teamtailor API: turns a request into a response."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from jemmo.sandbox.account import WorldAccount
from jemmo.sandbox.http import Call, Reply
from jemmo.sandbox.limits import RateLimit
from jemmo.sandbox.options import Options
from jemmo.sandbox.teamtailor import downloads, page_faults
from jemmo.sandbox.teamtailor.access import ADMIN_TYPES, Gate, View
from jemmo.sandbox.teamtailor.changes import Changes
from jemmo.sandbox.teamtailor.paging import Pager, page_text, write_links
from jemmo.sandbox.teamtailor.query import Query, Reader
from jemmo.sandbox.teamtailor.refusal import Refusal, errors, not_found
from jemmo.sandbox.teamtailor.resources import Renderer
from jemmo.sandbox.teamtailor.rows import VISIBLE_STATUSES, Rows
from jemmo.sandbox.teamtailor.switches import Switches
from jemmo.sandbox.teamtailor.webhooks import Webhooks
from jemmo.sandbox.teamtailor.world import World

MEDIA_TYPE = "application/vnd.api+json"
COMPANY_ID = "Sb9xQk2LmzA"
OTHER_ID, OTHER = "Zz7pLw4QxTe", {"name": "Autre Exemple", "locale": "fr"}
COMPANY = {"name": "Exemple & Co", "website": "https://www.example.com", "locale": "fr"}
LIST_TEXTS = {
    "locations": {"all": "All locations"},
    "departments": {"name-singular": "Department", "name-plural": "Departments",
                    "all": "All departments"},
}  # fmt: skip


class Teamtailor(WorldAccount):
    """One simulated company behind the Teamtailor API."""

    label = "Teamtailor"
    file_prefix = "/s3/"
    world: World
    switches: Switches

    def __init__(self, options: Options) -> None:
        switches = Switches()
        super().__init__(options, switches, page_faults.PAGE_FAULTS)
        self.world = world = World(
            seed=options.seed, talents=options.talents, epoch_ms=self.epoch, zone=options.zone,
            clock=self.clock,
        )  # fmt: skip
        webhooks = Webhooks(world, switches, options.webhook_url, options.webhook_key)
        self.changes = Changes(world, webhooks, options.journal)
        world.count_applications()
        self.limit = RateLimit()
        self._gate = Gate(self.clock, switches, {options.key: "admin", **options.keys})
        self._rows = Rows(world, switches)
        self._renderers: dict[Any, Renderer] = {}
        self.apply_switches()

    def apply_switches(self) -> None:
        self._reader = Reader(self.world, self.switches)
        self.limit.enabled = self.switches.rate_limit
        self.limit.sliding = self.switches.window == "sliding"
        self.limit.limit = self.switches.rate_limit_requests
        self.limit.window_ms = self.switches.rate_limit_seconds * 1000
        self.world.file_links.lifetime_s = self.switches.link_lifetime

    # One request ----------------------------------------------------------------------------

    def answer(self, call: Call) -> Reply:
        """Answer one API request: version, key, rate limit, then the resource."""
        headers: dict[str, str] = {}
        try:
            version = self._gate.version(call)
            headers["X-Api-Version"] = str(version)
            key = self._gate.key(call)
            if self.faults.is_used_up("expired_key"):
                self._gate.refuse_key()
            self._spend(key, headers)
            if call.method != "GET":
                self._refuse_write()
            body = self._route(call, self._gate.view(call, key, version))
            status = 200
        except Refusal as refusal:
            status, body = refusal.status, self._error_body(refusal)
            headers |= refusal.headers
        return Reply(status, body, headers, _template(call.path))

    def _error_body(self, refusal: Refusal) -> bytes:
        """Return the body of a 400: with the library's code, with a text alone, or empty."""
        detail = self.switches.error_bodies
        if refusal.status != 400 or detail == "coded":
            return refusal.body
        return b"" if detail == "empty" else errors("Bad request", "This is not possible.", "400")

    def _spend(self, key: str, headers: dict[str, str]) -> None:
        verdict = self.limit.take(key, self.clock.now_ms())
        if verdict.allowed and self.faults.strikes("storm429"):
            verdict = replace(verdict, allowed=False, remaining=0, reset=max(1, verdict.reset))
        headers["X-Rate-Limit-Limit"] = str(verdict.limit)
        headers["X-Rate-Limit-Remaining"] = str(verdict.remaining)
        reset = self._moment(verdict.reset)
        headers["X-Rate-Limit-Reset"] = reset
        if not verdict.allowed:
            if self.switches.retry_after:
                headers["Retry-After"] = reset
            raise Refusal(429, errors("Too many requests", "Rate limit exceeded", "429"))

    def _moment(self, seconds: int) -> str:
        """Return the end of a window: in seconds left or as a timestamp."""
        now = self.clock.now_ms()
        moments = {"left": seconds, "unix": now // 1000 + seconds, "unix_ms": now + seconds * 1000}
        return str(moments[self.switches.moments])

    def _refuse_write(self) -> None:
        if self.switches.writes == "403":
            raise Refusal(403, errors("Forbidden", "This key may only read.", "403"))
        raise Refusal(405, errors("Method not allowed", "Only GET is allowed.", "405"), Allow="GET")

    def _route(self, call: Call, view: View) -> bytes:
        parts = call.path.strip("/").split("/")
        self.world.file_links.refresh(call.base)
        if parts == ["v1", "company"]:
            return self._company(view)
        if len(parts) < 2 or parts[0] != "v1":
            raise not_found(call.path)
        self._check_scope(parts[1], view)
        own_list = parts[1] == "custom-field-options" and len(parts) == 2
        if own_list and self.switches.select_options != "list":
            raise not_found(call.path)
        if parts[1] not in self.world.tables:
            raise not_found(call.path)
        if len(parts) == 2:
            return self._list(call, view, parts[1], None)
        record = self._record(parts[1], self._merged(parts[1], parts[2]), view)
        if len(parts) == 3:
            return self._one(call, view, parts[1], record)
        if len(parts) == 4:
            return self._related(call, view, parts[1], record, parts[3])
        if len(parts) == 5 and parts[3] == "relationships":
            return self._linkage(view, parts[1], record, parts[4])
        raise not_found(call.path)

    def _check_scope(self, kind: str, view: View) -> None:
        if kind in self.switches.missing.split(","):
            raise not_found(kind)
        if kind in self.switches.unsupported.split(","):
            raise Refusal(422, errors("Unprocessable", "This account doesn't support this.", "422"))
        if kind in self.switches.forbidden.split(","):
            raise Refusal(403, errors("Forbidden", "This key may not read this.", "403"))
        if view.scope != "admin" and kind in ADMIN_TYPES:
            raise Refusal(403, errors("Forbidden", "The key's scope is too small.", "403"))

    def _company(self, view: View) -> bytes:
        links = {"self": f"{view.base}/v1/company"}
        company = (OTHER_ID, OTHER) if view.foreign else (COMPANY_ID, COMPANY)
        data = {"id": company[0], "type": "companies", "links": links, "attributes": company[1]}
        return json.dumps({"data": data | {"relationships": {}}}).encode()

    def _merged(self, kind: str, text: str) -> str:
        """Return the id of the record that this one was merged into, if any, or redirect to it."""
        merged = self.world.tables[kind].overlay.merged
        while self.switches.merged != "not_found" and text.isdecimal() and int(text) in merged:
            text = str(merged[int(text)])
            if self.switches.merged == "redirect":
                raise Refusal(301, b"", Location=f"/v1/{kind}/{text}")
        return text

    def _record(self, kind: str, text: str, view: View) -> int:
        record = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
        if record < 0 or not self.world.tables[kind].exists(record):
            raise not_found(text)
        if kind == "jobs" and view.scope != "admin":
            table = self.world.tables["jobs"]
            if table.facet(record, "human-status") not in VISIBLE_STATUSES[view.scope]:
                raise not_found(text)
        return record

    # Lists and single records ---------------------------------------------------------------

    def _list(self, call: Call, view: View, kind: str, among: tuple[int, ...] | None) -> bytes:
        page_faults.shift(self.faults, self.world, self.changes)
        lenient = "unknown_filter_ignored" in self.faults.on
        query = self._reader.read(kind, call.query, view, lenient=lenient)
        renderer = self._renderer(query, view)
        table = self.world.tables[kind]
        pager = Pager(table, self._rows.select(query, view.scope, among))
        cut = pager.cut(query.page, cursor=self._cursor(kind))
        data, included = renderer.page(cut.ids)
        meta: dict[str, object] = {
            "record-count": cut.total, "page-count": -(-cut.total // cut.size)
        }  # fmt: skip
        if kind in LIST_TEXTS:
            meta["texts"] = LIST_TEXTS[kind]
        base = view.base
        if self.switches.links == "proxied":
            base = f"https://{urlsplit(base).hostname}:443"
        links = write_links(base + call.path, query, cut.links)
        objects = self.switches.envelope == "objects"
        text = page_text(
            data, included if renderer.includes else None, meta, links, objects=objects
        )
        text = page_faults.rewrite(self.switches, text)
        if self.faults.on:
            text = page_faults.spoil_page(
                self.faults, text, table=table, cut=cut, call=call, renderer=renderer
            )
        return text.encode()

    def _cursor(self, kind: str) -> bool:
        paging = self.switches.paging
        return paging == "cursor_all" or (paging == "cursor" and kind == "candidates")

    def _renderer(self, query: Query, view: View) -> Renderer:
        key = (query.kind, query.shape_key(), view)
        if key not in self._renderers:
            if len(self._renderers) > 64:
                self._renderers.clear()
            renderer = Renderer(self.world, query, view)
            forbidden = self.switches.forbidden.split(",")
            if any(view.forbids(kind) or kind in forbidden for kind in renderer.types):
                raise Refusal(403, errors("Forbidden", "The key's scope is too small.", "403"))
            self._renderers[key] = renderer
        return self._renderers[key]

    def _one(self, call: Call, view: View, kind: str, record: int) -> bytes:
        query = self._reader.read(kind, call.query, view)
        renderer = self._renderer(query, view)
        data, included = renderer.page([record])
        middle = f',"included":[{included}]' if renderer.includes else ""
        text = f'{{"data":{data}{middle}}}'
        text = page_faults.rewrite(self.switches, text)
        return (page_faults.spoil_one(self.faults, text) if self.faults.on else text).encode()

    def _related(self, call: Call, view: View, kind: str, record: int, name: str) -> bytes:
        table = self.world.tables[kind]
        if name not in table.relations:
            raise not_found(call.path)
        target = table.target(record, name)
        self._check_scope(target, view)
        ids = self.world.related(kind, record, name)
        if not table.relations[name].many:
            return self._one(call, view, target, ids[0]) if ids else b'{"data":null}'
        if target not in self.world.tables:
            return b'{"data":[],"meta":{"record-count":0,"page-count":0},"links":{}}'
        return self._list(call, view, target, ids)

    def _linkage(self, view: View, kind: str, record: int, name: str) -> bytes:
        table = self.world.tables[kind]
        if name not in table.relations:
            raise not_found(name)
        target = table.target(record, name)
        own = f"{view.base}/v1/{kind}/{record}"
        links = {"self": f"{own}/relationships/{name}", "related": f"{own}/{name}"}
        linkage = [{"type": target, "id": str(n)} for n in self.world.related(kind, record, name)]
        data: Any = linkage if table.relations[name].many else (linkage[0] if linkage else None)
        return json.dumps({"links": links, "data": data}).encode()

    # Interface for tests and the server -----------------------------------------------------

    def download(self, call: Call) -> Reply:
        """Answer one file download."""
        return downloads.download(self.world, call)

    async def truth(self, kind: str, base: str) -> AsyncIterator[bytes]:
        """Stream all present records of a type as an admin sees them, one per line."""
        table = self.world.tables.get(kind)
        if table is None:
            raise KeyError(kind)
        self.world.file_links.refresh(base)
        for record in table.ids():
            values = self.world.values(kind, record)
            attributes = ",".join(
                f'"{n}":{v}' for n, v in zip(table.attributes, values, strict=True)
            )
            links = {
                name: [str(n) for n in self.world.related(kind, record, name)]
                for name, relation in table.relations.items()
                if relation.target in self.world.tables
            }
            yield (
                f'{{"id":"{record}","type":"{kind}","updated-at-ms":{table.updated_ms(record)},'
                f'"attributes":{{{attributes}}},"relationships":{json.dumps(links)}}}\n'
            ).encode()

    def switch(self, values: dict[str, Any]) -> dict[str, Any]:
        if values:
            self._renderers.clear()
            self.world.changed()
        return super().switch(values)

    def counts(self) -> dict[str, int]:
        return {kind: len(table) for kind, table in self.world.tables.items()}


def _template(path: str) -> str:
    return "/".join("{id}" if part.isdigit() else part for part in path.split("/"))
