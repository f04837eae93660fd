"""A second Greenhouse: Harvest v3, written only from its public documentation.

Its author used the guides and the schemas at https://harvestdocs.greenhouse.io and had read neither the connector nor
its sandbox, so it exposes misreadings that those two share. Where guides and schemas differ, the reference decides.

It enforces what the documentation requires: a token from ``POST /token`` by HTTP Basic, valid for an hour; a scope for
each list; bare arrays, highest id first; a ``Link`` header with only ``rel="next"``; a cursor without other parameters;
at most 500 records per page and 50 ids per filter; dates as ``gte|…``; ``X-RateLimit-*`` in each response.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from aiohttp import BasicAuth, web

from jemmo.domain.streams import Stream

Row = dict[str, Any]
Rows = dict[int, Row]

CLIENT_ID = "tf9dQaJ7vbK2example"
SECRET = "gh-client-secret"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
START = datetime(2023, 2, 1, 8, tzinfo=UTC)
LISTS = (
    "application_stages",
    "applications",
    "attachments",
    "candidates",
    "departments",
    "job_board_custom_locations",
    "job_hiring_managers",
    "job_interview_stages",
    "job_owners",
    "job_post_locations",
    "job_posts",
    "jobs",
    "offices",
    "openings",
    "pay_input_ranges",
    "pay_inputs",
    "referrers",
    "rejection_details",
    "rejection_reasons",
    "sources",
    "user_emails",
    "users",
)
COMPARE = {
    "gte": lambda held, asked: held >= asked,
    "lte": lambda held, asked: held <= asked,
    "gt": lambda held, asked: held > asked,
    "lt": lambda held, asked: held < asked,
}
HIDDEN = {  # by list: the rows it omits, and the parameter that includes them
    "users": ("_service", "show_service_accounts"),
    "rejection_reasons": ("_default", "include_defaults"),
}


def iso(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


@dataclass
class Harvest:
    """One account: its records by list and id, and its server's behavior.

    key          the secret of the credential that may read ``scopes``; ``keys`` are further ones with their scopes
    token_serves requests after which a token expires; ``None`` for an hour
    """

    key: str = SECRET
    scopes: set[str] = field(default_factory=lambda: set(LISTS))
    keys: dict[str, set[str]] = field(default_factory=dict)
    rows: dict[str, Rows] = field(default_factory=lambda: {name: {} for name in LISTS})
    base_url: str = ""
    token_serves: int | None = None
    fault: str | None = None
    measure: float = 1.0
    met: int = 0
    tokens: dict[str, str] = field(default_factory=dict)  # token -> secret
    served: Counter[str] = field(default_factory=Counter)  # by token
    statuses: Counter[int] = field(default_factory=Counter)
    links: dict[str, int] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)  # requests that the reference doesn't allow
    _ids: Iterator[int] = field(default_factory=lambda: count(4_063_668_007, 17))

    # --- records ---

    def add(self, kind: str, when: datetime = START, /, **values: Any) -> int:
        """Add a record; its id needs more than 31 bits, as in real accounts."""
        one = next(self._ids)
        stamp = iso(when)
        self.rows[kind][one] = {"created_at": stamp, "updated_at": stamp, **values, "id": one}
        return one

    def edit(self, kind: str, one: int, /, **values: Any) -> None:
        self.rows[kind][one] |= {"updated_at": iso(datetime.now(UTC)), **values}

    def delete_candidate(self, one: int) -> None:
        """Delete a person, their applications, and the records that belong to these."""
        del self.rows["candidates"][one]
        gone = {key for key, row in self.rows["applications"].items() if row["candidate_id"] == one}
        for name in ("application_stages", "attachments", "rejection_details"):
            kept = self.rows[name].items()
            self.rows[name] = {k: row for k, row in kept if row["application_id"] not in gone}
        for key in gone:
            del self.rows["applications"][key]

    # --- for the contract suite ---

    async def change(
        self, op: str, kind: str, record: int | str | None = None, **order: Any
    ) -> str:
        """Create, edit or delete a record as a recruiter would; return its id."""
        if op == "create":
            return str(self.add(kind, datetime.now(UTC), **order["attributes"]))
        one = int(str(record))
        if op == "edit":
            self.edit(kind, one, **order["attributes"])
        elif kind == "candidates":
            self.delete_candidate(one)
        else:
            del self.rows[kind][one]
        return str(one)

    def misbehave(self, fault: str | None, measure: float | None = None) -> None:
        """Start a fault, or end it with ``None``.

        ``storm`` refuses the given share of requests, ``expires`` all requests after the given number.
        """
        self.fault, self.measure, self.met = fault, measure or 0.3, 0

    def expire_links(self) -> None:
        """Expire all links to files."""
        self.links.clear()

    def truth(self, stream: Stream) -> dict[str, Row]:
        return self.expected()[stream.value]

    def expected(self) -> dict[str, dict[str, Row]]:
        """Return what a full sync must store: a few columns of each record, by stream and remote id."""
        stages, current = self.rows["job_interview_stages"], {}
        for row in self.rows["application_stages"].values():
            if row["current"]:
                current[row["application_id"]] = str(row["job_interview_stage_id"])
        reasons = {
            row["application_id"]: row["rejection_reason_id"]
            for row in self.rows["rejection_details"].values()
        }
        return {
            "departments": {
                str(k): {"name": r["name"]} for k, r in self.rows["departments"].items()
            },
            "users": {str(k): {} for k in self.rows["users"]},
            "reject_reasons": {
                str(k): {"name": r["name"]} for k, r in self.rows["rejection_reasons"].items()
            },
            "jobs": {
                str(k): {"title": r["name"], "status_original": r["status"]}
                for k, r in self.rows["jobs"].items()
            },
            "postings": {
                str(k): {"title": r["title"], "is_internal": r["internal"]}
                for k, r in self.rows["job_posts"].items()
                if r["active"]
            },
            "stages": {str(k): {"name": r["name"]} for k, r in stages.items()},
            "talents": {
                str(k): {"first_name": r["first_name"], "last_name": r["last_name"]}
                for k, r in self.rows["candidates"].items()
            },
            "applications": {
                str(k): {
                    "talent": str(r["candidate_id"]),
                    "job": r["job_id"] and str(r["job_id"]),
                    "stage": current.get(k),
                    "reason": reasons.get(k) and str(reasons[k]),
                }
                for k, r in self.rows["applications"].items()
            },
        }

    # --- responses ---

    def headers(self, *, refused: bool = False) -> dict[str, str]:
        """Return the headers of each response, whatever its status."""
        window = int(datetime.now(UTC).timestamp()) // 30 * 30 + 30
        left = max(75 - self.met % 75, 1)
        return {
            "X-RateLimit-Limit": "75",
            "X-RateLimit-Remaining": "0" if refused else str(left),
            "X-RateLimit-Reset": str(window),
        }

    def refused(self, status: int, message: str, *errors: Any) -> web.Response:
        body: Row = {"message": message}
        if errors:
            body["errors"] = list(errors)
        headers = self.headers(refused=status == 429)
        if status == 429:
            headers["Retry-After"] = "1"
        return web.json_response(body, status=status, headers=headers)

    def _is_revoked(self) -> bool:
        return self.fault == "expires" and self.met > self.measure

    def _scopes(self, secret: str) -> set[str] | None:
        return self.scopes if secret == self.key else self.keys.get(secret)

    async def token(self, request: web.Request) -> web.Response:
        """Respond as the OAuth endpoint: Basic for the client, a form for the grant, RFC 6749's errors."""
        self.met += 1
        try:
            given = BasicAuth.decode(request.headers.get("Authorization", ""))
        except ValueError:
            given = BasicAuth("", "")
        known = given.login == CLIENT_ID and self._scopes(given.password) is not None
        form = await request.post()
        if not known or self._is_revoked():
            status, body = 401, {"error": "invalid_client"}
        elif form.get("grant_type") != "client_credentials":
            status, body = 400, {"error": "unsupported_grant_type"}
        else:
            made = f"eyJhbGciOiJSUzI1NiJ9.{len(self.tokens)}.sig"
            self.tokens[made] = given.password
            expires = iso(datetime.now(UTC) + timedelta(hours=1))
            body = {"access_token": made, "token_type": "Bearer", "expires_at": expires}
            status = 200
        self.statuses[status] += 1
        return web.json_response(body, status=status)

    async def listed(self, request: web.Request) -> web.Response:
        answer = self._listed(request)
        self.statuses[answer.status] += 1
        return answer

    def _listed(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.met += 1
        if self.fault == "storm" and self.met * self.measure % 1 < self.measure:
            return self.refused(429, "Rate limit exceeded")
        scopes = self._let_in(request.headers.get("Authorization", ""))
        if scopes is None:
            return self.refused(401, "Unauthorized", "Token could not be decoded or has expired.")
        if name not in self.rows:
            self.odd.append(request.path_qs)
            return self.refused(404, "Resource not found")
        if name not in scopes:
            return self.refused(403, "Forbidden", f"Missing scope: harvest:{name}:list")
        answer = self._page(name, dict(request.query))
        if answer.status != 200:
            self.odd.append(request.path_qs)
        return answer

    def _let_in(self, header: str) -> set[str] | None:
        """Return the lists that a token may read, ``None`` if it is no longer valid."""
        bearer, _, given = header.partition(" ")
        if bearer != "Bearer" or given not in self.tokens or self._is_revoked():
            return None
        self.served[given] += 1
        if self.token_serves is not None and self.served[given] > self.token_serves:
            return None
        return self._scopes(self.tokens[given])

    def _shown(self, name: str, row: Row) -> Row:
        shown = {key: value for key, value in row.items() if key[0] != "_"}
        if name == "attachments":
            token = secrets.token_hex(8)
            self.links[token] = row["id"]
            shown["url"] = f"{self.base_url}/files/{row['id']}?X-Amz-Signature={token}"
        return shown

    async def file(self, request: web.Request) -> web.Response:
        """Respond as the file storage, which accepts signed links but no credentials."""
        if "Authorization" in request.headers:
            self.odd.append("a token was shown to the storage")
        if request.query.get("X-Amz-Signature", "") not in self.links:
            return web.Response(status=403, text="<Error><Code>AccessDenied</Code></Error>")
        return web.Response(body=PDF)

    def _page(self, name: str, asked: dict[str, str]) -> web.Response:
        below = None
        if "cursor" in asked:
            if len(asked) > 1:
                rule = "When passing a cursor, do not include other query params."
                return self.refused(422, "Unprocessable Content", rule)
            try:
                kept = json.loads(base64.urlsafe_b64decode(asked["cursor"]))
                below, asked = kept["below"], kept["asked"]
            except (ValueError, KeyError):
                return self.refused(422, "Unprocessable Content", "Invalid cursor.")
        size = asked.get("per_page", "100")
        if not size.isdecimal() or not 1 <= int(size) <= 500:
            told = {"per_page": f"`{size}` number is greater than: 500"}
            return self.refused(422, "Unprocessable Content", told)
        try:
            found = self._found(name, asked)
        except ValueError as error:
            return self.refused(422, "Unprocessable Content", error.args[0])
        found = [row for row in found if below is None or row["id"] < below]
        page = found[: int(size)]
        headers = self.headers()
        if len(found) > len(page):
            kept = {"below": page[-1]["id"], "asked": asked}
            cursor = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
            headers["Link"] = f'<{self.base_url}/v3/{name}?cursor={cursor}>; rel="next"'
        only = asked["fields"].split(",") if "fields" in asked else None
        shown = [
            {k: v for k, v in self._shown(name, row).items() if only is None or k in only}
            for row in page
        ]
        return web.json_response(shown, headers=headers)

    def _found(self, name: str, asked: dict[str, str]) -> list[Row]:
        """Return the matching records, highest id first. Raises ``ValueError`` with the entry for ``errors``."""
        rows = sorted(self.rows[name].values(), key=lambda row: -row["id"])
        known = set().union(*rows)
        flag, shows = HIDDEN.get(name, ("", ""))
        if asked.get(shows) != "true":
            rows = [row for row in rows if not row.get(flag)]
        if name == "job_posts" and "active" not in asked:  # deleted posts are omitted by default
            rows = [row for row in rows if row["active"]]
        for key, value in asked.items():
            if key in {"per_page", "fields", shows}:
                continue
            if rows and key.removesuffix("s") not in known and key not in known:
                raise ValueError({key: "is not a permitted query parameter"})
            rows = [row for row in rows if _fits(row, key, value)]
        return rows


def _fits(row: Row, key: str, value: str) -> bool:
    """Whether a record passes a filter: ids separated by commas, ``operator|date``, or a plain value."""
    if key.endswith("ids"):
        wanted = value.split(",")
        if len(wanted) > 50:
            raise ValueError({key: f"`{len(wanted)}` items, maximum is 50"})
        return str(row.get(key.removesuffix("s"))) in wanted
    held = row.get(key)
    if not key.endswith("_at"):
        return json.dumps(held).strip('"') == value
    parts = value.split("|")
    if len(parts) % 2 or any(one not in COMPARE for one in parts[::2]):
        raise ValueError({key: "is not of the form operator|date"})
    when = datetime.fromisoformat(held) if held else None
    bounds = zip(parts[::2], map(datetime.fromisoformat, parts[1::2]))
    return when is not None and all(COMPARE[word](when, bound) for word, bound in bounds)


@asynccontextmanager
async def harvest(fill: Callable[[Harvest], None]) -> AsyncIterator[Harvest]:
    """Run an account with the records that ``fill`` adds."""
    account = Harvest()
    fill(account)
    app = web.Application()
    app.router.add_post("/token", account.token)
    app.router.add_get("/v3/{name}", account.listed)
    app.router.add_get("/files/{id}", account.file)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    account.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield account
    finally:
        await runner.cleanup()
