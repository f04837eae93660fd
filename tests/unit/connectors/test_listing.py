"""Lists that lead in circles, forget a place, or ignore what was asked; against the template's sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jemmo.connectors.listing import MOST_EMPTY_PAGES, Chunk, Listing
from jemmo.connectors.template.connector import TEMPLATE
from jemmo.connectors.template.source import TemplateSource
from jemmo.domain.errors import PermanentError
from jemmo.domain.rules import Rules
from jemmo.domain.streams import Page, Start, Stream
from jemmo.pipeline.process import process
from jemmo.rest_client import Answer
from jemmo.sandbox import SandboxServer, run_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxServer]:
    async with run_sandbox("template", talents=50, switches={"rate_limit": False}) as found:
        yield found


def source_of(sandbox: SandboxServer, kind: type[TemplateSource] = TemplateSource) -> Any:
    options = {"page_size": "20", "pacing": "off"}
    return kind(TEMPLATE.configure(sandbox.key, sandbox.base_url, options))


async def pages(source: Any, start: Start | None = None) -> list[Page]:
    return [page async for page in source.pages(Stream.TALENTS, start or Start())]


async def test_a_pass_goes_on_at_the_place_that_was_kept(sandbox: SandboxServer) -> None:
    source = source_of(sandbox)
    first = (await pages(source))[0]
    rest = await pages(source, Start(cursor=first.cursor))
    await source.close()
    assert [len(page.raw) for page in rest] == [20, 10]
    assert rest[-1].cursor is None


async def test_a_place_that_is_forgotten_is_the_beginning(sandbox: SandboxServer) -> None:
    source = source_of(sandbox)
    found = await pages(source, Start(cursor="/v1/people?after=gone"))
    await source.close()
    assert sum(len(page.raw) for page in found) == 50


async def test_a_list_that_leads_in_a_circle_is_left(sandbox: SandboxServer) -> None:
    sandbox.faults.set("page_repeat")
    source = source_of(sandbox)
    with pytest.raises(PermanentError) as told:
        await pages(source)
    await source.close()
    assert told.value.code == "endless_list"


async def test_repeated_records_are_told(sandbox: SandboxServer) -> None:
    sandbox.faults.set("duplicate_ids")
    source = source_of(sandbox)
    found = await pages(source)
    await source.close()
    assert [page.repeats for page in found] == [0, 1, 1]


class Sparse(TemplateSource):
    """An ATS that leaves most pages empty, a thousand of them or all."""

    empty = MOST_EMPTY_PAGES
    asked = 0

    def chunk(self, answer: Answer) -> Chunk:
        self.asked += 1
        if self.asked > self.empty:
            return super().chunk(answer)
        return Chunk(rows=[], next=f"/v1/people?limit=20&nothing={self.asked}")


@pytest.mark.long
async def test_empty_pages_are_no_end_and_no_repetition(sandbox: SandboxServer) -> None:
    source = source_of(sandbox, Sparse)
    found = await pages(source)
    await source.close()
    assert sum(len(page.raw) for page in found) == 50


@pytest.mark.long
async def test_empty_pages_without_an_end_are_left(sandbox: SandboxServer) -> None:
    source = source_of(sandbox, Sparse)
    source.empty = MOST_EMPTY_PAGES + 1
    with pytest.raises(PermanentError) as told:
        await pages(source)
    await source.close()
    assert told.value.code == "endless_list"


class Deaf(TemplateSource):
    """An ATS that knows no filter for changes."""

    def address(self, listing: Listing, ask: Any) -> str:
        return super().address(listing, ask).replace("changed_since", "nothing")


async def test_a_filter_that_is_ignored_is_noted(sandbox: SandboxServer) -> None:
    source = source_of(sandbox, Deaf)
    found = await pages(source, Start(since=datetime.now(UTC) - timedelta(minutes=15)))
    await source.close()
    notes = [process(page, Rules()).notes.counts.get("filter_ignored", 0) for page in found]
    assert sum(notes) == 50


class WithChildren(TemplateSource):
    async def further(self, listing: Listing, since: datetime) -> AsyncIterator[list[Any]]:
        yield [{"id": 7, "first_name": "Read again", "updated_at": "2020-01-01T00:00:00Z"}]


async def test_what_is_read_again_is_read_again_when_a_pass_is_taken_up(
    sandbox: SandboxServer,
) -> None:
    source = source_of(sandbox, WithChildren)
    since = datetime.now(UTC) - timedelta(minutes=15)
    for cursor in (None, "/v1/people?limit=20&after=40"):
        found = await pages(source, Start(since=since, cursor=cursor))
        assert [one.remote_id for one in found[0].raw] == ["7"]
        assert found[0].cursor == cursor or found[0].cursor is not None
        assert "filter_ignored" not in process(found[0], Rules()).notes.counts
        assert found[-1].cursor is None
    await source.close()
