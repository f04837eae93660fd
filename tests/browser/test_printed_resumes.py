"""Resumes printed to PDF by Chromium, like those of online resume builders."""

from __future__ import annotations

import shutil
from collections import Counter
from html import escape

import pytest
from fakes.resumes.people import LINES
from fakes.resumes.resume import words_of
from playwright.sync_api import Browser

from jemmo.files.inspection import inspect
from jemmo.files.kinds import PDF
from jemmo.files.text import text_of

pytestmark = [
    pytest.mark.long,
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not installed"),
]

LANGUAGES = ("en", "fr", "de", "sv", "es", "pl", "cs", "el", "ru")
"""Languages for which every machine has fonts."""
LAYOUTS = {
    "plain": "<main>{}</main>",
    "columns": '<main style="columns: 2; hyphens: manual">{}</main>',
    "spaced": '<main style="letter-spacing: .25em">{}</main>',
    "beside": '<div style="display: flex"><aside style="width: 30%">Sidebar</aside><main>{}</main></div>',
}


def test_what_chromium_prints_is_read(browser: Browser) -> None:
    page = browser.new_page()
    printed = {}
    for language in LANGUAGES:
        lines = "".join(f"<p>{escape(line)}</p>" for line in LINES[language])
        for layout, frame in LAYOUTS.items():
            page.set_content(f'<html lang="{language}"><body>{frame.format(lines)}</body></html>')
            printed[language, layout] = page.pdf(format="A4")
    for (language, layout), content in printed.items():
        assert inspect(content, max_bytes=1_000_000) == PDF
        there = Counter(words_of("\n".join(LINES[language])))
        lacking = there - Counter(words_of(text_of(content, PDF)))
        assert lacking.total() <= 0.05 * there.total(), (language, layout, lacking)
