"""Harvest v3, as documented: tokens for credentials, lists by cursor and newest first, filters, limits, refusals."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote
from zoneinfo import ZoneInfo

from jemmo.sandbox.clock import parse_ms
from jemmo.sandbox.company import Company, Refusal
from jemmo.sandbox.files import pdf
from jemmo.sandbox.greenhouse.people import STAGES, People
from jemmo.sandbox.greenhouse.webhooks import Webhooks, action_of
from jemmo.sandbox.http import Call, Reply
from jemmo.sandbox.limits import RateLimit, Verdict
from jemmo.sandbox.options import Options
from jemmo.sandbox.rows import Row, iso
from jemmo.sandbox.switches import Switchboard

CLIENT_ID = "jemmo-client"
LARGEST, MOST_IDS = 500, 50
FILE_LINK_MS = 7 * 24 * 3600 * 1000
COMPUTED = ("rejection_details", "application_stages")
PARENTS = {
    "candidate_ids": "candidate_id",
    "job_ids": "job_id",
    "application_ids": "application_id",
    "job_post_ids": "job_post_id",
}
TESTS = {
    "gte": lambda at, bound: at >= bound, "gt": lambda at, bound: at > bound,
    "lte": lambda at, bound: at <= bound, "lt": lambda at, bound: at < bound,
}  # fmt: skip


@dataclass(slots=True)
class Switches(Switchboard):
    """Switches for what could not be verified; the defaults are documented, or the more likely behavior."""

    CHOICES: ClassVar[dict[str, tuple[str, ...]]] = {
        "application_stage": ("id", "name"),
        "stage_names": ("own", "shared"),
        "link_rel": ("next", "next last"),
        "missing_scope": (
            *("", "application_stages", "job_posts", "job_post_locations", "offices"),
            "pay_input_ranges",
        ),
        "visits": ("listed", "absent"),
        "rejection_reason": ("application", "details"),
        "token_life": ("at", "in", "none"),
        "introspection": ("claims", "absent"),
        "fields_selector": ("works", "ignored", "refused"),
        "reset": ("moment", "seconds"),
        "webhook_ids": ("numbers", "texts"),
        "merged": ("left_out", "other"),
    }

    rate_limit: bool = True
    rate_limit_requests: int = 50
    rate_limit_seconds: int = 30
    token_seconds: int = 3600
    application_stage: str = "id"
    stage_names: str = "own"
    link_rel: str = "next"
    missing_scope: str = ""
    visits: str = "listed"
    rejection_reason: str = "application"
    token_life: str = "at"  # noqa: S105 - how its expiry is sent
    introspection: str = "claims"
    fields_selector: str = "works"
    reset: str = "moment"
    webhook_ids: str = "numbers"
    merged: str = "left_out"


class Greenhouse(Company):
    label = "Greenhouse"
    people = "candidates"
    belongs = {
        "candidates": (("applications", "candidate_id"), ("attachments", "candidate_id")),
        "jobs": (
            *(("job_interview_stages", "job_id"), ("applications", "job_id")),
            *(("job_posts", "job_id"), ("job_owners", "job_id")),
        ),
        "job_posts": (("pay_input_ranges", "job_post_id"), ("job_post_locations", "job_post_id")),
    }
    aliases = {"talent": "candidates", "candidate": "candidates", "job": "jobs"}
    switches: Switches

    def __init__(self, options: Options) -> None:
        super().__init__(options, Switches())
        made = People(options.seed, options.talents)
        makers = {name: getattr(made, name, None) for name in made.sizes}
        makers |= {"users": made.users_of, "jobs": made.jobs_of}
        self.kinds = {name: self.rows(name, made.sizes[name], makers[name]) for name in made.sizes}
        self._tokens: dict[str, tuple[str, int]] = {}
        self.webhooks = Webhooks(options.webhook_url, options.webhook_key)
        self.apply_switches()
        self.replay()

    def announce_to(self, url: str | None) -> None:
        self.webhooks.url = url

    def record_before(self, order: dict[str, Any]) -> Row:
        """Include the applications deleted with a candidate, which have no webhooks of their own."""
        was = super().record_before(order)
        if order["op"] != "delete" or self._kind(str(order["type"])) != "candidates":
            return was
        own = self.kinds["applications"].children("candidate_id", {int(order["id"])})
        return {**was, "deleted_application_ids": own}

    async def announce(self, order: dict[str, Any], record: int, was: Row) -> list[dict[str, Any]]:
        kind = self._kind(str(order["type"]))
        rows = self.kinds[kind]
        now = rows.get(record) if rows.has(record) else was
        action = action_of(str(order["op"]), kind, was, now)
        if self.webhooks.url is None or action is None:
            return []
        delivery = await self.webhooks.send(
            action, kind, now, as_text=self.switches.webhook_ids == "texts"
        )
        return [delivery]

    def apply_switches(self) -> None:
        own = self.switches
        self.limit = RateLimit(own.rate_limit_requests, own.rate_limit_seconds * 1000)
        self.limit.enabled = own.rate_limit

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"options": {"client_id": CLIENT_ID}}

    def new_values(self, kind: str, order: dict[str, Any]) -> Row:
        values = super().new_values(kind, order)
        if kind == "applications":
            return {"status": "in_process", "prospect": False, **values}
        return values

    def apply(self, order: dict[str, Any]) -> int:
        """Apply an order; a new job gets the usual stages."""
        record = super().apply(order)
        if order["op"] == "create" and self._kind(str(order["type"])) == "jobs":
            for place, name in enumerate(STAGES):
                stage = {"job_id": record, "name": name, "sort_order": place, "active": True}
                self.kinds["job_interview_stages"].add(stage, self._at(order))
        return record

    # --- tokens ---

    def respond(self, call: Call) -> tuple[Any, dict[str, str]]:
        if call.path in {"/token", "/introspect"}:
            if call.method != "POST":
                raise Refusal(404, {"message": "Not found"})
            secret = self._credentials(call)
            return (self._token(secret) if call.path == "/token" else self._claims(call)), {}
        if call.method != "GET":
            raise Refusal(405, {"message": "The sandbox is read only"})
        scope = self._scope(call)
        headers = self.count_request(scope)
        kind = call.path.removeprefix("/v3/")
        if kind not in {*self.kinds, *COMPUTED} or kind == call.path:
            raise Refusal(404, {"message": "Not found"})
        if kind == "application_stages" and self.switches.visits == "absent":
            raise Refusal(404, {"message": "Not found"})
        if scope not in {"all", kind} or kind == self.switches.missing_scope:
            raise Refusal(403, {"message": f"Missing scope harvest:{kind}:list"})
        rows, link = self._list(call, kind)
        return rows, headers | link

    def _credentials(self, call: Call) -> str:
        encoded = call.headers.get("Authorization", "").removeprefix("Basic ")
        try:
            client, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refusal(401, {"error": "invalid_client"}) from None
        expired = "expired_key" in self.faults.on and self.faults.is_used_up("expired_key")
        if client != CLIENT_ID or secret not in self.keys or expired:
            raise Refusal(401, {"error": "invalid_client"})
        return secret

    def _token(self, secret: str) -> dict[str, Any]:
        ends = self.clock.now_ms() + self.switches.token_seconds * 1000
        token = f"token-{len(self._tokens) + 1}"
        self._tokens[token] = secret, ends
        answer = {"access_token": token, "token_type": "Bearer"}
        if self.switches.token_life == "in":  # noqa: S105
            return {**answer, "expires_in": self.switches.token_seconds}
        return {**answer, "expires_at": iso(ends)} if self.switches.token_life == "at" else answer  # noqa: S105

    def _claims(self, call: Call) -> dict[str, Any]:
        if self.switches.introspection == "absent":
            raise Refusal(404, {"message": "Not found"})
        token = parse_qs(call.body.decode()).get("token", [""])[0]
        company = {"id": 4000 + self.options.seed, "name": "Demo Greenhouse"}
        claims = {"organization": company, "user_role": "site_admin"}
        return {"active": token in self._tokens, "https://auth.greenhouse.io/claims": claims}

    def _scope(self, call: Call) -> str:
        token = call.headers.get("Authorization", "").removeprefix("Bearer ")
        secret, ends = self._tokens.get(token, ("", 0))
        if ends <= self.clock.now_ms():
            raise Refusal(401, {"message": "Unauthorized"})
        return self.admit(secret)

    def limit_headers(self, verdict: Verdict) -> dict[str, str]:
        reset = verdict.reset
        if self.switches.reset == "moment":
            reset += self.clock.now_ms() // 1000
        return {
            "X-RateLimit-Limit": str(verdict.limit),
            "X-RateLimit-Remaining": str(verdict.remaining),
            "X-RateLimit-Reset": str(reset),
        }

    # --- lists ---

    def _list(self, call: Call, kind: str) -> tuple[list[Row], dict[str, str]]:
        params = {name: values[-1] for name, values in parse_qs(call.query).items()}
        after = None
        if "cursor" in params:
            if len(params) > 1:
                raise _unprocessable("When passing a cursor, do not include other query params.")
            params, after = _opened(params["cursor"])
        size = int(params.get("per_page", "100"))
        if not 1 <= size <= LARGEST:
            raise _unprocessable(f"`{size}` number is greater than: {LARGEST}")
        if kind == self.people:
            self.shift()
        if kind == "rejection_details":
            return self._details(params), {}
        if kind == "application_stages":
            return self._visits(params), {}
        matches = self._selected(kind, params)
        ids = self.page(matches, after, size, newest_first=True)
        rows = self.spoil_rows(
            [self._shape(kind, self.kinds[kind].get(record), call.base) for record in ids]
        )
        if "fields" in params:
            rows = self._cut(rows, params["fields"].split(","))
        more = bool(ids) and matches[0] < ids[-1]
        last = after if more and after is not None and "page_repeat" in self.faults.on else None
        cursor = _sealed(params, last or ids[-1]) if more else ""
        is_last = more and self.page(matches, ids[-1], size, newest_first=True)[-1:] == matches[:1]
        rel = self.switches.link_rel if is_last else "next"
        link = f'<{call.base}{call.path}?cursor={quote(cursor)}>; rel="{rel}"'
        return rows, {"Link": link} if more else {}

    def _selected(self, kind: str, params: dict[str, str]) -> list[int]:
        rows = self.kinds[kind]
        try:
            matches = self._within(kind, params)
            for name, bounds in params.items():
                if name in {"created_at", "updated_at"}:
                    matches = self._dated(kind, matches, name, bounds)
        except ValueError as error:
            raise _unprocessable(str(error)) from None
        for name in ("status", "type"):
            if name in params and kind in {"applications", "attachments", "jobs", "job_owners"}:
                value = "in_process" if params[name] == "active" else params[name]
                matches = [record for record in matches if rows.get(record).get(name) == value]
        return matches

    def _within(self, kind: str, params: dict[str, str]) -> list[int]:
        """Return the records selected by ids or parents' ids, oldest first."""
        rows = self.kinds[kind]
        if "ids" in params:
            ids = _ids(params["ids"])
            if self.switches.merged == "other":
                ids = [self.find_survivor(kind, record) for record in ids]
            return sorted(record for record in set(ids) if rows.has(record))
        lists = [
            rows.children(field, set(_ids(params[name])))
            for name, field in PARENTS.items()
            if name in params
        ]
        if not lists:
            return rows.ids()
        first, *others = lists
        return [record for record in first if all(record in other for other in others)]

    def _dated(self, kind: str, records: list[int], name: str, bounds: str) -> list[int]:
        rows = self.kinds[kind]
        parts = bounds.split("|")
        if len(parts) % 2 or parts[0] not in TESTS:
            raise ValueError(f"`{bounds}` is not a valid value of {name}")
        for word, moment in zip(parts[::2], parts[1::2], strict=True):
            bound = parse_ms(moment, ZoneInfo("UTC"))
            if (name, word) == ("updated_at", "gte"):
                changed = set(rows.changed_since(bound))
                records = [record for record in records if record in changed]
                continue
            at = rows.updated if name == "updated_at" else rows.created
            records = [record for record in records if TESTS[word](at(record), bound)]
        return records

    def _shape(self, kind: str, row: Row, base: str) -> Row:
        if kind == "attachments":
            ends = self.clock.now_ms() + FILE_LINK_MS
            return row | {
                "url": f"{base}/files/{row['id']}?ends={ends}&signature={self._sign(row['id'], ends)}"
            }
        if kind not in {"applications", "job_interview_stages"}:
            return row
        hidden = set()
        if self.switches.application_stage == "name":
            hidden.add("job_interview_stage_id")
        if self.switches.rejection_reason == "details":
            hidden.add("rejection_reason_id")
        shown = {name: value for name, value in row.items() if name not in hidden}
        field = "name" if kind == "job_interview_stages" else "stage_name"
        if self.switches.stage_names == "shared" and row.get(field) == STAGES[3]:
            shown[field] = STAGES[2]
        return shown

    # --- files ---

    def download(self, call: Call) -> Reply:
        """Answer a signed link; the storage refuses requests that also carry a token."""
        template = f"{self.file_prefix}{{id}}"
        params = {name: values[-1] for name, values in parse_qs(call.query).items()}
        key, ends = call.path.removeprefix(self.file_prefix), params.get("ends", "")
        if "Authorization" in call.headers:
            return Reply(400, b"Only one auth mechanism allowed", {}, template)
        if not (key.isdecimal() and ends.isdecimal()):
            return Reply(403, b"SignatureDoesNotMatch", {}, template)
        if params.get("signature") != self._sign(int(key), int(ends)):
            return Reply(403, b"SignatureDoesNotMatch", {}, template)
        if int(ends) <= self.clock.now_ms():
            return Reply(403, b"Request has expired", {}, template)
        rows = self.kinds["attachments"]
        if not rows.has(int(key)):
            return Reply(404, b"NoSuchKey", {}, template)
        row = rows.get(int(key))
        content = pdf(f"{row['filename']}\nCandidate {row['candidate_id']}\n{row.get('text', '')}")
        return Reply(200, content, {"Content-Type": "binary/octet-stream"}, template)

    def _sign(self, key: int, ends: int) -> str:
        return hashlib.sha256(f"{self.options.key}/{key}/{ends}".encode()).hexdigest()[:16]

    def _details(self, params: dict[str, str]) -> list[Row]:
        rows = self.kinds["applications"]
        ids = [record for record in _ids(params.get("application_ids", "")) if rows.has(record)]
        return [
            {"id": row["id"], "application_id": row["id"], "rejected_at": row.get("rejected_at"),
             "rejection_reason_id": row.get("rejection_reason_id")}
            for row in map(rows.get, ids) if row.get("status") == "rejected"
        ]  # fmt: skip

    def _visits(self, params: dict[str, str]) -> list[Row]:
        """Return each application's visits to its first and its current stage."""
        rows = self.kinds["applications"]
        ids = [record for record in _ids(params.get("application_ids", "")) if rows.has(record)]
        visits = []
        for record in ids:
            row = rows.get(record)
            stage, since = row.get("job_interview_stage_id"), row["created_at"]
            if stage is None:
                continue
            now = row.get("stage_entered_at") or row["updated_at"]
            first = {"id": 800_000 + record, "application_id": record, "current": False,
                     "job_interview_stage_id": stage - (stage - 1) % len(STAGES), "entered_at": since,
                     "exited_at": now, "created_at": since, "updated_at": now}  # fmt: skip
            visit = {**first, "id": row.get("stage_id") or 900_000 + record, "current": True,
                     "job_interview_stage_id": stage, "entered_at": now, "exited_at": None}  # fmt: skip
            visits += (
                [visit, first]
                if first["job_interview_stage_id"] != stage
                else [{**visit, "entered_at": since}]
            )
        return visits

    def _cut(self, rows: list[Row], fields: list[str]) -> list[Row]:
        if self.switches.fields_selector == "refused":
            raise _unprocessable("Unknown parameter: fields")
        if self.switches.fields_selector == "ignored":
            return rows
        return [{name: row[name] for name in fields if name in row} for row in rows]


def _unprocessable(message: str) -> Refusal:
    return Refusal(422, {"message": "Unprocessable Content", "errors": [message]})


def _ids(text: str) -> list[int]:
    ids = [int(part) for part in text.split(",") if part]
    if len(ids) > MOST_IDS:
        raise _unprocessable(f"At most {MOST_IDS} ids")
    return ids


def _sealed(params: dict[str, str], after: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([params, after]).encode()).decode()


def _opened(cursor: str) -> tuple[dict[str, str], int]:
    try:
        params, after = json.loads(base64.urlsafe_b64decode(cursor))
        return {str(name): str(value) for name, value in params.items()}, int(after)
    except (ValueError, TypeError, AttributeError):
        raise _unprocessable("Invalid cursor") from None
