"""How values are shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import nh3
from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.timezone import localtime, now
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

register = template.Library()

TAGS = {
    *("p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "u", "a", "blockquote", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "code"),
}

WORDS = {
    "OPEN": pgettext_lazy("job", "Open"),
    "CLOSED": pgettext_lazy("job", "Closed"),
    "PENDING": pgettext_lazy("job", "Scheduled"),
    "DRAFT": pgettext_lazy("job", "Draft"),
    "ON_HOLD": pgettext_lazy("job", "On hold"),
    "ARCHIVED": pgettext_lazy("job", "Archived"),
    "ACTIVE": pgettext_lazy("application", "In progress"),
    "HIRED": pgettext_lazy("application", "Hired"),
    "REJECTED": pgettext_lazy("application", "Rejected"),
    "WITHDRAWN": pgettext_lazy("application", "Withdrawn"),
    "FULL_TIME": pgettext_lazy("employment", "Full time"),
    "PART_TIME": pgettext_lazy("employment", "Part time"),
    "CONTRACTOR": pgettext_lazy("employment", "Contractor"),
    "TEMPORARY": pgettext_lazy("employment", "Temporary"),
    "INTERN": pgettext_lazy("employment", "Internship"),
    "APPRENTICE": pgettext_lazy("employment", "Apprenticeship"),
    "VOLUNTEER": pgettext_lazy("employment", "Volunteer"),
    "ON_SITE": pgettext_lazy("remote", "On site"),
    "HYBRID": pgettext_lazy("remote", "Hybrid"),
    "REMOTE": pgettext_lazy("remote", "Remote"),
    "PUBLIC": pgettext_lazy("visibility", "Public"),
    "INTERNAL": pgettext_lazy("visibility", "Internal"),
    "UNLISTED": pgettext_lazy("visibility", "Unlisted"),
    "APPLIED": pgettext_lazy("origin", "Applied"),
    "SOURCED": pgettext_lazy("origin", "Sourced"),
    "REFERRED": pgettext_lazy("origin", "Referred"),
    "GIVEN": pgettext_lazy("consent", "Given"),
    "UNKNOWN": pgettext_lazy("consent", "Unknown"),
    "NEW": pgettext_lazy("stage", "New"),
    "SCREENING": pgettext_lazy("stage", "Screening"),
    "INTERVIEW": pgettext_lazy("stage", "Interview"),
    "ASSESSMENT": pgettext_lazy("stage", "Assessment"),
    "OFFER": pgettext_lazy("stage", "Offer"),
    "OTHER": pgettext_lazy("stage", "Other"),
    "RESUME": pgettext_lazy("file", "Resume"),
    "HOUR": pgettext_lazy("pay", "an hour"),
    "DAY": pgettext_lazy("pay", "a day"),
    "WEEK": pgettext_lazy("pay", "a week"),
    "MONTH": pgettext_lazy("pay", "a month"),
    "YEAR": pgettext_lazy("pay", "a year"),
}


@register.filter
def word(value: Any) -> str:
    """A canonical value in the reader's language; an unknown one as it is."""
    return str(WORDS.get(value, value or ""))


@register.filter
def ago(moment: Any) -> SafeString:
    """How long ago, with the exact time on hover and for machines."""
    if not moment:
        return format_html("<span>{}</span>", _("never"))
    local, since = localtime(moment), now() - moment
    if since < timedelta(0):
        words = date_format(local, "DATE_FORMAT")
    elif since < timedelta(minutes=1):
        words = _("just now")
    else:
        words = _("%(time)s ago") % {"time": timesince(moment, depth=1)}
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        local.strftime("%Y-%m-%d %H:%M %Z"),
        words,
    )


@register.filter
def clean_html(markup: str | None) -> SafeString:
    """Markup of an ATS, down to text formatting; links say that they leave."""
    cleaned = nh3.clean(
        markup or "",
        tags=TAGS,
        attributes={"a": {"href"}},
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto"},
    )
    return mark_safe(cleaned)  # noqa: S308 - nh3 has just cleaned it


@register.simple_tag
def pay(compensation: Any) -> str:
    """Pay as text: 40,000–50,000 EUR a year."""
    ends = [end for end in (compensation.min, compensation.max) if end is not None]
    amounts = "–".join(f"{end:,.0f}".replace(",", "\u202f") for end in dict.fromkeys(ends))
    parts = (amounts, compensation.currency, word(compensation.period))
    return " ".join(part for part in parts if part)


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The present address's query with some values changed; the page starts over unless it is given."""
    given = context["request"].GET.copy()
    if "page" not in changes:
        given.pop("page", None)
    for name, value in changes.items():
        if value in (None, ""):
            given.pop(name, None)
        else:
            given[name] = value
    return f"?{given.urlencode()}"
