"""Faults in what a page says: wrong links, doubled rows, unusable values."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from jemmo.sandbox.http import Call
from jemmo.sandbox.mixing import mix

if TYPE_CHECKING:
    from jemmo.sandbox.teamtailor.app import Teamtailor
    from jemmo.sandbox.teamtailor.paging import Slice
    from jemmo.sandbox.teamtailor.resources import Renderer

# The measure is the share of records hit, or for `shifting` of list requests.
PAGE_FAULTS: dict[str, float] = {
    "page_repeat": 1, "foreign_next": 1, "duplicate_ids": 1, "broken_count": 7,
    "unknown_filter_ignored": 1, "shifting": 0.34, "record_without_id": 0.05, "nulls": 0.2,
    "wrong_types": 0.2, "huge": 0.02, "nasty_text": 0.2, "bad_dates": 0.2, "orphans": 0.15,
}  # fmt: skip
FOREIGN = "http://foreign.example.net"
NASTY = (
    "\u0000Nul\u0000", "\u202e\u0625\u064a\u0645\u0627\u0646\u202c", "<script>alert(1)</script>",
    "👩🏽‍🚀" * 20,
    "Zalgo H\u0336\u0322e\u0337", "'; DROP TABLE talents;--", "\ud83d", '=HYPERLINK("x")',
    "A" * 5000, "line\nbreak\ttab\r", "\ufeffBOM", "{{7*7}}${7*7}",
    "\x1b[31mRed\x1b[0m\x9b2J", "\u200b\u2060",
)  # fmt: skip
DATES = (
    "0000-00-00T00:00:00.000+00:00", "99999-01-01T00:00:00.000+02:00", "yesterday", "", 0,
    "2024-02-30T25:61:00.000+01:00", "9999-12-31T23:59:59.999-12:00", "2024-01-01",
)  # fmt: skip
TEXTS = ("first-name", "last-name", "title", "pitch", "name", "cover-letter", "reason")


def shift(provider: Teamtailor) -> None:
    """Change the data under the reader: delete, edit, create, in turn."""
    if not provider.faults.strikes("shifting"):
        return
    world = provider.world
    turn = world.revision
    table = world.tables["candidates"]
    if turn % 3 == 2 or not len(table):
        changed = {"first-name": "Nouvelle", "last-name": f"Arrivée {turn}"}
        provider.changes.apply({"op": "create", "type": "candidates", "attributes": changed})
        return
    record = table.slice(mix(world.frame.seed, turn) % len(table), 1)[0]
    order = (
        {"op": "delete"} if turn % 3 == 0 else {"op": "edit", "attributes": {"pitch": f"v{turn}"}}
    )
    provider.changes.apply({**order, "type": "candidates", "id": record})


def spoil_page(
    provider: Teamtailor, text: str, *, kind: str, cut: Slice, call: Call, renderer: Renderer
) -> str:
    """Return the page with the faults that are on."""
    page = json.loads(text)
    on = provider.faults.on
    if "duplicate_ids" in on and cut.position > 0 and page["data"]:
        repeated = provider.world.tables[kind]
        before = [n for n in repeated.ids() if n < cut.ids[0]][-1:]
        page["data"] = json.loads(f"[{renderer.page(before)[0]}]") + page["data"]
    if "broken_count" in on:
        page["meta"]["record-count"] += int(on["broken_count"])
    if "page_repeat" in on:
        page["links"]["next"] = f"{call.base}{call.path}?{call.query}"
    if "foreign_next" in on and "next" in page["links"]:
        host = provider.faults.texts.get("foreign_next", FOREIGN)
        page["links"]["next"] = page["links"]["next"].replace(call.base, host)
    _spoil_records(provider, page)
    return json.dumps(page)


def said_otherwise(provider: Teamtailor, text: str) -> str:
    """Return an answer in another of the ways that the documentation leaves open."""
    switches = provider.switches
    plain = switches.blanks == "shown" and switches.multi_select == "list"
    if plain and switches.resume_summary != "html" and switches.select_options != "each":
        return text
    answer = json.loads(text)
    data = answer["data"] if isinstance(answer["data"], list) else [answer["data"]]
    for record in data + answer.get("included", []):
        attributes = record["attributes"]
        value, summary = attributes.get("value"), attributes.get("resume-summary")
        if switches.multi_select == "text" and isinstance(value, list):
            attributes["value"] = json.dumps(value)
        if switches.resume_summary == "html" and summary:
            attributes["resume-summary"] = f"<p>{escape(summary)}</p><ul><li>SQL</li></ul>"
        if switches.select_options == "each":
            attributes.pop("options", None)
        if switches.blanks == "left_out":
            record["attributes"] = {
                name: content for name, content in attributes.items() if content is not None
            }
    return json.dumps(answer)


def spoil_one(provider: Teamtailor, text: str) -> str:
    """Return a single answer with the faults that are on."""
    answer = json.loads(text)
    _spoil_records(provider, answer)
    return json.dumps(answer)


def _spoil_records(provider: Teamtailor, page: dict[str, Any]) -> None:
    data = page["data"] if isinstance(page["data"], list) else [page["data"]]
    for name, spoil in SPOILERS.items():
        share = provider.faults.on.get(name)
        if share is None:
            continue
        for record in data + page.get("included", []):
            # Decided by the id, so that the same record is spoilt on every reading.
            bits = mix(len(name), int(record.get("id", 0)))
            if bits % 10_000 < share * 10_000:
                spoil(record, bits >> 16)


def _without_id(record: dict[str, Any], _bits: int) -> None:
    record.pop("id", None)


def _nulls(record: dict[str, Any], bits: int) -> None:
    attributes = record["attributes"]
    texts = [name for name, value in attributes.items() if isinstance(value, str)]
    for name in texts[bits % 3 :: 3]:
        attributes[name] = None


def _wrong_types(record: dict[str, Any], bits: int) -> None:
    attributes = record["attributes"]
    odd: tuple[Any, ...] = (42, True, ["x"], {"value": "x"}, 3.5, "true")
    for n, name in enumerate(attributes):
        if (n + bits) % 4 == 0:
            attributes[name] = odd[(n + bits // 4) % len(odd)]


def _huge(record: dict[str, Any], _bits: int) -> None:
    attributes = record["attributes"]
    for name in ("body", "cover-letter", "pitch"):
        if name in attributes:
            attributes[name] = "<p>" + "très long " * 110_000 + "</p>"
            return


def _nasty(record: dict[str, Any], bits: int) -> None:
    attributes = record["attributes"]
    for n, name in enumerate(TEXTS):
        if name in attributes:
            attributes[name] = NASTY[(bits + n) % len(NASTY)]


def _dates(record: dict[str, Any], bits: int) -> None:
    attributes = record["attributes"]
    for n, name in enumerate(attributes):
        if name.endswith(("-at", "-date")):
            attributes[name] = DATES[(bits + n) % len(DATES)]


def _orphan(record: dict[str, Any], bits: int) -> None:
    if record["type"] != "job-applications":
        return
    link = record["relationships"].get("candidate" if bits & 1 else "job", {})
    if link.get("data"):
        link["data"]["id"] = str(9_000_000_000 + bits % 1000)


SPOILERS: dict[str, Callable[[dict[str, Any], int], None]] = {
    "nulls": _nulls, "wrong_types": _wrong_types, "huge": _huge, "nasty_text": _nasty,
    "bad_dates": _dates, "orphans": _orphan, "record_without_id": _without_id,
}  # fmt: skip
