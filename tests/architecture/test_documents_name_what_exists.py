"""The docs name only folders, modules and functions that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import jemmo

PACKAGE = Path(jemmo.__file__).parent
ROOT = PACKAGE.parent.parent
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "ROADMAP.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
CODE = ("src", "tests", "scripts", "benchmarks")

FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
DOTTED = re.compile(r"(?:jemmo\.)?([a-z_]+(?:\.\w+)+)")
IDENTIFIER = re.compile(r"[A-Za-z]\w*(?:_\w+|[a-z][A-Z]\w*)(?:\(\))?")

ELSEWHERE = {"HttpOnly", "Ole10Native", "pg_upgrade", "limit_conn", "jemmo_connection_lag_seconds"}
"""Names from standards and other programs, and one that Jemmo composes."""


@cache
def words() -> set[str]:
    """Return every word in the code, including tests."""
    sources = [path for name in CODE for path in (ROOT / name).rglob("*.py")]
    return set(re.findall(r"\w+", "\n".join(path.read_text() for path in sources)))


def is_a_place(path: str, document: Path) -> bool:
    """Whether a path exists relative to the root, the package, or the document."""
    return any((base / path).exists() for base in (ROOT, PACKAGE, document.parent))


def is_defined(dotted: str) -> bool:
    """Whether a dotted name is a module, or is defined in one."""
    place, names = PACKAGE, dotted.split(".")
    while names and (place / names[0]).is_dir():
        place /= names.pop(0)
    if names and place.joinpath(f"{names[0]}.py").exists():
        text = place.joinpath(f"{names.pop(0)}.py").read_text()
    else:
        text = place.joinpath("__init__.py").read_text()
    return all(
        re.search(rf"^\s*(?:async )?(?:def |class )?{name}\b", text, re.MULTILINE) for name in names
    )


def wrong_names(document: Path) -> Iterator[str]:
    first_parts = {path.name for path in (*ROOT.iterdir(), *PACKAGE.iterdir()) if path.is_dir()}
    modules = {path.stem for path in PACKAGE.iterdir()}
    for name in SPAN.findall(FENCED.sub("", document.read_text())):
        if "acme" in name:
            continue
        dotted = DOTTED.fullmatch(name)
        if PATH.fullmatch(name) and "/" in name and name.split("/")[0] in first_parts:
            if not is_a_place(name, document):
                yield name
        elif dotted and dotted[1].split(".")[0] in modules:
            if not name.endswith(".py") and not is_defined(dotted[1]):
                yield name
        elif IDENTIFIER.fullmatch(name) and name.removesuffix("()") not in words() | ELSEWHERE:
            yield name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_docs_name_only_things_that_exist(document: Path) -> None:
    assert sorted(set(wrong_names(document))) == []
