"""Reduces HTML from an ATS to text formatting."""

from __future__ import annotations

import re

import nh3

from jemmo.domain.validation import html_to_text

TAGS = {
    *("p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "u", "a", "blockquote", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "code"),
}
MARKUP = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)([^<>]*+)>")
HREF = re.compile(r"""\shref\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'=`]++)""", re.IGNORECASE)
WITHOUT_TEXT = {"script", "style"}  # their content is not text
MAX_MARKS = 4_000  # tags and entities in a description; long ones have a few hundred
MAX_PLAIN = 200_000  # characters of overlong markup that are shown, as plain text


def clean(markup: str) -> str | None:
    """Reduce markup to text formatting and mark links as external; ``None`` if there is far too much markup.

    Browser-style repair of invalid markup takes quadratic time, and even longer with many different attributes. So
    attributes are removed first, and markup longer than people write is not cleaned at all.
    """
    marked = MARKUP.sub(_simplified, markup)
    if marked.count("<") + marked.count("&") > MAX_MARKS:
        return None
    return nh3.clean(
        marked,
        tags=TAGS,
        attributes={"a": {"href"}},
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto"},
    )


def plain(markup: str) -> str:
    """Return the text of markup that ``clean`` gave up on."""
    return html_to_text(markup[:MAX_PLAIN]) or ""


def _simplified(tag: re.Match[str]) -> str:
    """Return a tag as it will be shown: without attributes except a link's target; nothing for an unknown tag."""
    name = tag[2].lower()
    leads = HREF.search(tag[3]) if name == "a" else None
    more = f" href={leads[1]}" if leads else ""
    return f"<{tag[1]}{name}{more}>" if name in TAGS or name in WITHOUT_TEXT else ""
