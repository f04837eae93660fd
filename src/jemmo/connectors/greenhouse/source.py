"""Reads one Greenhouse account."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from jemmo.connectors.base import Config
from jemmo.connectors.greenhouse import mapping, wire
from jemmo.connectors.listing import Ask, Chunk, Listing, ListSource, row_id
from jemmo.connectors.pacing import pacer
from jemmo.connectors.refusals import Refused, refusals
from jemmo.domain.streams import Stream, StreamSpec
from jemmo.domain.validation import text
from jemmo.rest_client import Answer, RestClient
from jemmo.rest_client.headers import next_link
from jemmo.rest_client.tokens import ClientCredentials

KEY_HELP = (
    "In Greenhouse, as somebody who may manage API credentials: Configure > Dev Center > API Credentials > "
    "Create new, type Harvest V3 (OAuth). The client secret is the key, the client ID the option client_id. "
    "Give it the list scopes named in the connector's README."
)
STATUS_PAGE = "https://status.greenhouse.io"
TOKENS = {"harvest.greenhouse.io": "https://auth.greenhouse.io"}
MOST_IDS = 50  # in a filter
CLAIMS = "https://auth.greenhouse.io/claims"

Rows = list[dict[str, Any]]


class GreenhouseSource(ListSource):
    most_ids = MOST_IDS

    def __init__(self, config: Config) -> None:
        self.config = config
        refuse = refusals("Greenhouse", key_help=KEY_HELP, status_page=STATUS_PAGE)
        pair = f"{config.options['client_id']}:{config.api_key}".encode()
        self.tokens = RestClient(
            TOKENS.get(urlsplit(config.base_url).netloc, config.base_url),
            headers={"Authorization": f"Basic {base64.b64encode(pair).decode()}"},
            refuse=refuse,
            pacer=None,
        )
        user = config.options["acting_user"]
        self.sign = ClientCredentials(self.tokens, "token", {"sub": user} if user else {})
        client = RestClient(
            config.base_url,
            headers={"Accept": "application/json"},
            refuse=refuse,
            pacer=pacer(config, int(config.options["rate_limit"]), 30.0),
            shared=config.pace,
            sign=self.sign,
        )
        lag = timedelta(minutes=int(config.options["lag_minutes"]))
        super().__init__(client, _listings(lag, thrifty=not self._reads_all))
        self._known: dict[str, asyncio.Task[Rows]] = {}

    @property
    def _reads_all(self) -> bool:
        return self.config.options["lookups"] == "always"

    @property
    def requests(self) -> int:
        return self.client.requests + self.tokens.requests

    async def close(self) -> None:
        for task in self._known.values():
            task.cancel()
        await super().close()
        await self.tokens.close()

    def address(self, listing: Listing, ask: Ask) -> str:
        query = {"per_page": str(ask.size or self.config.options["page_size"])}
        if ask.since:
            query["updated_at"] = f"gte|{ask.since:%Y-%m-%dT%H:%M:%SZ}"
        if ask.thin:
            query["fields"] = "id,updated_at"
        if ask.ids:
            query["ids"] = ",".join(ask.ids)
        return _address(listing.path, query)

    def chunk(self, answer: Answer) -> Chunk:
        rows = msgspec.json.decode(answer.body, type=list[Any])
        return Chunk(rows=rows, next=next_link(answer.headers))

    def could_be(self, remote_id: str) -> bool:
        return remote_id.isascii() and remote_id.isdecimal()

    async def account(self) -> tuple[str | None, str | None]:
        """The organisation, as the token's own claims tell it, where they do."""
        token = (await self.sign(None))["Authorization"].removeprefix("Bearer ")
        try:
            told = await self.tokens.submit("introspect", {"token": token}, msgspec.json.decode)
        except Refused:
            return None, None
        claims = told.get(CLAIMS) if isinstance(told, dict) else None
        organisation = claims.get("organization") if isinstance(claims, dict) else None
        if not isinstance(organisation, dict):
            return None, None
        return text(organisation.get("id")), text(organisation.get("name"))

    async def attachment(self, remote_id: str) -> dict[str, Any] | None:
        """One file's row, with a fresh link; ``None`` when it is gone."""
        rows = await self._all(_address("attachments", {"ids": remote_id}))
        return next((row for row in rows if row_id(row) == remote_id), None)

    # --- what stands in lists of its own ---

    async def beside(self, listing: Listing, rows: list[Any]) -> Any:
        ids = [key for row in rows if (key := row_id(row))]
        match listing.spec.name:
            case Stream.TALENTS if self.config.on("resumes"):
                return await self._children("attachments", "candidate_id", ids, type="resume")
            case Stream.JOBS:
                posts, owners, offices = await asyncio.gather(
                    self._children("job_posts", "job_id", ids),
                    self._children("job_owners", "job_id", ids),
                    self._once("offices"),
                )
                return mapping.AroundJobs(
                    posts, owners, {str(one.get("id")): one for one in offices}
                )
            case Stream.APPLICATIONS:
                return await self._around_applications([row for row in rows if row_id(row)])
        return None

    async def further(self, listing: Listing, since: datetime) -> AsyncIterator[list[Any]]:
        """Talents with a new resume, jobs with a changed post or owner: nobody says that their own date moves."""
        lists: dict[Stream, tuple[tuple[str, str], ...]] = {}
        if self._reads_all:
            lists[Stream.JOBS] = (("job_posts", "job_id"), ("job_owners", "job_id"))
        if self.config.on("resumes"):
            lists[Stream.TALENTS] = (("attachments", "candidate_id"),)
        parents: set[str] = set()
        for path, field in lists.get(listing.spec.name, ()):
            query = {"per_page": "500", "updated_at": f"gte|{since:%Y-%m-%dT%H:%M:%SZ}"}
            for row in await self._all(_address(path, query)):
                parents.add(str(row.get(field)))
        for some in _some(sorted(parents - {"None"})):
            yield await self._all(self.address(listing, Ask(ids=some)))

    async def _around_applications(self, rows: Rows) -> mapping.AroundApplications:
        without_stage = any(
            row.get("stage_name") and not row.get("job_interview_stage_id") for row in rows
        )
        rejected = [
            str(row["id"])
            for row in rows
            if row.get("status") == "rejected" and "rejection_reason_id" not in row
        ]
        sources, stages, reasons = await asyncio.gather(
            self._once("sources"),
            self._once("job_interview_stages") if without_stage else _nothing(),
            self._children("rejection_details", "application_id", rejected),
        )
        return mapping.AroundApplications(
            {str(one.get("id")): name for one in sources if (name := text(one.get("name")))},
            {(str(one.get("job_id")), str(one.get("name"))): str(one.get("id")) for one in stages},
            reasons,
        )

    async def _children(
        self, path: str, field: str, ids: Iterable[str], **query: str
    ) -> dict[str, Rows]:
        """The rows that belong to these records, by their parent's id: one request for 50 parents."""
        addresses = [
            _address(path, {"per_page": "500", f"{field}s": ",".join(some), **query})
            for some in _some(list(ids))
        ]
        found: dict[str, Rows] = {}
        for rows in await asyncio.gather(*(self._all(one) for one in addresses)):
            for row in rows:
                if row_id(row):
                    found.setdefault(str(row.get(field)), []).append(row)
        return found

    async def _once(self, path: str) -> Rows:
        """A short list that everything refers to, read once while this source is open."""
        if path not in self._known:
            address = _address(path, {"per_page": "500"})
            self._known[path] = asyncio.create_task(self._all(address))
        return await self._known[path]

    async def _all(self, address: str) -> Rows:
        found: Rows = []
        url: str | None = address
        while url:
            chunk = await self.client.ask(url, self.chunk)
            found += [row for row in chunk.rows if isinstance(row, dict)]
            url = chunk.next
        return found


def _listings(lag: timedelta, *, thrifty: bool) -> list[Listing]:
    """``thrifty`` reads what records only refer to when such a record has changed, and all of it once a day."""

    def listing(
        name: Stream,
        path: str,
        kind: Any,
        to_record: Any,
        *after: Stream,
        follows: tuple[Stream, ...] = (),
        thin_sweep: bool = True,
    ) -> Listing:
        changes = None if name in {Stream.DEPARTMENTS, Stream.REJECT_REASONS} else "updated_at"
        spec = StreamSpec(
            name=name,
            cursor=changes,
            lag=lag,
            after=after,
            follows=follows if thrifty else (),
            thin_sweep=thin_sweep,
        )
        return Listing(spec=spec, path=path, kind=kind, map=to_record)

    return [
        listing(
            *(Stream.DEPARTMENTS, "departments", wire.NamedRow, mapping.department),
            follows=(Stream.JOBS,),
        ),
        listing(*(Stream.USERS, "users", wire.UserRow, mapping.user), follows=(Stream.JOBS,)),
        listing(
            *(Stream.REJECT_REASONS, "rejection_reasons", wire.ReasonRow, mapping.reject_reason),
            follows=(Stream.APPLICATIONS,),
        ),
        listing(
            *(Stream.JOBS, "jobs", wire.JobRow, mapping.job),
            *(Stream.DEPARTMENTS, Stream.USERS),
            thin_sweep=False,  # a job's own date need not move with its posts and owners
        ),
        listing(
            *(Stream.STAGES, "job_interview_stages", wire.StageRow, mapping.stage, Stream.JOBS),
            follows=(Stream.JOBS, Stream.APPLICATIONS),
        ),
        listing(Stream.TALENTS, "candidates", wire.CandidateRow, mapping.talent),
        listing(
            *(Stream.APPLICATIONS, "applications", wire.ApplicationRow, mapping.application),
            *(Stream.TALENTS, Stream.JOBS, Stream.STAGES, Stream.REJECT_REASONS),
        ),
    ]


def _address(path: str, query: dict[str, str]) -> str:
    return f"v3/{path}?{urlencode(query)}"


def _some(ids: list[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(ids), MOST_IDS):
        yield tuple(ids[start : start + MOST_IDS])


async def _nothing() -> Rows:
    return []
