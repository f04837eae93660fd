"""Templates, styles and scripts are readable without scrolling horizontally."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median

WEB = Path(__file__).parents[2] / "src" / "jemmo" / "web"
WIDEST = 140


def longest_lines() -> dict[Path, int]:
    pages = sorted(WEB.glob("*/templates/**/*.html"))
    assert pages
    return {page: max(map(len, page.read_text().splitlines()), default=0) for page in pages}


def test_no_line_of_a_template_is_too_long() -> None:
    too_long = {page.name: length for page, length in longest_lines().items() if length > WIDEST}

    assert too_long == {}


def test_no_line_of_a_style_sheet_or_script_is_too_long() -> None:
    sources = [*WEB.glob("static/web/*.css"), *WEB.glob("static/web/*.js")]

    assert len(sources) > 5
    assert [
        f"{source.name}:{number}"
        for source in sources
        for number, line in enumerate(source.read_text().splitlines(), 1)
        if len(line) > WIDEST
    ] == []


def test_most_templates_are_narrower() -> None:
    assert median(longest_lines().values()) <= 130


def test_facts_end_without_a_space_before_their_separator() -> None:
    """The separator is an inline ``::after``, so a line break before ``</li>`` would appear as a space."""
    ends = [
        (page.name, end)
        for page in longest_lines()
        for facts in re.findall(r'<ul class="facts">.*?</ul>', page.read_text(), re.DOTALL)
        for end in re.findall(r"<li>(?:(?!<li).)*?\s</li>", facts, re.DOTALL)
    ]

    assert ends == []
