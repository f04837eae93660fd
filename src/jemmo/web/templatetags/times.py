"""Times and durations, as people read them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from html import escape

from django import template
from django.utils.formats import date_format
from django.utils.html import avoid_wrapping, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import TIME_STRINGS
from django.utils.timezone import localtime, now
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from jemmo.domain.estimate import FirstSyncRow, rounded
from jemmo.domain.spans import in_words
from jemmo.web.frame.day_zones import day_of

register = template.Library()


@register.filter
def iso(moment: datetime) -> str:
    """The exact time, for a URL."""
    return moment.isoformat()


@register.filter
def whole_seconds(seconds: float | timedelta | None) -> str:
    """A rounded duration: 40 s, 5 min, 3 h."""
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
    """How long a first sync takes at most, in minutes or hours."""
    if row.high <= 60:
        return _("up to %(high)s min") % {"high": row.high}
    return _("up to %(high)s h") % {"high": row.high // 60}


@register.filter
def time_left(left: timedelta) -> str:
    """The estimated time left of a sync."""
    unit, number = rounded(left)
    if unit == "hours":
        return _("about %(n)s h left") % {"n": number}
    return _("about %(n)s min left") % {"n": number} if number else _("less than a minute left")


@register.filter
def ago(moment: datetime | None, otherwise: str | None = None) -> SafeString:
    """The time since then, or the day if it was a week ago or more, with the exact time on hover and for machines.

    Without a time, ``otherwise`` or "never".

    Records use "–" instead, because an ATS that reports no time doesn't mean that it never happened.
    """
    if not moment:
        return format_html("<span>{}</span>", _("never") if otherwise is None else otherwise)
    current, local = now(), localtime(moment)
    since = current - moment
    if start := day_of(moment):
        return _time(start, _days_ago(start.date(), localtime(current).date()), day_in_words(start))
    if since < timedelta(0):
        shown = day_in_words(local)
    elif not in_words(since):
        shown = _on(local)
    elif since < timedelta(minutes=1):
        shown = _("just now")
    else:
        shown = _since(since)
    return _time(local, shown)


@register.filter
def day(moment: datetime | None) -> SafeString:
    """The day, with the exact time on hover and for machines."""
    if not moment:
        return mark_safe("")
    if start := day_of(moment):
        return _time(start, day_in_words(start), day_in_words(start))
    local = localtime(moment)
    return _time(local, day_in_words(local))


@register.filter
def calendar_day(day: date | None) -> str:
    """A day that is the same in every time zone."""
    return day_in_words(day) if day else ""


@register.filter
def plain_day(moment: datetime | str) -> str:
    """The day without markup, for e-mails. ``moment`` may be a stored fact, in ISO 8601."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return day_in_words(localtime(at))


@register.filter
def exact(moment: datetime | None) -> SafeString:
    """Day and time in the organization's time zone."""
    if not moment:
        return mark_safe("")
    local = localtime(moment)
    return _time(local, _minute(local))


@register.filter
def planned(moment: datetime) -> str:
    """When something starts. Overdue work gets no time, since "now" would keep changing."""
    return _("due now") if moment <= now() else exact(moment)


def _days_ago(shown: date, today: date) -> str:
    """How long ago a day without a time was."""
    days = (today - shown).days
    if days < 0:
        return day_in_words(shown)
    if not in_words(timedelta(days=days)):
        return _on(shown)
    if days == 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    return _ago_in(get_language() or "", "day", days)


def _since(distance: timedelta) -> str:
    """How long ago something of the last week was: at least a minute."""
    seconds = int(distance.total_seconds())
    unit, length = next(each for each in _UNITS if seconds >= each[1])
    return _ago_in(get_language() or "", unit, seconds // length)


_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60))


@lru_cache(maxsize=1000)
def _ago_in(_language: str, unit: str, number: int) -> str:
    """Cached, because a list's rows share few distances and Django's ``timesince`` is slow."""
    return _("%(time)s ago") % {"time": avoid_wrapping(TIME_STRINGS[unit] % {"num": number})}


def _on(moment: date) -> str:
    """The day of something that is not recent."""
    return pgettext("a week ago or more", "%(day)s") % {"day": day_in_words(moment)}


def day_in_words(moment: date) -> str:
    """The day with the month in letters, so that it cannot be misread."""
    return _day_in(get_language() or "", moment.year, moment.month, moment.day)


@lru_cache(maxsize=10_000)  # the rows of a list share few days, and formatting one is slow
def _day_in(_language: str, year: int, month: int, day: int) -> str:
    text = date_format(date(year, month, day), pgettext("date format", "j M Y"))
    first = pgettext("the first day of a month", "1")  # French: 1er mai, but 2 mai
    return text.replace("1", first, 1) if day == 1 else text


def _minute(local: datetime) -> str:
    return f"{day_in_words(local)}, {local:%H:%M}"


def _time(local: datetime, shown: str, hover: str | None = None) -> SafeString:
    exactly = hover or f"{_minute(local)} {local.tzname()}"
    return mark_safe(  # noqa: S308 - everything in it is escaped
        f'<time datetime="{local.isoformat(timespec="seconds")}" title="{escape(exactly)}">{escape(shown)}</time>'
    )
