"""Paused deletions in the reader's language, from the facts of a run or of pending decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jemmo.web.frame import labels


def sentences(error: Mapping[str, Any]) -> str:
    """Sentences about paused and completed deletions by stream, like ``jemmo.domain.brake.error_of``."""
    paused: list[dict[str, Any]] = error["paused"]
    shares = _listed(map(_share, paused))
    number = sum(share["missing"] for share in paused)
    parts = [
        ngettext("We paused %(n)s deletion.", "We paused %(n)s deletions.", number)
        % {"n": intcomma(number)},
        _no_longer_listed(shares, error.get("connection")),
    ]
    if not error.get("decided"):
        parts.append(_("Review these records before we remove anything."))
    if recent := _counted((share["stream"], share["recent"]) for share in paused):
        parts.append(_("Deleted in the previous 24 hours: %(counts)s.") % {"counts": recent})
    if others := _counted((error.get("deleted") or {}).items()):
        parts.append(_("Deleted in this sync: %(counts)s.") % {"counts": others})
    return " ".join(parts)


def _no_longer_listed(shares: str, connection: str | None) -> str:
    if connection is None:
        return _("The ATS no longer lists %(shares)s.") % {"shares": shares}
    return _("%(name)s no longer lists %(shares)s.") % {"name": connection, "shares": shares}


def _share(share: dict[str, Any]) -> str:
    return _("%(missing)s of %(present)s %(stream)s") % {
        "missing": intcomma(share["missing"]),
        "present": intcomma(share["present"]),
        "stream": _stream(share["stream"]),
    }


def _counted(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(
        f"{_stream(stream)} ({intcomma(number)})" for stream, number in counts if number
    )


def _stream(stream: str) -> str:
    return labels.label_for(stream, "stream").lower()


def _listed(texts: Iterable[str]) -> str:
    *others, last = texts
    return (
        _("%(first)s and %(last)s") % {"first": ", ".join(others), "last": last} if others else last
    )
