"""Faults in pages: wrong links, duplicate rows, unusable values."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from jemmo.sandbox import page_faults
from jemmo.sandbox.changes import Changes
from jemmo.sandbox.faults import Faults
from jemmo.sandbox.http import Call
from jemmo.sandbox.mixing import mix
from jemmo.sandbox.page_faults import Row, Spoiler
from jemmo.sandbox.table import Table
from jemmo.sandbox.teamtailor.paging import Slice
from jemmo.sandbox.teamtailor.resources import Renderer
from jemmo.sandbox.teamtailor.switches import Switches
from jemmo.sandbox.teamtailor.world import World

# A value is the share of affected records, or of list requests for `shifting`.
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


def shift(faults: Faults, world: World, changes: Changes[Any]) -> None:
    """Change the data during a read: delete, edit, create, in turn."""
    turn, table = world.revision, world.tables["candidates"]
    op = page_faults.next_operation(faults, turn, is_empty=not len(table))
    if op is None:
        return
    order: dict[str, Any] = {"op": op, "type": "candidates"}
    if op == "create":
        order["attributes"] = {"first-name": "Nouvelle", "last-name": f"Arrivée {turn}"}
    else:
        order["id"] = table.slice(mix(world.frame.seed, turn) % len(table), 1)[0]
    if op == "edit":
        order["attributes"] = {"pitch": f"v{turn}"}
    changes.apply(order)


def spoil_page(
    faults: Faults, text: str, *, table: Table, cut: Slice, call: Call, renderer: Renderer
) -> str:
    """Return the page with the active faults."""
    page, on = json.loads(text), faults.on
    if "duplicate_ids" in on and cut.position > 0 and page["data"]:
        before = [n for n in table.ids() if n < cut.ids[0]][-1:]
        page["data"] = json.loads(f"[{renderer.page(before)[0]}]") + page["data"]
    if "broken_count" in on:
        page["meta"]["record-count"] += int(on["broken_count"])
    if "page_repeat" in on:
        page["links"]["next"] = f"{call.base}{call.path}?{call.query}"
    if "foreign_next" in on and "next" in page["links"]:
        host = faults.texts.get("foreign_next", FOREIGN)
        page["links"]["next"] = page["links"]["next"].replace(call.base, host)
    return _spoil_records(faults, page)


def spoil_one(faults: Faults, text: str) -> str:
    """Apply the active faults to the response for one record."""
    return _spoil_records(faults, json.loads(text))


def _spoil_records(faults: Faults, page: dict[str, Any]) -> str:
    data = page["data"] if isinstance(page["data"], list) else [page["data"]]
    records = data + page.get("included", [])
    page_faults.spoil(faults, records, SPOILERS, lambda record: int(record.get("id", 0)))
    return json.dumps(page)


def rewrite(switches: Switches, text: str) -> str:
    """Rewrite a response in another of the forms that the documentation leaves open."""
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


def _nulls(record: Row, bits: int) -> None:
    page_faults.blank_texts(record["attributes"], bits)


def _wrong_types(record: Row, bits: int) -> None:
    page_faults.mistype(record["attributes"], bits, record["attributes"])


def _huge(record: Row, _bits: int) -> None:
    attributes = record["attributes"]
    for name in ("body", "cover-letter", "pitch"):
        if name in attributes:
            attributes[name] = "<p>" + "très long " * 110_000 + "</p>"
            return


def _nasty(record: Row, bits: int) -> None:
    page_faults.replace_each(record["attributes"], bits, TEXTS, NASTY)


def _dates(record: Row, bits: int) -> None:
    attributes = record["attributes"]
    names = [name if name.endswith(("-at", "-date")) else None for name in attributes]
    page_faults.replace_each(attributes, bits, names, DATES)


def _orphan(record: Row, bits: int) -> None:
    if record["type"] != "job-applications":
        return
    link = record["relationships"].get("candidate" if bits & 1 else "job", {})
    if link.get("data"):
        link["data"]["id"] = str(9_000_000_000 + bits % 1000)


SPOILERS: dict[str, Spoiler] = {
    "nulls": _nulls, "wrong_types": _wrong_types, "huge": _huge, "nasty_text": _nasty,
    "bad_dates": _dates, "orphans": _orphan, "record_without_id": page_faults.drop_id,
}  # fmt: skip
