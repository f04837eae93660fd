"""An error as a page tells it: in the reader's language, with what was found this time as evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext

from jemmo.domain.errors import JemmoError
from jemmo.domain.streams import AccessCheck
from jemmo.domain.troubles import UNKNOWN, trouble
from jemmo.services.access import AccessTooSmall
from jemmo.services.connections import KnownAccount


@dataclass(frozen=True, kw_only=True)
class Problem:
    """``evidence`` is the error's own sentence; ``checks`` name each right of a key, ``known`` another connection."""

    means: str
    next_step: str
    evidence: str
    checks: list[AccessCheck] = field(default_factory=list)
    known: UUID | None = None


def problem(error: JemmoError) -> Problem:
    told = said(error.as_dict())
    checks = error.report.checks if isinstance(error, AccessTooSmall) else []
    known = error.known.id if isinstance(error, KnownAccount) else None
    return Problem(
        means=told["means"],
        next_step=told["next_step"],
        evidence=told["evidence"],
        checks=checks,
        known=known,
    )


def said(error: dict[str, Any]) -> dict[str, str]:
    """An error of a report, of which pages show ``means``, ``next_step`` and ``evidence``.

    What is not in the catalogue is told in its own words.
    """
    message, step = str(error.get("message") or ""), str(error.get("next_step") or "")
    found = trouble(str(error.get("code") or ""))
    if found is UNKNOWN:
        return {"means": message or gettext(found.means), "next_step": step, "evidence": ""}
    means = gettext(found.means)
    return {
        "means": means,
        "next_step": gettext(found.next_step),
        "evidence": "" if message == means else message,
    }
