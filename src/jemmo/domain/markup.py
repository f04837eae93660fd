"""Markup from an ATS, reduced to text formatting."""

from __future__ import annotations

import re

import nh3

TAGS = {
    *("p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "u", "a", "blockquote", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "code"),
}
MARKUP = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)([^<>]*+)>")
HREF = re.compile(r"""\shref\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'=`]++)""", re.IGNORECASE)
WITHOUT_TEXT = {"script", "style"}  # what is in them is no text
MOST_MARKS = 4_000  # tags and entities of a description; a long one has some hundreds


def clean(markup: str) -> str | None:
    """Markup reduced to text formatting; links show that they lead outside. ``None``: there is far too much of it.

    Browsers' way of mending wrong markup takes time that grows with the square of it, and more with tags that differ
    by their attributes. So those go first, and more markup than people write is not cleaned at all.
    """
    marked = MARKUP.sub(_simply, markup)
    if marked.count("<") + marked.count("&") > MOST_MARKS:
        return None
    return nh3.clean(
        marked,
        tags=TAGS,
        attributes={"a": {"href"}},
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto"},
    )


def _simply(tag: re.Match[str]) -> str:
    """A tag as it will be shown: without attributes but where a link leads; nothing of an unknown one."""
    name = tag[2].lower()
    leads = HREF.search(tag[3]) if name == "a" else None
    more = f" href={leads[1]}" if leads else ""
    return f"<{tag[1]}{name}{more}>" if name in TAGS or name in WITHOUT_TEXT else ""
