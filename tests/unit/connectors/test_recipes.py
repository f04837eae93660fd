"""The recipes in docs/adding-a-connector.md, which quotes these examples, each with a server that needs it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from msgspec import Struct

import jemmo
from jemmo.connectors.base import LAG, PACING, QUOTA_SHARE, Config, Connector, Option, own_host
from jemmo.connectors.listing import Ask, Chunk, Listing, ListSource
from jemmo.connectors.loose import row_id
from jemmo.connectors.refusals import Refused, refusals
from jemmo.domain.enums import ApplicationStatus, JobStatus
from jemmo.domain.errors import ConfigError
from jemmo.domain.outcomes import PageOutcome
from jemmo.domain.records import Application, Job, Talent
from jemmo.domain.rules import Rules
from jemmo.domain.streams import Capabilities, Notes, Start, Stream, StreamSpec
from jemmo.domain.validation import html_to_text, utc
from jemmo.pipeline.process import process
from jemmo.rest_client import Answer, RestClient

DOCS = Path(jemmo.__file__).parent.parent.parent / "docs" / "adding-a-connector.md"
RECIPES = Path(__file__)

# --- the examples ---


class PersonRow(Struct, rename={"remote_id": "row_id"}):
    remote_id: int | str
    name: str | None = None
    changed_on: datetime | None = None


class JobRow(Struct):
    id: int | str
    title: str | None = None
    closes_on: datetime | None = None


class ApplicationRow(Struct):
    id: int | str
    person: PersonRow | None = None


def talent(row: PersonRow, _: Any, notes: Notes) -> Talent:
    return Talent(
        remote_id=str(row.remote_id), first_name=row.name, remote_updated_at=utc(row.changed_on)
    )


def application(row: ApplicationRow, _: Any, notes: Notes) -> Application:
    person = str(row.person.remote_id) if row.person else None
    return Application(
        remote_id=str(row.id), talent_remote_id=person, status=ApplicationStatus.ACTIVE
    )


def spec(name: Stream) -> StreamSpec:
    return StreamSpec(name=name, cursor="changed_on", lag=timedelta(days=1))


PEOPLE = Listing(spec=spec(Stream.TALENTS), path="people", kind=PersonRow, map=talent, key="row_id")


class Example(ListSource):
    def __init__(self, config: Config) -> None:
        client = RestClient(
            config.base_url,
            headers={"Authorization": f"Bearer {config.api_key}"},
            refuse=refusals("Acme Hire", key_help="", status_page=""),
            pacer=None,
        )
        super().__init__(client, self.listings)

    listings: tuple[Listing, ...] = (PEOPLE,)

    def address(self, listing: Listing, ask: Ask) -> str:
        return f"v1/{listing.path}"

    def chunk(self, answer: Answer) -> Chunk:
        return Chunk(rows=msgspec.json.decode(answer.body, type=list[Any]))


class Dated(Example):
    precision = timedelta(days=1)
    updated_field = "changed_on"

    def address(self, listing: Listing, ask: Ask) -> str:
        query = f"?changed_from={ask.since:%Y-%m-%d}" if ask.since else ""
        return f"v1/{listing.path}{query}"


class OneByOne(Example):
    most_ids = 1

    def address(self, listing: Listing, ask: Ask) -> str:
        [remote_id] = ask.ids or [None]
        return f"v1/{listing.path}/{remote_id}" if remote_id else f"v1/{listing.path}"

    def chunk(self, answer: Answer) -> Chunk:
        found = msgspec.json.decode(answer.body)
        return Chunk(rows=found if isinstance(found, list) else [found])


def people_in(applications: list[Any]) -> list[Any]:
    people = (row.get("person") for row in applications if isinstance(row, dict))
    return list({row_id(one, "row_id"): one for one in people if one}.values())


class Nested(Example):
    listings = (
        Listing(
            spec=spec(Stream.TALENTS),
            path="applications",
            kind=PersonRow,
            map=talent,
            key="row_id",
            rows=people_in,
        ),
        Listing(
            spec=spec(Stream.APPLICATIONS),
            path="applications",
            kind=ApplicationRow,
            map=application,
        ),
    )

    def address(self, listing: Listing, ask: Ask) -> str:
        name = "person_ids" if listing.spec.name is Stream.TALENTS else "ids"
        query = f"?{name}={','.join(ask.ids)}" if ask.ids else ""
        return f"v1/{listing.path}{query}"


ACME = Connector(
    name="acme",
    label="Acme Hire",
    key_help="Settings > API",
    docs_url="https://docs.example.com",
    base_url=lambda options: own_host(options["account"], "hire.example.com"),
    open=Example,
    capabilities=Capabilities(),
    options=(
        PACING,
        QUOTA_SHARE,
        LAG,
        Option(
            name="account",
            label="Account",
            default="",
            required=True,
            asked=True,
            help="The first part of the address you sign in at: acme for acme.hire.example.com.",
        ),
    ),
)


def job(row: JobRow, details: dict[str, Any], notes: Notes) -> Job:
    detail = details.get(str(row.id)) or {}
    return Job(
        remote_id=str(row.id),
        title=row.title or "",
        status=JobStatus.OPEN,
        description_html=detail.get("description"),
        closed_at=utc(row.closes_on),
    )


class Detailed(Example):
    listings = (Listing(spec=spec(Stream.JOBS), path="jobs", kind=JobRow, map=job),)

    async def beside(self, listing: Listing, rows: list[Any]) -> dict[str, Any]:
        ids = [found for row in rows if (found := row_id(row, listing.key))]
        return await self.details({one: f"v1/{listing.path}/{one}" for one in ids})


# --- a server that needs them ---


class Office:
    """An account with ids in ``row_id``, dates without a time, and people known only from their applications."""

    def __init__(self) -> None:
        self.people: dict[int, dict[str, Any]] = {
            n: {"row_id": n, "name": f"Lou {n}", "changed_on": DAY} for n in (7, 8)
        }
        self.applications: list[dict[str, Any]] = [
            {"id": 70 + n, "person": self.people[one]} for n, one in PAIRS
        ]
        self.jobs: dict[int, dict[str, Any]] = {
            3: {"id": 3, "title": "Nurse", "closes_on": "2026-12-31"}
        }
        self.described: dict[int, dict[str, Any]] = {3: {"description": "<p>Care &amp; calm</p>"}}
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        path, query = request.path.removeprefix("/v1/"), request.query
        if path == "people":
            since = query.get("changed_from", "")
            return web.json_response([p for p in self.people.values() if p["changed_on"] >= since])
        if path == "applications":
            people = query.get("person_ids", "").split(",") if "person_ids" in query else None
            return web.json_response(
                [
                    one
                    for one in self.applications
                    if people is None or str(one["person"]["row_id"]) in people
                ]
            )
        if path == "jobs":
            return web.json_response(list(self.jobs.values()))
        kind, _, name = path.partition("/")
        found = {"people": self.people, "jobs": self.described}[kind].get(int(name))
        return web.json_response(found) if found else web.Response(status=404)


DAY = date.today().isoformat()  # noqa: DTZ011 - an ATS's own day
PAIRS = ((1, 7), (2, 7), (3, 8))  # ids of applications and people


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
async def config(office: Office) -> AsyncIterator[Config]:
    app = web.Application()
    app.router.add_get("/{path:.*}", office.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield ACME.configure("test-key", address, {"account": "acme"})
    await runner.cleanup()


async def read(
    kind: type[Example], config: Config, stream: Stream, since: datetime | None = None
) -> list[PageOutcome]:
    source = kind(config)
    start = Start(since=since)
    found = [process(page, Rules()) async for page in source.pages(stream, start)]
    await source.close()
    assert not [one for page in found for one in page.rejected]
    return found


def ids(pages: list[PageOutcome]) -> list[str]:
    return [one.record.remote_id for page in pages for one in page.accepted]


# --- what each recipe does ---


async def test_dates_without_a_time(config: Config, office: Office) -> None:
    """A second change on the same day is found, there is no warning about an ignored filter, and no date is dropped."""
    office.people[8]["changed_on"] = "2020-02-29"
    tonight = datetime.fromisoformat(f"{DAY}T23:30:00+00:00")

    [page] = await read(Dated, config, Stream.TALENTS, since=tonight)

    assert ids([page]) == ["7"]
    assert page.notes.counts == {}
    assert page.accepted[0].record.remote_updated_at == datetime.fromisoformat(f"{DAY}T00:00Z")
    source = Dated(config)
    [swept] = [one async for one in source.sightings(Stream.TALENTS, None)]
    await source.close()
    assert swept.sightings[1].remote_updated_at == datetime(2020, 2, 29, tzinfo=UTC)


async def test_ids_under_another_name(config: Config) -> None:
    source = Example(config)
    [swept] = [one async for one in source.sightings(Stream.TALENTS, None)]
    await source.close()
    assert [one.remote_id for one in swept.sightings] == ["7", "8"]
    assert ids(await read(Example, config, Stream.TALENTS)) == ["7", "8"]


async def test_one_record_at_its_own_address(config: Config, office: Office) -> None:
    source = OneByOne(config)
    found, gone = [await source.fetch(Stream.TALENTS, one) for one in ("8", "9")]
    await source.close()
    assert found is not None
    assert ids([process(found, Rules())]) == ["8"]
    assert gone is None
    assert office.asked == ["/v1/people/8", "/v1/people/9"]


async def test_a_list_that_is_not_found_proves_no_deletion(config: Config) -> None:
    """Only a 404 from a record's own address proves its deletion."""

    class Moved(Example):
        def address(self, listing: Listing, ask: Ask) -> str:
            return f"v1/{listing.path}/404"

    source = Moved(config)
    with pytest.raises(Refused):
        await source.fetch(Stream.TALENTS, "8")
    await source.close()


async def test_one_list_as_two_streams(config: Config, office: Office) -> None:
    assert ids(await read(Nested, config, Stream.TALENTS)) == ["7", "8"]
    found = await read(Nested, config, Stream.APPLICATIONS)
    assert ids(found) == ["71", "72", "73"]
    assert [one.record.talent_remote_id for one in found[0].accepted] == ["7", "7", "8"]  # type: ignore[attr-defined]
    office.applications.pop()
    source = Nested(config)
    assert await source.fetch(Stream.TALENTS, "7") is not None
    assert await source.fetch(Stream.TALENTS, "8") is None
    await source.close()


@pytest.mark.parametrize(
    "given", ["acme", " ACME ", "acme.hire.example.com", "https://acme.hire.example.com/jobs?x=1"]
)
def test_a_host_per_account(given: str) -> None:
    found = ACME.configure("test-key", None, {"account": given})
    assert found.base_url == "https://acme.hire.example.com"


@pytest.mark.parametrize(
    "given", ["", "acme.evil.example", "evil.example/", "acme@evil.example", "a b", "acme:8080"]
)
def test_a_host_that_is_not_below_the_vendor_gets_no_key(given: str) -> None:
    with pytest.raises(ConfigError) as told:
        ACME.configure("test-key", None, {"account": given})
    assert told.value.next_step


async def test_values_that_only_a_detail_tells(config: Config, office: Office) -> None:
    office.jobs[4] = {"id": 4, "title": "Deleted meanwhile", "closes_on": "2026-12-31"}

    [page] = await read(Detailed, config, Stream.JOBS)

    described = {one.record.remote_id: one.record.description_html for one in page.accepted}  # type: ignore[attr-defined]
    assert {key: html_to_text(value) for key, value in described.items()} == {
        "3": "Care & calm",
        "4": None,
    }
    assert page.notes.counts == {}
    assert sorted(office.asked) == ["/v1/jobs", "/v1/jobs/3", "/v1/jobs/4"]


def test_the_docs_quote_these_examples() -> None:
    """Ensures that the code people copy has been tested."""
    recipes = DOCS.read_text().partition("## Recipes")[2].partition("\n## ")[0]
    quoted = [part.split("```")[0].strip() for part in recipes.split("```python\n")[1:]]
    assert len(quoted) >= 6
    source = RECIPES.read_text()
    assert [one for one in quoted if one not in source] == []
