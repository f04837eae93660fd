"""The meaning of each column, read from docs/data-model.md, the only place where it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

TABLE = re.compile(r"(?<=<!-- table: )(\w+)( -->\n)((?:\|.*\n)*)")
_DOCS = Path(__file__).resolve().parents[3] / "docs"


@cache
def column_meanings() -> dict[str, dict[str, str]]:
    """Return the meaning of each column by table."""
    return {match[1]: dict(meanings_of(match[3])) for match in TABLE.finditer(_page())}


def meanings_of(rows: str) -> Iterator[tuple[str, str]]:
    """Return the first and the last cell of each row of a Markdown table."""
    for row in rows.splitlines()[2:]:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        yield cells[0].strip(" `"), cells[-1]


def _page() -> str:
    packaged = files("jemmo.api") / "data-model.md"  # a wheel contains the page (pyproject.toml)
    page = packaged if packaged.is_file() else _DOCS / "data-model.md"
    return page.read_text(encoding="utf-8")
