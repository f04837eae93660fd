"""How values are shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from html import escape
from typing import Any

import nh3
from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.timesince import TIME_STRINGS, timesince
from django.utils.timezone import localtime, now
from django.utils.translation import (
    get_language,
    get_language_info,
    ngettext,
    ngettext_lazy,
    pgettext,
)
from django.utils.translation import gettext as _

from jemmo.domain import numbers, validation
from jemmo.domain.estimate import FirstSyncRow, rounded
from jemmo.domain.masking import Disguise
from jemmo.domain.streams import Capabilities
from jemmo.domain.validation import html_to_text, split_address
from jemmo.services.connections.logs import plain
from jemmo.store.connections.paused_deletions import with_decision
from jemmo.store.db.display_registry import present_disguise
from jemmo.store.models import Membership, Notification, Role
from jemmo.web.frame import field_names, labels
from jemmo.web.frame.file_states import file_state
from jemmo.web.frame.problems import ask_managers, in_words, localized_error, step_for

register = template.Library()

UNITS: Any = {**TIME_STRINGS, "year": ngettext_lazy("%(num)d year", "%(num)d years", "num")}
"""Django's French says "1 année" for how long ago."""

FOR_MANAGERS = ("nothing_connected", "refused", "paused")
"""Findings that owners and admins alone can do something about."""

TAGS = {
    *("p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "u", "a", "blockquote", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "code"),
}
MARKUP = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)([^<>]*+)>")
HREF = re.compile(r"""\shref\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"'=`]++)""", re.IGNORECASE)
WITHOUT_TEXT = {"script", "style"}  # what is in them is no text
MOST_MARKS = 4_000  # tags and entities of a description; a long one has some hundreds
MARKS = 10  # of a letter, that are shown with it at the end of a text that is cut
LONGEST_PLAIN = 200_000  # characters of one with more
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}

register.filter("word", labels.label_for)
register.filter("file_state", file_state)
register.filter("in_words", localized_error)


@register.filter
def translated(text: str | None) -> str:
    """A marked text of the inner rooms in the reader's language."""
    return _(text) if text else ""


@register.filter
def cause(code: str | None, field: str | None = None) -> str:
    """What a code says, in the reader's language; ``field`` is the one that a record was rejected for."""
    return in_words(code or "", {"field": field}).message


@register.filter
def next_step(code: str | None, reader: Membership | None = None) -> str:
    """What helps, or who can do it where the reader cannot."""
    return step_for(code or "", reader)


@register.filter
def manages(reader: Membership) -> bool:
    """Whether the reader is an owner or an admin."""
    return Role(reader.role).manages


@register.filter
def decided(notice: Notification, reader: Membership | None) -> dict[str, str]:
    """The error of a notification, as ``in_words``, with the connection that it is about."""
    connection, error = notice.connection, notice.facts["error"]
    if connection and error.get("paused"):
        name = connection.label or connection.provider.capitalize()
        error = {**with_decision(connection.id, error, notice.last_at), "connection": name}
    return localized_error(error, reader)


@register.filter
def is_decided(notice: Notification) -> bool:
    """Whether somebody has decided on the paused deletions of a notification."""
    error, connection_id = notice.facts.get("error") or {}, notice.connection_id
    return bool(
        connection_id and with_decision(connection_id, error, notice.last_at).get("decided")
    )


@register.filter
def finding_help(kind: str, reader: Membership) -> str:
    """What helps with a finding of the help bubble, or who can do it where the reader cannot."""
    role = Role(reader.role)
    if kind == "paused" and reader.org.deleted_at:
        return labels.label_for("leaving", "finding_help")
    if kind in FOR_MANAGERS and not role.manages:
        return ask_managers()
    return labels.label_for(
        "overdue_viewer" if kind == "overdue" and not role.syncs else kind, "finding_help"
    )


@register.filter
def can(capabilities: Capabilities) -> str:
    """What an ATS gives of what not all give, as a list in the reader's language."""
    return _listed(capabilities, supported=True)


@register.filter
def lacks(capabilities: Capabilities) -> str:
    """What it does not give. Moves between stages are not among it: Jemmo notes those that it sees."""
    return _listed(capabilities, supported=False)


def _listed(capabilities: Capabilities, *, supported: bool) -> str:
    names = labels.LABEL_TEXTS["capability"].items()
    return ", ".join(str(word) for name, word in names if getattr(capabilities, name) is supported)


def _in_screenshots(change: Callable[[Disguise, str], str | None]) -> Callable[[Any], Any]:
    """A filter that changes a text in screenshot mode, before anything cuts it, and leaves it alone otherwise."""

    def shown(text: Any) -> Any:
        disguise = present_disguise()
        return change(disguise, str(text)) if disguise and text else text

    return shown


register.filter("person_name", _in_screenshots(Disguise.name))
register.filter("company_name", _in_screenshots(Disguise.company))
register.filter("file_name", _in_screenshots(Disguise.file))
register.filter("free_text", _in_screenshots(Disguise.free_text))
register.filter("searched", _in_screenshots(Disguise.search))


@register.filter(is_safe=True)
def shorten(text: object, limit: int) -> str:
    """The beginning of a text. Django's ``truncatechars`` takes ten times as long for one that is short enough.

    It does not count the marks of letters, but compares each with each: of a letter with very many, some are enough.
    """
    shown = str(text)
    return shown if len(shown) <= limit else Truncator(shown[: limit * MARKS]).chars(limit)


@register.filter
def absolute(number: int) -> int:
    return abs(number)


@register.filter
def iso(moment: datetime) -> str:
    """The exact moment, as an address carries it."""
    return moment.isoformat()


@register.filter
def run_title(run: Any) -> str:
    """What a sync read and how: "Incremental sync, jobs only". A run of all streams has no ``scope``.

    An initial sync is the first of its connection; one that reads all of it ``again`` is none.
    """
    title = labels.label_for("again" if run.again else run.mode, "mode")
    return f"{title}, {labels.label_for(run.scope, 'only')}" if run.scope else title


@register.filter
def changed_words(counts: dict[str, int]) -> str:
    """The records that changed, of each kind; empty if none did."""
    return ", ".join(counted(counts[name], name) for name in numbers.RECORDS if counts.get(name))


@register.filter
def run_numbers(report: dict[str, Any]) -> numbers.Numbers:
    """A run's numbers, over all its records."""
    return numbers.of(report.get("streams", {}))


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
def first_sync_time(row: FirstSyncRow) -> str:
    """From how long to how long a first sync takes, in minutes or hours."""
    if row.high <= 60:
        return _("%(low)s–%(high)s min") % {"low": row.low, "high": row.high}
    return _("%(low)s–%(high)s h") % {"low": row.low // 60, "high": row.high // 60}


@register.filter
def time_left(left: timedelta) -> str:
    """How long a sync still takes, roughly."""
    unit, number = rounded(left)
    if unit == "hours":
        return _("about %(n)s h left") % {"n": number}
    return _("about %(n)s min left") % {"n": number} if number else _("less than a minute left")


@register.filter
def counted(number: int, stream: str) -> str:
    """How many jobs, talents or applications, in words: ``1 job``, ``1,200 talents``."""
    number = number or 0
    match stream:
        case "jobs":
            text = ngettext("%(shown)s job", "%(shown)s jobs", number)
        case "talents":
            text = ngettext("%(shown)s talent", "%(shown)s talents", number)
        case _:
            text = ngettext("%(shown)s application", "%(shown)s applications", number)
    return text % {"shown": intcomma(number)}


@register.filter
def ago(moment: datetime | None, otherwise: str | None = None) -> SafeString:
    """How long ago, with the exact time on hover and for machines; ``otherwise``, or "never", where there is no time.

    That the ATS tells no time of a record doesn't mean that it never happened, so records say "–" instead.
    """
    if not moment:
        return format_html("<span>{}</span>", _("never") if otherwise is None else otherwise)
    since = now() - moment
    if since < timedelta(0):
        shown = _day(localtime(moment))
    elif since < timedelta(minutes=1):
        shown = _("just now")
    else:
        shown = _("%(time)s ago") % {"time": timesince(moment, depth=1, time_strings=UNITS)}
    return _time(moment, shown)


@register.filter
def day(moment: datetime | None) -> SafeString:
    """The day, with the exact time on hover and for machines."""
    if not moment:
        return mark_safe("")
    return _time(moment, _day(localtime(moment)))


@register.filter
def calendar_day(day: date | None) -> str:
    """A day that is the same in every time zone."""
    return _day(day) if day else ""


@register.filter
def plain_day(moment: datetime) -> str:
    """The day without markup, for e-mails."""
    return _day(localtime(moment))


@register.filter
def exact(moment: datetime | None) -> SafeString:
    """Day and time in the organisation's time zone."""
    if not moment:
        return mark_safe("")
    return _time(moment, _minute(localtime(moment)))


@register.filter
def planned(moment: datetime) -> str:
    """When something starts; what is due has no time to show but the present, which would move on forever."""
    return _("due now") if moment <= now() else exact(moment)


def _day(moment: date) -> str:
    """Day before month, and the month in letters: it cannot be misread."""
    return _day_in(get_language() or "", moment.year, moment.month, moment.day)


@lru_cache(maxsize=10_000)  # the rows of a list share few days, and formatting one is slow
def _day_in(_language: str, year: int, month: int, day: int) -> str:
    text = date_format(date(year, month, day), pgettext("date format", "j M Y"))
    first = pgettext("the first day of a month", "1")  # French: 1er mai, but 2 mai
    return text.replace("1", first, 1) if day == 1 else text


def _minute(local: datetime) -> str:
    return f"{_day(local)}, {local:%H:%M}"


def _time(moment: datetime, shown: str) -> SafeString:
    local = localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{_minute(local)} {local:%Z}",
        shown,
    )


@register.filter
def clean_html(markup: str | None) -> SafeString:
    """Markup of an ATS, down to text formatting; links say that they leave.

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


@register.filter
def language_name(code: str | None) -> str:
    """A language by its name in the reader's language, where it is known."""
    try:
        return str(get_language_info((code or "").lower())["name_translated"]).capitalize()
    except KeyError:
        return code or ""


@register.filter
def field_label(key: str, field: dict[str, Any]) -> str:
    """What a custom field is called."""
    return field_names.label_of(key, field)


@register.filter
def field_value(field: dict[str, Any]) -> SafeString | str:
    """The value of a custom field, by what it is."""
    value = field.get("value")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return format_html_join(", ", "<bdi>{}</bdi>", ((element,) for element in value))
    if isinstance(value, dict):
        return _composed(value)
    if field.get("type") == "date" and (known := _date(value)):
        return _day(known)
    if isinstance(value, int | float):
        return number_format(value, force_grouping=True)
    if isinstance(value, str) and (address := web_address(value)):
        return format_html('<a href="{}" rel="noopener noreferrer nofollow">{}</a>', address, value)
    return "" if value is None else str(value)


def _composed(value: dict[str, Any]) -> str:
    """A value of several parts: an amount of money, or a range of it, as such; any other part by part."""
    ends = [value.get(name) for name in ("amount", "min_value", "max_value")]
    amounts = [end for end in map(_number, ends) if end is not None]
    if amounts and value.keys() <= {"amount", "min_value", "max_value", "unit", "currency"}:
        return _money(amounts, str(value.get("unit") or value.get("currency") or ""))
    return ", ".join(f"{name}: {part}" for name, part in value.items() if part not in (None, ""))


def _number(value: object) -> float | None:
    try:
        return None if isinstance(value, bool) or value is None else float(str(value))
    except ValueError:
        return None


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


@register.simple_tag
def options(choices: Iterable[Any], chosen: object, kind: str = "") -> SafeString:
    """What a list offers to choose from: values, or pairs of a value and its label.

    ``kind`` names the words for values that are codes. Long lists take a template ten times as long.
    """
    selected = str(chosen)
    shown = []
    for each in choices:
        value, label = each if isinstance(each, tuple) else (each, each)
        value = str(value)
        mark = " selected" if value == selected else ""
        shown.append(
            f'<option value="{escape(value)}"{mark}>{escape(_label(label, kind))}</option>'
        )
    return mark_safe("".join(shown))  # noqa: S308 - all that was given is escaped


LABEL = 60  # characters


def _label(label: str, kind: str) -> str:
    if kind:
        return labels.label_for(label, kind)
    return shorten(label, LABEL)


@register.simple_tag
def pay(compensation: Any) -> str:
    """Pay as text, in the reader's manner: €40,000–50,000 a year, or 40 000–50 000 € par an."""
    ends = [end for end in (compensation.min, compensation.max) if end is not None]
    if not ends:
        return compensation.original or ""
    money = _money(ends, compensation.currency or "")
    return f"{money} {labels.label_for(compensation.period, 'pay')}".strip()


def _money(ends: Iterable[float], currency: str) -> str:
    """An amount, or the two ends of a range, with their currency."""
    amounts = "–".join(_amount(end) for end in dict.fromkeys(ends))
    symbol = SYMBOLS.get(currency, currency)
    if len(symbol) != 1:
        return f"{amounts} {symbol}".strip()
    # Translators: the order of currency and amount, e.g. "€%(amount)s" or "%(amount)s €".
    return _("%(currency)s%(amount)s") % {"currency": symbol, "amount": amounts}


def _amount(value: float) -> str:
    decimals = 0 if value == int(value) else 2
    return number_format(value, decimal_pos=decimals, force_grouping=True)


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The present address's query with some values changed; the page starts over unless it is given."""
    parameters = context["request"].GET.copy()
    if "page" not in changes:
        parameters.pop("page", None)
    for name, value in changes.items():
        if value in (None, ""):
            parameters.pop(name, None)
        else:
            parameters[name] = value
    return f"?{parameters.urlencode()}"


@register.inclusion_tag("frame/choice.html")
def choice(options: object, value: object, **shown: str) -> dict[str, Any]:
    """A list that filters: ``name``, ``label``, ``any`` for no filter, and ``words`` for values that are codes."""
    return {"options": options, "value": value, **shown}


@register.inclusion_tag("frame/sortable.html", takes_context=True)
def sortable(context: dict[str, Any], key: str, label: str, kind: str = "") -> dict[str, Any]:
    """The head of a column that sorts; a second click turns the order around."""
    page = context["found"]
    active = page.filters.sort.removeprefix("-") == key
    turned = page.filters.sort.startswith("-")
    descending = page.columns[key].descending != turned
    return {
        "label": label,
        "kind": kind,
        "direction": ("descending" if descending else "ascending") if active else "",
        "href": query(context, sort=f"-{key}" if active and not turned else key),
    }
