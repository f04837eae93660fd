"""Numbered pages: empty and endless lists."""

from __future__ import annotations

from typing import Any

import pytest

from jemmo.connectors.jsonapi.document import LooseDocument, Meta, PageLinks
from jemmo.connectors.jsonapi.numbered import Position, Walk
from jemmo.connectors.listing import MOST_EMPTY_PAGES
from jemmo.domain.errors import PermanentError


async def walked(pages: list[list[str]], *, endless: bool = False) -> list[str | None]:
    """Walk through pages of these ids; return the ids seen."""

    async def fetch(url: str) -> LooseDocument:
        number = int(url)
        data: list[Any] = [{"id": key} for key in pages[min(number, len(pages) - 1)]]
        is_last = number == len(pages) - 1 and not endless
        total = len({key for page in pages for key in page})
        return LooseDocument(
            rows=data,
            meta=Meta(record_count=total),
            links=PageLinks(next=None if is_last else str(number + 1)),
        )

    steps = Walk(fetch, Position(url="0"), size=1).steps()
    return [key async for step in steps for key in step.ids]


async def test_twenty_empty_pages_are_not_a_repeated_page() -> None:
    assert await walked([["1"], *[[]] * 20, ["2"]]) == ["1", "2"]


@pytest.mark.parametrize(("page", "code"), [([], "endless_list"), (["1"], "page_repeats")])
async def test_an_endless_list_is_aborted(page: list[str], code: str) -> None:
    with pytest.raises(PermanentError) as told:
        await walked([page] * (MOST_EMPTY_PAGES + 2), endless=True)
    assert told.value.code == code
