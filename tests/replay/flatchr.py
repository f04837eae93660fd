"""A second Flatchr, written from the public API reference alone.

Its author had read neither the connector nor ``jemmo.sandbox.flatchr``, so it exposes misreadings that those two share.
Sources: developers.flatchr.io, the repositories of its older editions (github.com/flatchr/FlatchrDocs of February 2022,
github.com/flatchr/slate of 2019), and public clients of the API (github.com/Riminder/hrflow-connectors,
github.com/Adminela/Flatchr).

Documented behavior that is easy to miss:

- lists are bare arrays in no particular order; a vacancy's ``address`` and ``tags`` and a member's ``user`` are only
  included if ``fields`` names them
- a search row has the applicant's encoded id, the vacancy's number and title, and only the column's title; its days are
  DD/MM/YY, while filters expect MM/DD/YY
- ``start`` and ``start_update`` mean "from a given date", ``end`` and ``end_update`` mean "before a given date"
- encoded ids are case-sensitive, titles may end with spaces, and a salary is "0", "40 000" or a number
- a request for a resume needs ``token=`` in the URL, and only one per second is allowed; links expire after a day

Each field of ``Ways`` is something that the reference leaves open; the tests run with several values of each.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import web
from replay.flatchr_account import (
    ACTIVITIES,
    CHANNELS,
    COMPANY,
    COMPANY_NUMBER,
    CONTRACTS,
    EDUCATION,
    TRADES,
    Row,
    account,
    iso,
)

from jemmo.domain.streams import Stream
from jemmo.sandbox.files import docx, pdf

NAMES = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}
MATCHED = ("firstname", "lastname", "email", "phone")
WINDOWS = {"start": "created_at", "end": "created_at"}
WINDOWS |= {"start_update": "updated_at", "end_update": "updated_at"}
VACANCY_FIELDS = {"address", "tags", "items", "questions", "faqs", "benefits"}


@dataclass(frozen=True)
class Ways:
    """The server's behavior where the reference leaves it open.

    edition    year of the reference that search rows follow: 2022 has neither ``vacancy_id`` nor ``status``
    updated    format of ``updated_at`` in a row: ``day``, ``iso``, ``epoch``, or ``""`` if it is missing
    archived   whether a search without ``status`` returns archived applicants: ``left out`` or ``included``
    filters    whether a search applies the filter ``status``
    through    whether ``end`` and ``end_update`` include their day
    zone       time zone of these days
    most       silent limit of rows per search; 0 for none
    only_open  whether the list of vacancies without ``status`` has only open ones
    labels     whether vacancies in the list have the contract's name in addition to its number
    resume     where, besides the webhook, a resume's place appears: as ``cv`` or ``aws`` in a row; in the single
               applicant (``detail``, ``detail with fields`` if ``fields`` must name the candidate, ``detail by link``
                          if there is only the file's address); or ``nowhere``
    handed     how a resume is served: ``bytes``, ``redirect``, ``json``, ``text``
    seconds    minimum time between two requests for a resume
    boom       whether errors have a JSON body (statusCode, error, message) instead of plain text
    """

    edition: int = 2025
    updated: str = "day"
    archived: str = "left out"
    filters: bool = True
    through: bool = False
    zone: str = "Europe/Paris"
    most: int = 0
    only_open: bool = False
    labels: bool = False
    resume: str = "cv"
    handed: str = "bytes"
    seconds: float = 0.0
    boom: bool = True


OLDER = Ways(
    edition=2022,
    archived="included",
    through=True,
    only_open=True,
    labels=True,
    resume="aws",
    handed="redirect",
    boom=False,
)
"""An account of the older edition, with the alternative value of most fields."""


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Flatchr:
    """One company's account with this number of ``applicants``.

    odd      requests that the reference doesn't mention
    written  requests that would change data; a read-only connector makes none
    """

    def __init__(self, applicants: int, ways: Ways) -> None:
        self.key = "eyJhbGciOiJIUzI1NiJ9.invented.signature"
        self.base_url = ""
        self.ways = ways
        self.held = account(applicants)
        self.links: dict[str, str] = {}
        self.statuses: Counter[int] = Counter()
        self.odd: list[str] = []
        self.written: list[str] = []
        self.fault: str | None = None
        self.measure = 1.0
        self.met = 0
        self.last_resume = float("-inf")

    # --- for tests ---

    async def change(
        self, op: str, kind: str, record: int | str | None = None, **order: Any
    ) -> str:
        """Create, edit or delete a record as a recruiter would; return its id."""
        key = str(record)
        attributes = dict(order.get("attributes", {}))
        if kind == "columns":
            number = int(key) if record is not None else max(self.held.columns, default=600) + 13
            if op == "create":
                self.held.column(number, "Nouvelle", 20)
            return self._put(op, self.held.columns, number, attributes)
        rows: dict[str, dict[str, Row]] = {
            "vacancies": self.held.vacancies,
            "members": self.held.members,
        }
        if kind in rows:
            if op == "create":
                key = self.held.advertise(100 + len(self.held.vacancies))["id"]
            for (
                row
            ) in self.held.vacancies.values():  # ``record`` may be either of a vacancy's two ids
                key = row["id"] if str(row["vacancy_id"]) == key else key
            return self._put(op, rows[kind], key, attributes | {"updated_at": iso(now())})
        return self._change_applicant(op, key, attributes)

    def _put(self, op: str, rows: dict[Any, Row], key: Any, attributes: Row) -> str:
        if op == "delete":
            del rows[key]
        else:
            rows[key] |= attributes
        return str(key)

    def _change_applicant(self, op: str, key: str, attributes: Row) -> str:
        held = self.held
        if op == "delete":
            gone = held.applicants.pop(key)
            if not any(one["person"] == gone["person"] for one in held.applicants.values()):
                del held.people[gone["person"]]
            return key
        if op == "create":
            number = 5000 + len(held.applicants)
            who = held.arrive(number, now())
            key = held.apply(number, who["id"], next(iter(held.vacancies), ""), now())["id"]
        row = held.applicants[key]
        person = held.people[row["person"]]
        person |= {name: value for name, value in attributes.items() if name in person}
        row |= {name: value for name, value in attributes.items() if name not in person}
        for one in held.applicants.values():
            if one["person"] == row["person"]:
                one["updated_at"] = now()
        return key

    def misbehave(self, fault: str | None, measure: float | None = None) -> None:
        """Start a fault, or end it with ``None``."""
        self.fault, self.measure, self.met = fault, measure or 0.3, 0

    def expire_links(self) -> None:
        """Expire all links to resumes."""
        self.links.clear()

    def truth(self, stream: Stream) -> dict[str, Row]:
        """Return every record that a full sync yields, by id, as listed."""
        held = self.held
        match stream:
            case Stream.STAGES:
                return {str(key): row for key, row in held.columns.items()}
            case Stream.USERS:
                return {row["_user"]["id"]: row for row in held.members.values()}
            case Stream.JOBS:
                return {str(row["vacancy_id"]): row for row in held.vacancies.values()}
            case _:
                return {key: self._row(one) for key, one in held.applicants.items()}

    def event(self, name: str, applicant: str, *, flat: bool = False) -> Row:
        """Return the body of a webhook, ``new_applicant`` or ``drag_applicant``.

        Which of an object's two ids appears where follows the reference: the vacancy's ``id`` is its number, and the
        applicant's ``id`` is encoded for a new applicant but a number for a moved one.
        """
        one = self.held.applicants[applicant]
        person = self.held.people[one["person"]]
        vacancy = self.held.vacancies[one["vacancy"]]
        column = self.held.columns[one["column"]]
        new = name == "new_applicant"
        data: Row = {
            "applicant": {
                "id": one["id"] if new else one["number"],
                "candidate_id": person["number"],
                "vacancy_id": one["vacancy"],
                "column_id": f"Column{one['column']:010d}",
                "score": one["score"],
                "status": one["status"],
                "created_at": iso(one["created_at"]),
                "updated_at": iso(one["updated_at"]),
                "comment": "",
                "anonym": one["anonym"],
                "duplicate": None,
                "reason_id": None,
            },
            "candidate": {
                **{field: person[field] for field in (*MATCHED, "urls", "consent")},
                "id": person["number"],
                "status": 1,
                "created_at": iso(person["created_at"]),
                "updated_at": iso(one["updated_at"]),
            },
            "vacancy": {**shown(vacancy), "id": vacancy["vacancy_id"], "company_id": COMPANY},
            "column": column["id"] if new else column,
            "user": {},
            "applicant_id": one["number"],
            "candidate_id": person["number"],
            "column_id": f"Column{one['column']:010d}",
            "vacancy_id": one["vacancy"],
            "company": {"id": COMPANY, "name": "Exemple SAS"},
        }
        if new:
            cv = one["cv"] and {
                "id": one["number"] + 7,
                "fileable_id": person["number"],
                "fileable_type": "candidates",
                "url": f"files.example.com/{address(one['cv'])}",
                "type": "CV",
                "created_at": iso(one["created_at"]),
                "updated_at": iso(one["created_at"]),
                **one["cv"],
            }
            data |= {"cv": cv, "message": "Un nouveau candidat a postulé"}
        told = data if flat else {"data": data}
        return {**told, "event": name, "company_id": COMPANY_NUMBER}

    # --- responses ---

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Respond to any request except one for a file's content."""
        try:
            body = await self._read(request)
        except Refused as refused:
            self.statuses[refused.status] += 1
            return self._refusal(refused)
        self.statuses[302 if isinstance(body, web.HTTPFound) else 200] += 1
        if isinstance(body, web.HTTPFound):
            raise body
        if isinstance(body, bytes):
            return web.Response(body=body, content_type="application/octet-stream")
        return web.Response(text=body) if isinstance(body, str) else web.json_response(body)

    def _refusal(self, refused: Refused) -> web.Response:
        if not self.ways.boom:
            return web.Response(status=refused.status, text=refused.message)
        told = {"statusCode": refused.status, "error": NAMES.get(refused.status, "Bad Request")}
        return web.json_response({**told, "message": refused.message}, status=refused.status)

    def _let_in(self, request: web.Request, *, by_address: bool) -> None:
        """Check the key in the header or the URL; raises ``Refused``."""
        self.met += 1
        if self.fault == "storm" and self.met * self.measure % 1 < self.measure:
            raise Refused(429, "Too Many Requests")
        given = request.headers.get("Authorization")
        if by_address or given is None:
            given = f"Bearer {request.query.get('token', '')}"
        late = self.fault == "expires" and self.met > self.measure
        if late or given != f"Bearer {self.key}":
            raise Refused(401, "Invalid token")

    async def _read(self, request: web.Request) -> Any:
        steps = request.path.strip("/").split("/")
        self._let_in(request, by_address=steps[2:] == ["files", "expire"])
        if request.method in {"PUT", "DELETE"}:
            self.written.append(f"{request.method} {request.path}")
        match steps:
            case ["company", company, *_] if company != COMPANY:
                raise Refused(404, "Company not found")
            case ["company", _, "search", "applicants"] if request.method == "POST":
                return self._search(request.query, await given(request))
            case [*_] if request.method != "GET":
                raise Refused(404, "Not Found")
            case ["company", _, "files", "expire"]:
                return self._resume(request.query)
            case ["company", _, "applicant", key] if self.ways.resume.startswith("detail"):
                return self._detail(key, self._fields(request))
            case ["company", _, *rest]:
                return self._listed(rest, self._fields(request), request)
            case ["vacancy", key]:
                return self._vacancy(self._known(self.held.vacancies, key), self._fields(request))
            case _:
                return self._listed(steps, set(), request)

    def _fields(self, request: web.Request) -> set[str]:
        return set(filter(None, request.query.get("fields", "").split(",")))

    def _known(self, rows: dict[str, Row], key: str) -> Row:
        if key not in rows:
            raise Refused(404, "Not Found")
        return rows[key]

    def _listed(self, path: list[str], fields: set[str], request: web.Request) -> list[Row]:
        match path:
            case ["columns"]:
                return mixed(list(self.held.columns.values()))
            case ["members"]:
                known = {"user"} & fields
                return [
                    shown(row) | ({"user": row["_user"]} if known else {})
                    for row in mixed(list(self.held.members.values()))
                ]
            case ["vacancies"]:
                status = request.query.get("status", "1" if self.ways.only_open else "")
                return [
                    self._vacancy(row, fields)
                    for row in mixed(list(self.held.vacancies.values()))
                    if status in {"", str(row["status"])}
                ]
            case ["tags" | "tasks"]:
                return []
            case ["contracts"]:
                return named(CONTRACTS)
            case ["educationLevels"]:
                return named(EDUCATION)
            case ["activities"]:
                return named(ACTIVITIES)
            case ["channels"]:
                return named(CHANNELS)
            case ["channels", channel, "metiers"] if channel.isdecimal():
                return named(TRADES.get(int(channel), {}))
        self.odd.append(request.path_qs)
        raise Refused(404, "Not Found")

    def _vacancy(self, row: Row, fields: set[str]) -> Row:
        if fields - VACANCY_FIELDS:
            self.odd.append(f"fields={','.join(sorted(fields))}")
        told = shown(row)
        if self.ways.labels:
            told["contract_type"] = CONTRACTS[row["contract_type_id"]]
        if "address" in fields:
            told["address"] = row["_address"]
        if "tags" in fields:
            told["tags"] = row["_tags"]
        return told

    def _row(self, one: Row) -> Row:
        """Return an applicant as a search row."""
        person = self.held.people[one["person"]]
        vacancy = self.held.vacancies.get(one["vacancy"], {"title": None, "vacancy_id": None})
        column = self.held.columns.get(one["column"], {"title": None, "hired": False})
        row = {
            "applicant": one["id"],
            "vacancy": vacancy["title"],
            "column": column["title"],
            "external_id": one["external_id"],
            **{name: person[name] for name in MATCHED},
            "created_at": self._day(one["created_at"]).strftime("%d/%m/%y"),
            "source": one["source"],
        }
        if self.ways.resume in {"cv", "aws"}:
            row[self.ways.resume] = one["cv"]
        if self.ways.edition < 2023:
            return row
        row |= {"vacancy_id": vacancy["vacancy_id"], "status": one["status"]}
        row |= {"score": one["score"], "hired": column["hired"]}
        when: datetime = one["updated_at"]
        told = {
            "day": self._day(when).strftime("%d/%m/%y"),
            "iso": iso(when),
            "epoch": int(when.timestamp()),
        }
        return row | ({"updated_at": told[self.ways.updated]} if self.ways.updated else {})

    def _day(self, when: datetime) -> date:
        return when.astimezone(ZoneInfo(self.ways.zone)).date()

    def _search(self, query: Mapping[str, str], body: Any) -> list[Row]:
        if not isinstance(body, dict):
            raise Refused(400, "Invalid request payload")
        asked: Row = {name: value for name, value in body.items() if value is not None}
        known = {*MATCHED, *WINDOWS, "hired", "column", "vacancy", "company", "status"}
        if set(asked) - known or query.keys() - {"token"}:
            self.odd.append(f"search {sorted(asked)} {sorted(query)}")
        found = [
            one for one in mixed(list(self.held.applicants.values())) if self._fits(one, asked)
        ]
        return [self._row(one) for one in found][: self.ways.most or None]

    def _fits(self, one: Row, asked: Row) -> bool:
        person = self.held.people[one["person"]]
        column = self.held.columns.get(one["column"], {"title": None, "hired": False})
        if "status" in asked and self.ways.filters:
            if str(one["status"]) != str(asked["status"]):
                return False
        elif self.ways.archived == "left out" and not one["status"]:
            return False
        for name in MATCHED:
            if name in asked and str(person[name]).casefold() != str(asked[name]).casefold():
                return False
        if "hired" in asked and str(column["hired"]).lower() != str(asked["hired"]).lower():
            return False
        if asked.get("column", column["title"]) != column["title"]:
            return False
        if asked.get("vacancy", one["vacancy"]) != one["vacancy"]:
            return False
        return all(
            self._within(self._day(one[of]), name, str(asked[name]))
            for name, of in WINDOWS.items()
            if name in asked
        )

    def _within(self, day: date, name: str, text: str) -> bool:
        try:
            bound = _read_day(text)
        except ValueError as error:
            self.odd.append(f"{name}={text}")
            raise Refused(400, f"{name} must be in MM/DD/YY format") from error
        if name.startswith("start"):
            return day >= bound
        return day <= bound if self.ways.through else day < bound

    def _detail(self, key: str, fields: set[str]) -> Row:
        """Return an applicant as in the older reference and in responses to a move: dates are in seconds."""
        one = self._known(self.held.applicants, key)
        person = self.held.people[one["person"]]
        candidate = {field: person[field] for field in ("id", *MATCHED, "urls", "consent")}
        candidate["created_at"] = iso(person["created_at"])
        if one["cv"]:
            candidate["cv"] = f"http://files.example.com/{quote(address(one['cv']))}"
            if self.ways.resume != "detail by link":
                candidate["aws"] = {
                    **one["cv"],
                    "signature": self.link(one["cv"]).partition("//")[2],
                }
        elif self.ways.resume == "detail by link":
            candidate["cv"] = ""
        applies = [
            {"id": other["id"], "vacancy_id": other["vacancy"], "import": False}
            for other in self.held.applicants.values()
            if other["person"] == one["person"]
        ]
        told: Row = {
            "id": one["id"],
            "vacancy_id": one["vacancy"],
            "column_id": one["column"],
            "score": one["score"],
            "comment": "",
            "created_at": int(one["created_at"].timestamp()),
            "updated_at": int(one["updated_at"].timestamp()),
            "status": one["status"],
            "view": True,
            "anonym": one["anonym"],
            "external_id": None,
            "column": {},
            "vacancy": {},
            "foreigner": False,
            "applies": applies,
        }
        shy = self.ways.resume == "detail with fields" and "candidate" not in fields
        return told if shy else told | {"candidate": candidate}

    # --- resumes ---

    def link(self, cv: Row) -> str:
        """Return a presigned link to a resume, valid for a day."""
        token = secrets.token_hex(8)
        self.links[token] = cv["key"]
        name = quote(address(cv), safe="")
        return f"{self.base_url}/storage/{name}?X-Amz-Expires=86400&X-Amz-Signature={token}"

    def _resume(self, query: Mapping[str, str]) -> Any:
        at = time.monotonic()
        soon, self.last_resume = at - self.last_resume < self.ways.seconds, at
        if soon:
            raise Refused(429, "Too Many Requests")
        for one in self.held.applicants.values():
            cv = one["cv"]
            if cv and (cv["key"], cv["extension"]) == (query.get("key"), query.get("extension")):
                break
        else:
            raise Refused(404, "File not found")
        match self.ways.handed:
            case "redirect":
                return web.HTTPFound(self.link(cv))
            case "json":
                return {"url": self.link(cv)}
            case "text":
                return self.link(cv)
        return content(cv["extension"])

    async def file(self, request: web.Request) -> web.Response:
        """Respond as the storage behind the links, in reality another host, which must never receive the API key."""
        if "Authorization" in request.headers or "token" in request.query:
            self.odd.append("the key of the API was shown to the storage")
        if request.query.get("X-Amz-Signature", "") not in self.links:
            denied = "<Error><Code>AccessDenied</Code></Error>"
            return web.Response(status=403, text=denied, content_type="application/xml")
        return web.Response(body=content(request.path.rpartition(".")[2]))


async def given(request: web.Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        return None


@cache
def _read_day(text: str) -> date:
    """Parse a search's bound; cached, since it is compared with every applicant."""
    return datetime.strptime(text, "%m/%d/%y").replace(tzinfo=UTC).date()


def now() -> datetime:
    return datetime.now(UTC)


def shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name[0] != "_"}


def named(of: Mapping[int, str]) -> list[Row]:
    return [{"id": key, "text": text} for key, text in of.items()]


def mixed(rows: list[Row]) -> list[Row]:
    """Return the rows in an order unrelated to ids and dates."""
    return rows[1::2] + rows[::2]


def address(cv: Row) -> str:
    """Return a resume's path in the storage."""
    return f"{cv['key']}.{cv['extension']}"


def content(extension: str) -> bytes:
    return (pdf if extension == "pdf" else docx)("An invented resume")


@asynccontextmanager
async def serve(
    *, talents: int = 60, keys: Mapping[str, str] | None = None, ways: Ways | None = None
) -> AsyncIterator[Flatchr]:
    """Serve an account on the loopback address. Keys have no scopes, so ``keys`` must be empty."""
    assert not keys, "keys of Flatchr open the whole account"
    served = Flatchr(talents, ways or Ways())
    app = web.Application()
    app.router.add_get("/storage/{name:.*}", served.file)
    app.router.add_route("*", "/{path:.*}", served.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    served.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield served
    finally:
        await runner.cleanup()
