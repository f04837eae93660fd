"""Texts for people are in American English: pages, messages, command-line help, and docs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import jemmo

SOURCE = Path(jemmo.__file__).parent
ROOT = SOURCE.parent.parent
WORDS = (
    r"organisation|anonymis(?:e|ing|ation)|recognis(?:e|ing)|authoris(?:e|ing|ation)|behaviour|colour|favourite"
    r"|cancelled|licences?\b|summarise|optimise|minimise|normalise|initialise|synchronise"
)
BRITISH = re.compile(rf"(?<![\w./`(\[{{_<%=-])(?:{WORDS})\w*(?![\w/`=_<(-]|\.\w|\))", re.IGNORECASE)
QUERY = re.compile(r"\b(?:SELECT|FROM|JOIN|UPDATE|INSERT INTO|DELETE|CREATE|ALTER)\b")
CODE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)]*\)", re.DOTALL)
SAID = re.compile(
    r"""\{% translate ("[^"]*"|'[^']*')|\b_\(("[^"]*"|'[^']*')|\{% blocktranslate[^%]*%\}(.*?)\{% endblocktranslate""",
    re.DOTALL,
)
PLACEHOLDERS = SOURCE / "domain" / "anonymity.py"  # placeholders that other systems use for names


def in_code(path: Path) -> Iterator[str]:
    """Yield a module's sentences, but of its docstrings only command help."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        is_help = "cli" in path.parts or id(node) not in docstrings
        if " " in node.value and is_help and not QUERY.search(node.value):
            yield node.value


def in_template(path: Path) -> Iterator[str]:
    for said in SAID.findall(path.read_text(encoding="utf-8")):
        yield re.sub(r"\{\{.*?\}\}", "", "".join(said))


def modules() -> list[Path]:
    found = (one for one in SOURCE.rglob("*.py") if "migrations" not in one.parts)
    return sorted(one for one in found if one != PLACEHOLDERS)


def british(texts: Iterator[str]) -> list[str]:
    return [word for text in texts for word in BRITISH.findall(text)]


@pytest.mark.parametrize("text", ["your organisation.", "Anonymised in the ATS", "its colours"])
def test_a_british_word_is_found(text: str) -> None:
    assert british(iter([text]))


def test_messages_and_help_are_american() -> None:
    assert {path.name: found for path in modules() if (found := british(in_code(path)))} == {}


def test_pages_are_american() -> None:
    pages = sorted((SOURCE / "web").glob("*/templates/**/*.*"))
    assert pages

    assert {path.name: found for path in pages if (found := british(in_template(path)))} == {}


def test_documents_are_american() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *SOURCE.rglob("README.md")]
    texts = {path.name: CODE.sub("", path.read_text(encoding="utf-8")) for path in documents}

    assert {name: found for name, text in texts.items() if (found := british(iter([text])))} == {}
