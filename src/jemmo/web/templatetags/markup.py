"""Markup and addresses from an ATS, made safe to show."""

from __future__ import annotations

import re

import nh3
from django import template
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe

from jemmo.domain import validation
from jemmo.domain.validation import html_to_text, split_address

register = template.Library()

TAGS = {
    *("p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "u", "a", "blockquote", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "code"),
}
MARKUP = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)([^<>]*+)>")
HREF = re.compile(r"""\shref\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'=`]++)""", re.IGNORECASE)
WITHOUT_TEXT = {"script", "style"}  # what is in them is no text
MOST_MARKS = 4_000  # tags and entities of a description; a long one has some hundreds
LONGEST_PLAIN = 200_000  # characters of one with more


@register.filter
def clean_html(markup: str | None) -> SafeString:
    """Markup from an ATS, reduced to text formatting; links show that they lead outside.

    Browsers' way of mending wrong markup takes time that grows with the square of it, and more with tags that differ
    by their attributes. So those go first, and what has far more markup than people write is shown as plain text.
    """
    marked = MARKUP.sub(_simply, markup or "")
    if marked.count("<") + marked.count("&") > MOST_MARKS:
        plain = html_to_text((markup or "")[:LONGEST_PLAIN]) or ""
        return mark_safe(linebreaks(plain, autoescape=True))  # noqa: S308 - it has just been escaped
    cleaned = nh3.clean(
        marked,
        tags=TAGS,
        attributes={"a": {"href"}},
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto"},
    )
    return mark_safe(cleaned)  # noqa: S308 - nh3 has just cleaned it


def _simply(tag: re.Match[str]) -> str:
    """A tag as it will be shown: without attributes but where a link leads; nothing of an unknown one."""
    name = tag[2].lower()
    leads = HREF.search(tag[3]) if name == "a" else None
    more = f" href={leads[1]}" if leads else ""
    return f"<{tag[1]}{name}{more}>" if name in TAGS or name in WITHOUT_TEXT else ""


@register.filter
def web_address(address: object) -> str:
    """An address that a link may lead to, empty for any other: an ATS may hold ``javascript:``."""
    try:
        parts = split_address(validation.web_address(address) or "")
    except ValueError:
        return ""
    return parts.geturl() if parts.scheme in ("http", "https") and parts.netloc else ""
