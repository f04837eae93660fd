"""How values are shown."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import nh3
from django import template
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.timezone import localtime, now
from django.utils.translation import get_language_info, pgettext_lazy
from django.utils.translation import gettext as _

from jemmo.domain.streams import Capabilities
from jemmo.domain.troubles import trouble
from jemmo.services.logs import plain
from jemmo.web import words
from jemmo.web.problems import said

register = template.Library()

TAGS = {
    *("p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "u", "a", "blockquote", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "code"),
}
# Day before month, and the month in letters: it cannot be misread.
DAY = pgettext_lazy("date format", "j M Y")
MOMENT = pgettext_lazy("date format", "j M Y, H:i")
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}

register.filter("word", words.word)
register.filter("said", said)


@register.filter
def translated(text: str | None) -> str:
    """A marked text of the inner rooms in the reader's language."""
    return _(text) if text else ""


@register.filter
def means(code: str | None) -> str:
    """What a code means, in the reader's language."""
    return _(trouble(code or "").means)


@register.filter
def next_step(code: str | None) -> str:
    return _(trouble(code or "").next_step)


@register.filter
def can(capabilities: Capabilities) -> str:
    """What an ATS gives of what not all give, as a list in the reader's language."""
    return _listed(capabilities, given=True)


@register.filter
def lacks(capabilities: Capabilities) -> str:
    """What it does not give. Moves between stages are not among it: Jemmo notes those that it sees."""
    return _listed(capabilities, given=False)


def _listed(capabilities: Capabilities, *, given: bool) -> str:
    names = words.WORDS["capability"].items()
    return ", ".join(str(word) for name, word in names if getattr(capabilities, name) is given)


@register.filter
def absolute(number: int) -> int:
    return abs(number)


@register.filter
def iso(moment: datetime) -> str:
    """The exact moment, as an address carries it."""
    return moment.isoformat()


@register.filter
def run_totals(report: dict[str, Any]) -> dict[str, int]:
    """A run's counts over all its streams."""
    streams = report.get("streams", {}).values()
    return {
        name: sum(one.get(name, 0) for one in streams) for name in ("created", "updated", "deleted")
    }


@register.filter
def for_support(line: Any) -> str:
    """A log entry as plain text in English, for whoever helps; it holds no contact details and no key."""
    facts = plain(line)
    named = [f"{name}: {value}" for name, value in facts.items() if value not in (None, "")]
    return "\n".join(["Jemmo log entry", *named])


@register.filter
def whole_seconds(seconds: float | timedelta | None) -> str:
    """A span in people's words, roughly: 40 s, 5 min, 3 h."""
    if seconds is None:
        return ""
    number = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
    if number < 90:
        return _("%(n)s s") % {"n": max(1, round(number))}
    if number < 90 * 60:
        return _("%(n)s min") % {"n": round(number / 60)}
    return _("%(n)s h") % {"n": round(number / 3600)}


@register.filter
def ago(moment: datetime | None) -> SafeString:
    """How long ago, with the exact time on hover and for machines."""
    if not moment:
        return format_html("<span>{}</span>", _("never"))
    since = now() - moment
    if since < timedelta(0):
        shown = _format(localtime(moment), DAY)
    elif since < timedelta(minutes=1):
        shown = _("just now")
    else:
        shown = _("%(time)s ago") % {"time": timesince(moment, depth=1)}
    return _time(moment, shown)


@register.filter
def day(moment: datetime | None) -> SafeString:
    """The day, with the exact time on hover and for machines."""
    if not moment:
        return mark_safe("")
    return _time(moment, _format(localtime(moment), DAY))


@register.filter
def exact(moment: datetime | None) -> SafeString:
    """Day and time in the organisation's time zone."""
    if not moment:
        return mark_safe("")
    return _time(moment, _format(localtime(moment), MOMENT))


def _format(moment: date, pattern: str | Promise) -> str:
    return date_format(moment, str(pattern))


def _time(moment: datetime, shown: str) -> SafeString:
    local = localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{_format(local, MOMENT)} {local:%Z}",
        shown,
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


@register.filter
def web_address(given: object) -> str:
    """An address that a link may lead to, empty for any other: an ATS may hold ``javascript:``."""
    try:
        parts = urlsplit(str(given or "").strip())
    except ValueError:
        return ""
    return parts.geturl() if parts.scheme in ("http", "https") and parts.netloc else ""


@register.filter
def language_name(code: str | None) -> str:
    """A language by its name in the reader's language, where it is known."""
    try:
        return str(get_language_info((code or "").lower())["name_translated"]).capitalize()
    except KeyError:
        return code or ""


@register.filter
def field_value(field: dict[str, Any]) -> SafeString | str:
    """The value of a custom field, by what it is."""
    value = field.get("value")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return format_html_join(", ", "<bdi>{}</bdi>", ((one,) for one in value))
    if field.get("type") == "date" and (known := _date(value)):
        return _format(known, DAY)
    if isinstance(value, int | float):
        return number_format(value, force_grouping=True)
    if isinstance(value, str) and (address := web_address(value)):
        return format_html('<a href="{}" rel="noopener noreferrer nofollow">{}</a>', address, value)
    return "" if value is None else str(value)


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


@register.simple_tag
def pay(compensation: Any) -> str:
    """Pay as text, in the reader's manner: €40,000–50,000 a year, or 40 000–50 000 € par an."""
    ends = [end for end in (compensation.min, compensation.max) if end is not None]
    if not ends:
        return compensation.original or ""
    amounts = "–".join(_amount(end) for end in dict.fromkeys(ends))
    currency = compensation.currency or ""
    symbol = SYMBOLS.get(currency, currency)
    # Translators: the order of currency and amount, e.g. "€%(amount)s" or "%(amount)s €".
    money = _("%(currency)s%(amount)s") % {"currency": symbol, "amount": amounts}
    parts = (money if len(symbol) == 1 else f"{amounts} {symbol}", compensation.period)
    return f"{parts[0].strip()} {words.word(parts[1], 'pay')}".strip()


def _amount(value: float) -> str:
    decimals = 0 if value == int(value) else 2
    return number_format(value, decimal_pos=decimals, force_grouping=True)


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


@register.inclusion_tag("web/sortable.html", takes_context=True)
def sortable(context: dict[str, Any], key: str, label: str, kind: str = "") -> dict[str, Any]:
    """The head of a column that sorts; a second click turns the order around."""
    found = context["found"]
    active = found.wanted.sort.removeprefix("-") == key
    turned = found.wanted.sort.startswith("-")
    descending = found.columns[key].descending != turned
    return {
        "label": label,
        "kind": kind,
        "direction": ("descending" if descending else "ascending") if active else "",
        "href": query(context, sort=f"-{key}" if active and not turned else key),
    }
