"""Form controls of lists: options, filters, sortable columns, URL queries."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from jemmo.web.frame import labels
from jemmo.web.templatetags.values import shorten

register = template.Library()

LABEL = 60  # characters


@register.simple_tag
def options(choices: Iterable[Any], chosen: object, kind: str = "") -> SafeString:
    """The options of a select: values, or pairs of a value and its label.

    ``kind`` names the labels of values that are codes. In a template, long lists would take ten times as long.
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
    return mark_safe("".join(shown))  # noqa: S308 - everything in it is escaped


def _label(label: str, kind: str) -> str:
    if kind:
        return labels.label_for(label, kind)
    return shorten(label, LABEL)


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """The current URL's query with some values changed. The page number is reset unless given."""
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
    """A filter select: ``name``, ``label``, ``any`` for no filter, and ``words`` for labels of codes."""
    return {"options": options, "value": value, **shown}


@register.inclusion_tag("frame/sortable.html", takes_context=True)
def sortable(context: dict[str, Any], key: str, label: str, kind: str = "") -> dict[str, Any]:
    """The header of a sortable column. A second click reverses the order."""
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
