"""Markup and addresses from an ATS, made safe to show."""

from __future__ import annotations

from django import template
from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe

from jemmo.domain import validation
from jemmo.domain.markup import clean, plain
from jemmo.domain.validation import split_address

register = template.Library()


@register.filter
def clean_html(markup: str | None) -> SafeString:
    """Reduce markup from an ATS to text formatting, or to plain text if it is much longer than people write."""
    cleaned = clean(markup or "")
    if cleaned is None:
        return mark_safe(linebreaks(plain(markup or ""), autoescape=True))  # noqa: S308 - it has just been escaped
    return mark_safe(cleaned)  # noqa: S308 - nh3 has just cleaned it


@register.filter
def web_address(address: object) -> str:
    """A URL that is safe to link to, empty for any other, since an ATS may contain ``javascript:``."""
    try:
        parts = split_address(validation.web_address(address) or "")
    except ValueError:
        return ""
    return parts.geturl() if parts.scheme in ("http", "https") and parts.netloc else ""
