"""Every link, picture and decision in the docs exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import jemmo

ROOT = Path(jemmo.__file__).parent.parent.parent
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=True,
).stdout.splitlines()
DOCUMENTS = [name for name in TRACKED if name.endswith(".md") and (ROOT / name).exists()]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub creates from a document's headings."""
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(FENCED.sub("", text))
    }


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_has_a_target(name: str) -> None:
    document = ROOT / name
    for target, anchor in LINK.findall(FENCED.sub("", document.read_text())):
        place = document.parent / target if target else document
        assert place.exists(), f"{name} links to {target}"
        if anchor and place.suffix == ".md":
            assert anchor in anchors(place.read_text()), f"{name} links to {target}#{anchor}"


def test_every_screenshot_is_used() -> None:
    texts = "".join((ROOT / name).read_text() for name in DOCUMENTS)
    pictures = [name for name in TRACKED if name.endswith(".png") and (ROOT / name).exists()]
    assert [name for name in pictures if Path(name).name not in texts] == []


def test_decisions_are_numbered_without_gaps() -> None:
    assert [path.name[:4] for path in DECISIONS] == [
        f"{number:04}" for number in range(1, len(DECISIONS) + 1)
    ]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name[:4])
def test_a_decision_is_dated_and_in_the_index(path: Path) -> None:
    title, _, status, *_ = path.read_text().splitlines()
    number, _, name = title.removeprefix("# ").partition(": ")
    assert number == path.name[:4]
    state, _, date = status.partition(" · ")
    assert re.fullmatch(r"Accepted|Superseded by \[\d{4}\]\(\d{4}-[\w-]+\.md\)", state)
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", date)
    row = f"| {number} | [{name}]({path.name}) | {state.lower()} | {date} |"
    assert row in (ROOT / "docs" / "decisions" / "README.md").read_text()


def test_source_names_only_decisions_that_exist() -> None:
    numbers = {path.name[:4] for path in DECISIONS}
    for path in (ROOT / "src").rglob("*.py"):
        named = set(re.findall(r"docs/decisions/(\d{4})", path.read_text()))
        assert named <= numbers, path
