"""The template library ``jemmo``: labels, errors, runs and screenshots, plus the filters of the modules beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from jemmo.domain import numbers
from jemmo.domain.disguise import Disguise
from jemmo.domain.streams import Capabilities
from jemmo.services.connections.logs import plain
from jemmo.store.connections.paused_deletions import with_decision
from jemmo.store.db.display_registry import present_disguise
from jemmo.store.models import Membership, Notification, Role
from jemmo.store.sync.freshness import Failure
from jemmo.web.frame import labels
from jemmo.web.frame.file_states import file_state
from jemmo.web.frame.problems import ask_managers, in_words, localized_error, step_for
from jemmo.web.templatetags import cells, controls, markup, times, values
from jemmo.web.templatetags.values import counted, shorten

register = template.Library()
for part in (cells, controls, markup, times, values):
    register.filters |= part.register.filters
    register.tags |= part.register.tags


FOR_MANAGERS = ("nothing_connected", "refused", "paused", "not_started")
"""Findings that only owners and admins can act on."""


register.filter("word", labels.label_for)
register.filter("file_state", file_state)
register.filter("in_words", localized_error)


@register.filter
def translated(text: str | None) -> str:
    """A text marked for translation elsewhere, in the reader's language."""
    return _(text) if text else ""


@register.filter
def cause(code: str | None, field: str | None = None) -> str:
    """The text of a code, in the reader's language. ``field`` is the field that a record was rejected for."""
    return in_words(code or "", {"field": field}).message


@register.filter
def next_step(code: str | None, reader: Membership | None = None) -> str:
    """The next step, or who can take it if the reader can't."""
    return step_for(code or "", reader)


@register.filter
def manages(reader: Membership) -> bool:
    """Whether the reader is an owner or an admin."""
    return Role(reader.role).manages


@register.filter
def decided(notice: Notification, reader: Membership | None) -> dict[str, str]:
    """A notification's error, like ``in_words``, with its connection."""
    connection, error = notice.connection, notice.facts["error"]
    if connection:
        error = with_decision(connection, error, notice.last_at)
    return localized_error(error, reader)


@register.filter
def failure_lines(failures: Iterable[Failure], reader: Membership | None) -> str:
    """The failures, one line per connection."""
    colon = pgettext("after a name", ":")
    return "\n".join(
        f"{shorten(failure.name, 80)}{colon} {localized_error(failure.error, reader)['message']}"
        for failure in failures
    )


@register.filter
def is_decided(notice: Notification) -> bool:
    """Whether someone has decided on the paused deletions of a notification."""
    error, connection = notice.facts.get("error") or {}, notice.connection
    return bool(connection and with_decision(connection, error, notice.last_at).get("decided"))


@register.filter
def finding_help(kind: str, reader: Membership) -> str:
    """The next step for a finding of the help bubble, or who can take it if the reader can't."""
    role = Role(reader.role)
    if kind in {"paused", "not_started"} and reader.org.deleted_at:
        return labels.label_for("leaving", "finding_help")
    if kind in FOR_MANAGERS and not role.manages:
        return ask_managers()
    return labels.label_for(
        "overdue_viewer" if kind == "overdue" and not role.syncs else kind, "finding_help"
    )


@register.filter
def can(capabilities: Capabilities) -> str:
    """The optional capabilities of an ATS, as a list in the reader's language."""
    return _listed(capabilities, supported=True)


@register.filter
def lacks(capabilities: Capabilities) -> str:
    """The optional capabilities that an ATS lacks.

    Stage moves are not listed, because Jemmo records those it observes.
    """
    return _listed(capabilities, supported=False)


def _listed(capabilities: Capabilities, *, supported: bool) -> str:
    names = labels.LABEL_TEXTS["capability"].items()
    return ", ".join(str(word) for name, word in names if getattr(capabilities, name) is supported)


def _in_screenshots(change: Callable[[Disguise, str], str | None]) -> Callable[[Any], Any]:
    """Make a filter that changes a text only in screenshot mode, before anything truncates it."""

    def shown(text: Any) -> Any:
        disguise = present_disguise()
        return change(disguise, str(text)) if disguise and text else text

    return shown


register.filter("person_name", _in_screenshots(Disguise.name))
register.filter("company_name", _in_screenshots(Disguise.company))
register.filter("file_name", _in_screenshots(Disguise.file))
register.filter("free_text", _in_screenshots(Disguise.free_text))
register.filter("searched", _in_screenshots(Disguise.search))


@register.filter
def run_title(run: Any) -> str:
    """The scope and mode of a sync: "Incremental sync, jobs only". A run of all streams has no ``scope``.

    A sync that reads everything ``again`` is not called an initial sync.
    """
    title = labels.label_for("again" if run.again else run.mode, "mode")
    return f"{title}, {labels.label_for(run.scope, 'only')}" if run.scope else title


@register.filter
def changed_words(counts: dict[str, int] | None) -> str:
    """The number of changed records of each kind; empty if none changed, or if they weren't counted."""
    known = counts or {}
    return ", ".join(counted(known[name], name) for name in numbers.RECORDS if known.get(name))


@register.filter
def run_numbers(report: dict[str, Any]) -> numbers.Numbers:
    """A run's numbers, summed over all its records."""
    return numbers.numbers_of(report.get("streams", {}))


@register.filter
def for_support(line: Any) -> str:
    """A log entry as plain text in English, for support; it contains no contact details and no key."""
    facts = plain(line)
    named = [f"{name}: {value}" for name, value in facts.items() if value not in (None, "")]
    return "\n".join(["Jemmo log entry", *named])
