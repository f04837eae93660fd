"""The cells of the lists' rows.

In a template, fifty rows take several times as long, because each value is looked up, localized and escaped by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Any
from urllib.parse import quote_plus

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from jemmo.domain.disguise import Disguise
from jemmo.store.db.display_registry import present_disguise
from jemmo.store.models import Job, Talent
from jemmo.store.records.talents import LatestApplication
from jemmo.web.frame import labels
from jemmo.web.templatetags.times import ago
from jemmo.web.templatetags.values import shorten

register = template.Library()

TAGS = 3  # shown in a row
NONE = '<span class="quiet">–</span>'

Row = dict[str, Any]
"""Cells by name, escaped. Templates look up keys faster than attributes."""


@register.filter
def talent_rows(talents: Iterable[Talent], query: QueryDict) -> Iterator[Row]:
    """The rows of a page of talents. A tag links to the list with this ``query`` and that tag."""
    disguise, nameless = present_disguise(), _("No name")
    parameters = query.copy()
    for name in ("page", "tag"):
        parameters.pop(name, None)
    address = escape(f"?{parameters.urlencode()}&tag=" if parameters else "?tag=")
    for talent in talents:
        latest: LatestApplication | None = talent.latest  # type: ignore[attr-defined]
        name = _disguised(disguise, Disguise.name, talent.full_name) or nameless
        headline = _disguised(disguise, Disguise.free_text, talent.headline)
        yield {
            "id": str(talent.id),
            "name": _isolated(name, 80),
            "is_private": talent.is_private,
            "marks": contact_marks(talent),
            "headline": _safe(f'<span class="under">{_isolated(headline, 90)}</span>')
            if headline
            else "",
            "job": _isolated(latest.job, 70) if latest and latest.job else SafeString(NONE),
            "badge": _application(latest) if latest else "",
            "tags": _safe("".join(_tag(disguise, address, tag) for tag in talent.tags[:TAGS])),
            "ats": _isolated(talent.ats, 60),  # type: ignore[attr-defined]
            "updated": ago(talent.remote_updated_at, "–"),
        }


@register.filter
def job_rows(jobs: Iterable[Job]) -> Iterator[Row]:
    """The rows of a page of jobs."""
    unread = _("Jemmo hasn't read applications from this ATS.")
    for job in jobs:
        active = job.active  # type: ignore[attr-defined]
        yield {
            "id": str(job.id),
            "title": _isolated(job.title, 160),
            "status": _badge((job.status or "").lower(), labels.label_for(job.status, "job")),
            "is_confidential": job.visibility == "CONFIDENTIAL",
            "visibility": _unless("PUBLIC", job.visibility, "visibility"),
            "department": _isolated(job.department.name, 40) if job.department else "",
            "place": _places([str(place) for place in job.places]),  # type: ignore[attr-defined]
            "remote": _unless("ON_SITE", job.remote_policy, "remote"),
            "ats": _isolated(job.ats, 60),  # type: ignore[attr-defined]
            "active": _safe(f'<span class="quiet" title="{escape(unread)}">–</span>')
            if active is None
            else _number(active),
            "updated": ago(job.remote_updated_at, "–"),
        }


@register.filter
def contact_marks(talent: Talent) -> SafeString:
    """The badges that say whether a person may be contacted."""
    return _safe("".join(f" {_badge_of(mark)}" for mark in talent.marks))


def _badge_of(mark: str) -> str:
    return (
        f'<span class="badge mark-{escape(mark)}">{escape(labels.label_for(mark, "stance"))}</span>'
    )


def _application(application: LatestApplication) -> SafeString:
    """The stage of an application in progress, or the outcome of another."""
    if application.status == "ACTIVE":
        stage = _isolated(application.stage or _("In progress"), 40)
        return _safe(f'<span class="badge badge-active">{stage}</span>')
    label = labels.label_for(application.status, "application")
    return _badge((application.status or "").lower(), label)


def _badge(kind: str, label: str) -> SafeString:
    return _safe(f'<span class="badge badge-{escape(kind)}">{escape(label)}</span>')


def _tag(disguise: Disguise | None, address: str, tag: str) -> str:
    shown = _isolated(_disguised(disguise, Disguise.free_text, tag), 24)
    return f'<a class="tag" href="{address}{escape(quote_plus(tag))}">{shown}</a>'


def _places(places: list[str]) -> SafeString:
    """The first place, and how many more there are."""
    if not places:
        return _safe("")
    more = f' <span class="quiet">+{len(places) - 1}</span>' if len(places) > 1 else ""
    return _safe(f"{_isolated(places[0], 40)}{more}")


def _number(number: int) -> str:
    return str(number) if number < 1000 else str(intcomma(number))  # intcomma is slow


def _unless(usual: str, value: str | None, kind: str) -> SafeString:
    """The label of a value, or nothing for the usual one."""
    if not value or value == usual:
        return _safe("")
    return _safe(f' <span class="quiet">{escape(labels.label_for(value, kind))}</span>')


def _isolated(text: str | None, limit: int) -> SafeString:
    """A text from an ATS, which may run from right to left."""
    return _safe(f"<bdi>{escape(shorten(text or '', limit))}</bdi>")


def _disguised(
    disguise: Disguise | None, change: Callable[[Disguise, str], str | None], text: str | None
) -> str:
    return (change(disguise, text) if disguise and text else text) or ""


def _safe(markup: str) -> SafeString:
    """Markup whose texts have been escaped."""
    return SafeString(markup)
