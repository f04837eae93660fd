"""Reads one Greenhouse account."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec.structs import replace

from jemmo.connectors.access import attempt
from jemmo.connectors.base import Config
from jemmo.connectors.greenhouse import mapping, wire
from jemmo.connectors.greenhouse.newest import NewestFirst
from jemmo.connectors.listing import Ask, Chunk, Listing, ListSource
from jemmo.connectors.loose import row_id
from jemmo.connectors.pacing import pacer
from jemmo.connectors.refusals import Refused, refusals
from jemmo.connectors.side_lists import Rows, SideLists, if_allowed, in_groups
from jemmo.domain.errors import ScopeTooSmall
from jemmo.domain.history import LIMITED
from jemmo.domain.streams import AccessCheck, AccessReport, Page, Start, Stream, StreamSpec
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.validation import parse_time, split_address, text
from jemmo.rest_client import Answer, RestClient
from jemmo.rest_client.headers import next_link
from jemmo.rest_client.tokens import ClientCredentials

KEY_HELP = _(
    "In Greenhouse, you need permission to manage API credentials. Open Configure > Dev Center > API "
    "Credentials > Create new. Choose the Harvest V3 (OAuth) type. Enter the client secret as the "
    "API key, and enter the client ID in its own field. Give the credential the list scopes it "
    "needs. The connection test shows any that are missing."
)
STATUS_PAGE = "https://status.greenhouse.io"
TOKENS = {"harvest.greenhouse.io": "https://auth.greenhouse.io"}
MOST_IDS = 50  # ids per filter
MOST_ALONE = 250  # talents whose applications are requested early
VISITS, PAY, PAY_NAMES, PLACES = OPTIONAL = (
    *("application_stages", "pay_input_ranges", "pay_inputs"),
    "job_post_locations",
)
"""Lists that a sync can do without, if the account or the credential lacks them."""
BESIDE = ("offices", "sources", "job_owners", *OPTIONAL)
"""Further lists that records are built from; attachments too if resumes are read."""
WHOLE = {
    "rejection_reasons": {"include_defaults": "true"},
    "users": {"show_service_accounts": "true"},
}
"""Parameters for records that a list omits by default: Greenhouse's built-in reasons, and users of integrations."""
FIRST = frozenset((Stream.JOBS, Stream.TALENTS, Stream.APPLICATIONS))
"""Streams whose most important records are read first."""
CLAIMS = "https://auth.greenhouse.io/claims"


class GreenhouseSource(NewestFirst):
    most_ids = together = MOST_IDS

    def __init__(self, config: Config) -> None:
        self.config = config
        refuse = refusals("Greenhouse", key_help=KEY_HELP, status_page=STATUS_PAGE)
        pair = f"{config.options['client_id']}:{config.api_key}".encode()
        self.tokens = RestClient(
            TOKENS.get(split_address(config.base_url).netloc, config.base_url),
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
        self.lists = SideLists(client, _large, self.chunk, most_ids=MOST_IDS, right_to=right_to)
        self._active: set[str] | None = None
        self._finds_by_talent: bool | None = None

    @property
    def _reads_all(self) -> bool:
        return self.config.options["lookups"] == "always"

    @property
    def requests(self) -> int:
        return self.client.requests + self.tokens.requests

    async def close(self) -> None:
        self.lists.close()
        await super().close()
        await self.tokens.close()

    def address(self, listing: Listing, ask: Ask) -> str:
        query = {"per_page": str(ask.size or self.config.options["page_size"])}
        query |= WHOLE.get(listing.path, {})
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
        """Return the organization, if the token's claims name it."""
        token = (await self.sign(None))["Authorization"].removeprefix("Bearer ")
        try:
            answer = await self.tokens.submit("introspect", {"token": token}, msgspec.json.decode)
        except Refused:
            return None, None
        claims = answer.get(CLAIMS) if isinstance(answer, dict) else None
        organisation = claims.get("organization") if isinstance(claims, dict) else None
        if not isinstance(organisation, dict):
            return None, None
        return text(organisation.get("id")), text(organisation.get("name"))

    async def check(self) -> AccessReport:
        """Also request a little of each further list that records need, since each has its own scope."""
        report = await super().check()
        resumes = ("attachments",) if self.config.on("resumes") else ()
        checks = [await self._check(path) for path in (*BESIDE, *resumes)]
        return replace(report, checks=[*report.checks, *checks])

    async def _check(self, path: str) -> AccessCheck:
        request = self.client.ask(_address(path, {"per_page": "1"}), self.chunk)
        check, _ = await attempt(right_to(path), request, is_optional=path in OPTIONAL)
        return check

    async def attachment(self, remote_id: str) -> dict[str, Any] | None:
        """Return one file's row with a fresh link; ``None`` if it is gone."""
        rows = await self.lists.all(_address("attachments", {"ids": remote_id}))
        return next((row for row in rows if row_id(row) == remote_id), None)

    # --- records read first ---

    def early(self, listing: Listing, recent: datetime) -> list[str]:
        """Return the list of open jobs, or of recent changes for other streams."""
        if listing.spec.name is Stream.JOBS:
            query = {"per_page": str(self.config.options["page_size"]), "status": "open"}
            return [_address(listing.path, query)]
        return [self.address(listing, Ask(since=recent))]

    async def people(self, listing: Listing, recent: datetime) -> list[str]:
        """Return talents of recently changed active applications, and talents who changed without one.

        The documentation doesn't say whether their dates move together. There may be many of the latter, so only some
        are read, newest first.
        """
        if listing.spec.name is Stream.JOBS:
            return []
        active = await self._active_lately(recent)
        if listing.spec.name is Stream.TALENTS:
            return [talent_id for talent_id in active if talent_id not in self.sent(Stream.TALENTS)]
        talents = self.sent(Stream.TALENTS) or {
            str(row_id(row)): row.get("updated_at")
            for row in await self._changed("candidates", recent, "id,updated_at")
        }
        alone = [
            key
            for key, version in talents.items()
            if key not in active and (not version or (parse_time(str(version)) or recent) >= recent)
        ]
        return alone[:MOST_ALONE]

    async def _active_lately(self, recent: datetime) -> set[str]:
        """Return the talents with a recently changed active application; requested once."""
        if self._active is None:
            lately = await self._changed("applications", recent, "id,candidate_id,status")
            active = [row for row in lately if row.get("status") in mapping.ACTIVE]
            self._active = {key for row in active if (key := row_id(row, "candidate_id"))}
        return self._active

    async def _changed(self, path: str, recent: datetime, fields: str) -> Rows:
        """Return some fields of recently changed records; empty if the key or the list doesn't allow that."""
        query = {"per_page": "500", "updated_at": f"gte|{recent:%Y-%m-%dT%H:%M:%SZ}"}
        for thin in ({"fields": fields}, {}):
            try:
                return await self.lists.all(_address(path, {**query, **thin}))
            except ScopeTooSmall:
                break
            except Refused:
                continue
        return []

    def of_people(self, listing: Listing, ids: tuple[str, ...]) -> str:
        if listing.spec.name is Stream.TALENTS:
            return self.address(listing, Ask(ids=ids, size=len(ids)))
        query = {"per_page": "500", "candidate_ids": ",".join(ids)}
        return _address(listing.path, query)

    # --- related lists ---

    async def beside(self, listing: Listing, rows: list[Any]) -> Any:
        ids = [key for row in rows if (key := row_id(row))]
        match listing.spec.name:
            case Stream.TALENTS if self.config.on("resumes"):
                return await self.lists.children("attachments", "candidate_id", ids, type="resume")
            case Stream.JOBS:
                (posts, pay, names), owners, offices = await asyncio.gather(
                    self._posts(ids),
                    self.lists.children("job_owners", "job_id", ids),
                    self.lists.once("offices"),
                )
                by_id = {str(office.get("id")): office for office in offices}
                return mapping.AroundJobs(posts, owners, by_id, pay, names)
            case Stream.POSTINGS:
                places, offices = await asyncio.gather(
                    if_allowed(self.lists.children(PLACES, "job_post_id", ids)),
                    self.lists.once("offices"),
                )
                by_id = {str(office.get("id")): office for office in offices}
                return mapping.AroundPosts(places, by_id)
            case Stream.APPLICATIONS:
                return await self._around_applications([row for row in rows if row_id(row)])
        return None

    async def further(self, listing: Listing, since: datetime) -> AsyncIterator[list[Any]]:
        """Yield talents with a new resume, and jobs with a changed post or owner, whose own date may not move."""
        lists: dict[Stream, tuple[tuple[str, str], ...]] = {}
        if self._reads_all:
            lists[Stream.JOBS] = (("job_posts", "job_id"), ("job_owners", "job_id"))
        if self.config.on("resumes"):
            lists[Stream.TALENTS] = (("attachments", "candidate_id"),)
        parents: set[str] = set()
        for path, field in lists.get(listing.spec.name, ()):
            query = {"per_page": "500", "updated_at": f"gte|{since:%Y-%m-%dT%H:%M:%SZ}"}
            for row in await self.lists.all(_address(path, query)):
                parents.add(str(row.get(field)))
        for some in in_groups(sorted(parents - {"None"}), MOST_IDS):
            yield await self.lists.all(self.address(listing, Ask(ids=some)))

    # --- a limited history ---

    async def pages(self, stream: Stream, start: Start) -> AsyncIterator[Page]:
        """A limited list is read in one go. A pass that began on the whole list ends on it."""
        whole = start.since is not None or (start.cursor or "").startswith("{")
        limited = not whole and await self.back_to(stream) is not None
        pages = ListSource.pages(self, stream, start) if limited else super().pages(stream, start)
        async for page in pages:
            yield page

    async def back_to(self, stream: Stream) -> datetime | None:
        """Everything is read if applications can't be filtered by talent; older records are hidden anyway."""
        limit = self.config.limit
        if limit is None or stream not in LIMITED or not await self._by_talent():
            return None
        return limit

    async def others_of(self, listing: Listing, rows: list[Any]) -> tuple[Page, ...]:
        """Return these people's older records in few requests: 50 talents, or 50 applications, per request."""
        stream, limit = listing.spec.name, self.config.limit
        if limit is None or stream not in LIMITED or not await self._by_talent():
            return ()
        own = "id" if stream is Stream.TALENTS else "candidate_id"
        ids = {str(row.get(own)) for row in rows if isinstance(row, dict) and row.get(own)}
        pages = []
        if stream is Stream.APPLICATIONS:
            talents: Rows = []
            for some in in_groups(sorted(ids), MOST_IDS):
                address = self.address(self._listings[Stream.TALENTS], Ask(ids=some))
                talents += _older(await self.lists.all(address), limit)
            ids = {str(row["id"]) for row in talents if row_id(row)}
            pages.append(await self._page(self._listings[Stream.TALENTS], talents))
        children = await self.lists.children("applications", "candidate_id", sorted(ids))
        belongs = [row for key, several in children.items() if key in ids for row in several]
        pages.append(await self._page(self._listings[Stream.APPLICATIONS], _older(belongs, limit)))
        return tuple(page for page in pages if page.raw)

    async def _by_talent(self) -> bool:
        """Whether the filter by talent works, tested with id 0, which no talent has."""
        if self._finds_by_talent is None:
            address = _address("applications", {"per_page": "1", "candidate_ids": "0"})
            try:
                self._finds_by_talent = not (await self.client.ask(address, self.chunk)).rows
            except Refused:
                self._finds_by_talent = False
        return self._finds_by_talent

    async def _posts(
        self, ids: list[str]
    ) -> tuple[dict[str, Rows], dict[str, Rows] | None, dict[str, Rows]]:
        """Return posts by job, pay ranges by post (``None`` if refused), and labels by pay input."""
        posts = await self.lists.children("job_posts", "job_id", ids)
        own = [str(row["id"]) for rows in posts.values() for row in rows]
        pay = await if_allowed(self.lists.children(PAY, "job_post_id", own))
        names = await if_allowed(self._pay_names()) if pay else None
        return posts, pay, names or {}

    async def _pay_names(self) -> dict[str, Rows]:
        return {str(row.get("id")): [row] for row in await self.lists.once(PAY_NAMES)}

    async def _around_applications(self, rows: Rows) -> mapping.AroundApplications:
        ids = [str(row["id"]) for row in rows]
        visits = await if_allowed(self.lists.children(VISITS, "application_id", ids))
        without_stage = any(
            row.get("stage_name")
            and not row.get("job_interview_stage_id")
            and not mapping.current_visit((visits or {}).get(str(row["id"]), []))
            for row in rows
        )
        rejected = [
            str(row["id"])
            for row in rows
            if row.get("status") == "rejected" and "rejection_reason_id" not in row
        ]
        sources, stages, reasons = await asyncio.gather(
            self.lists.once("sources"),
            self.lists.once("job_interview_stages") if without_stage else _nothing(),
            if_allowed(self.lists.children("rejection_details", "application_id", rejected)),
        )
        named: dict[tuple[str, str], list[str]] = {}
        for stage in stages:
            key = str(stage.get("job_id")), str(stage.get("name"))
            named.setdefault(key, []).append(str(stage.get("id")))
        return mapping.AroundApplications(
            {str(row.get("id")): name for row in sources if (name := text(row.get("name")))},
            named,
            reasons,
            visits,
        )


def _listings(lag: timedelta, *, thrifty: bool) -> list[Listing]:
    """``thrifty`` reads referenced lists only after a record that refers to them has changed, and fully once a day."""

    def listing(
        name: Stream,
        path: str,
        kind: Any,
        to_record: Any,
        *after: Stream,
        follows: tuple[Stream, ...] = (),
        thin_sweep: bool = True,
        right: str = "",
    ) -> Listing:
        changes = None if name in {Stream.DEPARTMENTS, Stream.REJECT_REASONS} else "updated_at"
        spec = StreamSpec(
            name=name,
            cursor=changes,
            lag=lag,
            after=after,
            follows=follows if thrifty else (),
            thin_sweep=thin_sweep,
            recent=name in FIRST,
        )
        return Listing(spec=spec, path=path, kind=kind, map=to_record, right=right)

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
            *(Stream.POSTINGS, "job_posts", wire.PostRow, mapping.posting, Stream.JOBS),
            follows=(Stream.JOBS,),
            thin_sweep=False,  # a post's own date need not move with its locations
            right="job posts",
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


def _older(rows: Rows, limit: datetime) -> Rows:
    return [
        row
        for row in rows
        if (changed := parse_time(row.get("updated_at"))) is not None and changed < limit
    ]


def right_to(path: str) -> str:
    """Return the name of the permission that a key needs to read a list."""
    return f"read {path.removeprefix('v3/').replace('_', ' ')}"


def _address(path: str, query: dict[str, str]) -> str:
    return f"v3/{path}?{urlencode(query)}"


def _large(path: str, query: dict[str, str]) -> str:
    return _address(path, {"per_page": "500", **query})


async def _nothing() -> Rows:
    return []
