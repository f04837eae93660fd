"""Cuts a list into pages and writes the links between them, by number or by cursor."""

import base64
import binascii
from dataclasses import dataclass

import msgspec

from jemmo.sandbox.table import Table
from jemmo.sandbox.teamtailor.query import Page, Query
from jemmo.sandbox.teamtailor.refusal import bad_request


@dataclass(slots=True)
class Slice:
    """One page: its ids, the total, and the page parameters of the neighbouring pages."""

    ids: list[int]
    total: int
    links: dict[str, dict[str, str]]
    size: int
    position: int = 0


class Pager:
    """Pages one selection: a list of ids, or the whole table."""

    def __init__(self, table: Table, ids: list[int] | None) -> None:
        self._table = table
        self._ids = ids
        self._total = len(table) if ids is None else len(ids)

    def cut(self, page: Page, *, cursor: bool) -> Slice:
        """Return the page asked for; one past the end is empty."""
        return self._by_cursor(page) if cursor else self._by_number(page)

    def _at(self, start: int, count: int) -> list[int]:
        if self._ids is None:
            return self._table.slice(start, count)
        return self._ids[start : start + count]

    def _by_number(self, page: Page) -> Slice:
        last = max(1, -(-self._total // page.size))
        numbers: dict[str, int] = {"first": 1, "last": last}
        if page.number > 1:
            numbers["prev"] = min(page.number - 1, last)
        if page.number < last:
            numbers["next"] = page.number + 1
        links: dict[str, dict[str, str]] = {
            name: {"number": str(numbers[name]), "size": str(page.size)}
            for name in ("first", "prev", "next", "last")
            if name in numbers
        }
        start = (page.number - 1) * page.size
        return Slice(self._at(start, page.size), self._total, links, page.size, start)

    def _by_cursor(self, page: Page) -> Slice:
        start, count = 0, page.size
        if page.after is not None:
            start = self._place(page.after, after=True)
        elif page.before is not None:
            end = self._place(page.before, after=False)
            start = max(0, end - page.size)
            count = end - start
        ids = self._at(start, count)
        size = {"size": str(page.size)}
        links = {"first": size}
        if start > 0 and ids:
            links["prev"] = {"before": _token(ids[0], start), **size}
        if ids and start + len(ids) < self._total:
            links["next"] = {"after": _token(ids[-1], start + len(ids) - 1), **size}
        return Slice(ids, self._total, links, page.size, start)

    def _place(self, token: str, *, after: bool) -> int:
        record, position = _read(token)
        if self._ids is None:  # the cursor holds its place even when its record is gone
            return self._table.position_after(record if after else record - 1)
        if position < len(self._ids) and self._ids[position] == record:
            return position + after
        try:
            return self._ids.index(record) + after
        except ValueError:
            return min(position, len(self._ids))


def _token(record: int, position: int) -> str:
    return base64.urlsafe_b64encode(f"{record}:{position}".encode()).decode().rstrip("=")


def _read(token: str) -> tuple[int, int]:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        record, position = text.split(":")
        return int(record), int(position)
    except (ValueError, binascii.Error):
        raise bad_request(
            "Invalid page value", "cursor is not a valid page parameter.", "118"
        ) from None


def write_links(address: str, query: Query, links: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return the links as addresses: all other parameters kept, brackets percent-encoded."""
    start = f"{address}?{query.kept_text}&" if query.kept else f"{address}?"
    return {
        name: start + "&".join([f"page%5B{key}%5D={value}" for key, value in page.items()])
        for name, page in links.items()
    }


def page_text(
    data: str,
    included: str | None,
    meta: dict[str, object],
    links: dict[str, str],
    *,
    objects: bool = False,
) -> str:
    """Return a whole page as JSON text; ``objects`` writes links as objects and counts as text."""
    middle = "" if included is None else f'"included":[{included}],'
    written: dict[str, object] = {**links}
    if objects:
        written = {name: {"href": address} for name, address in links.items()}
        meta = {
            name: str(count) if isinstance(count, int) else count for name, count in meta.items()
        }
    rest = msgspec.json.encode({"meta": meta, "links": written}).decode()
    return f'{{"data":[{data}],{middle}{rest[1:]}'
