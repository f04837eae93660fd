"""For a merged record's id, an ATS may return the surviving record."""

from __future__ import annotations

import pytest
from fakes.source import FakeSource

from jemmo.domain.records import Talent
from jemmo.domain.refetch import MAX_MERGES, refetch
from jemmo.domain.streams import Notes, Page, RawRecord, Stream

NOBODY: dict[Stream, list[list[Talent]]] = {Stream.TALENTS: [[]]}


class Merging(FakeSource):
    """Returns for each id the record it was merged into."""

    def __init__(self, leads_to: dict[str, str | None]) -> None:
        super().__init__(NOBODY)
        self.leads_to = leads_to
        self.asked: list[str] = []

    async def fetch(self, stream: Stream, remote_id: str) -> Page | None:
        self.asked.append(remote_id)
        if remote_id not in self.leads_to:
            return None
        raw = RawRecord(self.leads_to[remote_id], Talent(remote_id=remote_id))
        return Page(stream=stream, raw=[raw], map=_same)


def _same(raw: RawRecord, _: Notes) -> Talent:
    talent: Talent = raw.body
    return talent


@pytest.mark.parametrize(
    ("leads_to", "gone", "shown"),
    [
        ({"1": "1"}, False, ["1"]),
        ({}, True, []),
        ({"1": "2", "2": "2"}, True, ["2"]),
        ({"1": "2", "2": "3", "3": "3"}, True, ["3"]),
        ({"1": "2"}, True, []),
        ({"1": "2", "2": "1"}, True, []),
        ({"1": None}, False, [None]),
    ],
    ids=[
        "there",
        "not found",
        "merged",
        "merged twice",
        "survivor gone",
        "circle",
        "without an id",
    ],
)
async def test_responses_are_interpreted(
    leads_to: dict[str, str | None], gone: bool, shown: list[str | None]
) -> None:
    found = await refetch(Merging(leads_to), Stream.TALENTS, "1")

    assert found.gone is gone
    assert [raw.remote_id for page in found.pages for raw in page.raw] == shown


async def test_a_chain_of_merges_ends() -> None:
    source = Merging({str(n): str(n + 1) for n in range(100)})

    found = await refetch(source, Stream.TALENTS, "0")

    assert (found.gone, found.pages) == (True, [])
    assert len(source.asked) <= MAX_MERGES + 1
