"""Numbers, money, custom fields and texts, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import get_language_info, ngettext
from django.utils.translation import gettext as _

from jemmo.web.frame import field_names, labels
from jemmo.web.templatetags.markup import web_address
from jemmo.web.templatetags.times import day_in_words

register = template.Library()

MARKS = 10  # combining marks shown with the last letter of a truncated text
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}


@register.filter(is_safe=True)
def shorten(text: object, limit: int) -> str:
    """The beginning of a text. For short texts, Django's ``truncatechars`` takes ten times as long.

    Combining marks don't count as characters. Only some marks of a letter are kept, because comparing them takes
    quadratic time.
    """
    shown = str(text)
    return shown if len(shown) <= limit else Truncator(shown[: limit * MARKS]).chars(limit)


@register.filter
def absolute(number: int) -> int:
    return abs(number)


@register.filter
def counted(number: int | None, stream: str) -> str:
    """The number of jobs, talents or applications: ``1 job``, ``1,200 talents``; ``– jobs`` if it is unknown."""
    many = 2 if number is None else number or 0
    match stream:
        case "jobs":
            text = ngettext("%(shown)s job", "%(shown)s jobs", many)
        case "talents":
            text = ngettext("%(shown)s talent", "%(shown)s talents", many)
        case _:
            text = ngettext("%(shown)s application", "%(shown)s applications", many)
    return text % {"shown": "–" if number is None else intcomma(number or 0)}


@register.filter
def language_name(code: str | None) -> str:
    """The name of a language in the reader's language, if known."""
    try:
        return str(get_language_info((code or "").lower())["name_translated"]).capitalize()
    except KeyError:
        return code or ""


@register.filter
def field_label(key: str, field: dict[str, Any]) -> str:
    """The label of a custom field."""
    return field_names.label_of(key, field)


@register.filter
def field_value(field: dict[str, Any]) -> SafeString | str:
    """The value of a custom field, formatted by its type."""
    value = field.get("value")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return format_html_join(", ", "<bdi>{}</bdi>", ((element,) for element in value))
    if isinstance(value, dict):
        return _composed(value)
    if field.get("type") == "date" and (known := _date(value)):
        return day_in_words(known)
    if isinstance(value, int | float):
        return number_format(value, force_grouping=True)
    if isinstance(value, str) and (address := web_address(value)):
        return format_html('<a href="{}" rel="noopener noreferrer nofollow">{}</a>', address, value)
    return "" if value is None else str(value)


def _composed(value: dict[str, Any]) -> str:
    """A value with several parts: an amount of money, or a range of amounts; other values part by part."""
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
def pay(compensation: Any) -> str:
    """Pay as text, in the reader's format: €40,000–50,000 a year, or 40 000–50 000 € par an."""
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
