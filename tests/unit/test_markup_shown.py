"""Markup from an ATS or a candidate on pages: only formatting, processed in linear time."""

from __future__ import annotations

import time

import pytest

from jemmo.domain.markup import MAX_MARKS, MAX_PLAIN
from jemmo.web.templatetags.markup import clean_html

LONG = 160_000  # characters
# Seconds of CPU time; repairing such markup would take many times as long
SLOWEST = 1.5
DISTINCT = LONG // 40  # the number of different tags
HOSTILE = {
    "nested": "<ul><li>" * (LONG // 8),
    "unknown": "<div>" * (LONG // 5),
    "wrongly closed": "<b></i>" * (LONG // 7),
    "unlike each other": "".join(f"<b id={one}>" for one in range(DISTINCT)) + "<p>" * DISTINCT,
    "reopened": "".join(f"<font a{one}>" for one in range(DISTINCT)) + "</p><p>x" * DISTINCT,
    "links": "".join(f"<a href={one}>" for one in range(DISTINCT)) + "<p>" * DISTINCT,
    "attributes": f"<a {' '.join(f'a{one}' for one in range(LONG // 6))}>",
    "hrefs": "<a" + ' href="x' * (LONG // 8),
    "signs": "&" * 10 * LONG,
    "open": "<" + "a" * LONG,
}


@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_markup_delays_a_page(markup: str) -> None:
    def seconds() -> float:
        began = time.process_time()
        clean_html(markup)
        return time.process_time() - began

    assert any(seconds() < SLOWEST for _ in range(3))


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<p class='x'>Ada</p>", "<p>Ada</p>"),
        ("3 < 5 & more", "3 &lt; 5 &amp; more"),
        ("<DIV>Ada</DIV><script>alert(1)</script><style>p{}</style>", "Ada"),
        ("<scr<x>ipt>alert(1)</scr<x>ipt>", ""),
        ("<img src=x onerror=alert(1)><b onclick=alert(1)>Ada</b>", "<b>Ada</b>"),
        (
            "<A TARGET=_blank HREF='https://example.com/?a=1&amp;b=2' title=\"x\">Ada</A>",
            '<a href="https://example.com/?a=1&amp;b=2" rel="noopener noreferrer nofollow">Ada</a>',
        ),
        ("<a href=javascript:alert(1)>x</a>", '<a rel="noopener noreferrer nofollow">x</a>'),
    ],
)
def test_only_formatting_remains(markup: str, shown: str) -> None:
    assert clean_html(markup) == shown


def test_far_more_markup_than_people_write_is_shown_as_plain_text() -> None:
    markup = f"<p>Ada &amp; <i>Bob</i></p><p>{'<b>' * MAX_MARKS}<script>alert(1)</p>"

    assert clean_html(markup) == "<p>Ada &amp; Bob<br>alert(1)</p>"


def test_endless_markup_is_truncated() -> None:
    shown = clean_html("Ada &amp; " * MAX_PLAIN)

    assert shown.startswith("<p>Ada &amp; Ada &amp;")
    assert len(shown) < 2 * MAX_PLAIN
