"""Lists that loop, forget a position, or ignore a filter, with the template's sandbox."""

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


async def test_a_pass_continues_at_the_saved_position(sandbox: SandboxServer) -> None:
    source = source_of(sandbox)
    first = (await pages(source))[0]
    rest = await pages(source, Start(cursor=first.cursor))
    await source.close()
    assert [len(page.raw) for page in rest] == [20, 10]
    assert rest[-1].cursor is None


async def test_an_unknown_position_restarts_the_list(sandbox: SandboxServer) -> None:
    source = source_of(sandbox)
    found = await pages(source, Start(cursor="/v1/people?after=gone"))
    await source.close()
    assert sum(len(page.raw) for page in found) == 50


async def test_a_circular_list_is_aborted(sandbox: SandboxServer) -> None:
    sandbox.faults.set("page_repeat")
    source = source_of(sandbox)
    with pytest.raises(PermanentError) as told:
        await pages(source)
    await source.close()
    assert told.value.code == "endless_list"


async def test_repeated_records_are_reported(sandbox: SandboxServer) -> None:
    sandbox.faults.set("duplicate_ids")
    source = source_of(sandbox)
    found = await pages(source)
    await source.close()
    assert [page.repeats for page in found] == [0, 1, 1]


class Sparse(TemplateSource):
    """An ATS with mostly empty pages: a thousand of them, or all."""

    empty = MOST_EMPTY_PAGES
    asked = 0

    def chunk(self, answer: Answer) -> Chunk:
        self.asked += 1
        if self.asked > self.empty:
            return super().chunk(answer)
        return Chunk(rows=[], next=f"/v1/people?limit=20&nothing={self.asked}")


@pytest.mark.long
async def test_empty_pages_are_neither_the_end_nor_a_repetition(sandbox: SandboxServer) -> None:
    source = source_of(sandbox, Sparse)
    found = await pages(source)
    await source.close()
    assert sum(len(page.raw) for page in found) == 50


@pytest.mark.long
async def test_endless_empty_pages_are_aborted(sandbox: SandboxServer) -> None:
    source = source_of(sandbox, Sparse)
    source.empty = MOST_EMPTY_PAGES + 1
    with pytest.raises(PermanentError) as told:
        await pages(source)
    await source.close()
    assert told.value.code == "endless_list"


class Deaf(TemplateSource):
    """An ATS that ignores the change filter."""

    def address(self, listing: Listing, ask: Any) -> str:
        return super().address(listing, ask).replace("changed_since", "nothing")


async def test_an_ignored_filter_is_noted(sandbox: SandboxServer) -> None:
    source = source_of(sandbox, Deaf)
    found = await pages(source, Start(since=datetime.now(UTC) - timedelta(minutes=15)))
    await source.close()
    notes = [process(page, Rules()).notes.counts.get("filter_ignored", 0) for page in found]
    assert sum(notes) == 50


class WithChildren(TemplateSource):
    async def further(self, listing: Listing, since: datetime) -> AsyncIterator[list[Any]]:
        yield [{"id": 7, "first_name": "Read again", "updated_at": "2020-01-01T00:00:00Z"}]


async def test_a_resumed_pass_repeats_further_records(
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
