"""An error as a page tells it: in the reader's language, with what was found this time as evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import get_language, gettext

from jemmo.domain import brake
from jemmo.domain.error_catalog import UNKNOWN, error_entry, needs_manager
from jemmo.domain.errors import JemmoError
from jemmo.domain.streams import AccessCheck
from jemmo.services.connections.ats_access import AccessTooSmall
from jemmo.services.connections.connections import KnownAccount
from jemmo.store.models import Membership, Role
from jemmo.web.frame.paused_deletions import sentences


@dataclass(frozen=True, kw_only=True)
class Problem:
    """``evidence`` is the error's own sentence; ``checks`` name each right of a key, ``known`` another connection."""

    means: str
    next_step: str
    evidence: str
    checks: list[AccessCheck] = field(default_factory=list)
    known: UUID | None = None


def problem(error: JemmoError) -> Problem:
    wording = localized_error(error.as_dict())
    checks = error.report.checks if isinstance(error, AccessTooSmall) else []
    known = error.known.id if isinstance(error, KnownAccount) else None
    return Problem(
        means=wording["means"],
        next_step=wording["next_step"],
        evidence=wording["evidence"],
        checks=checks,
        known=known,
    )


def localized_error(error: dict[str, Any], reader: Membership | None = None) -> dict[str, str]:
    """An error of a report, of which pages show ``means``, ``next_step`` and ``evidence``.

    What is not in the catalogue is told in its own words. A ``reader`` who may not do what helps is told who may.
    """
    wording = _localize(error)
    if error.get("decided"):
        wording["next_step"] = gettext(brake.DECISION_TEXTS[error["decided"]])
    elif not can_act(str(error.get("code") or ""), reader):
        wording["next_step"] = who_can_act(str(error.get("code") or ""))
    return wording


def localized_summary(
    error: dict[str, Any] | None, reader: Membership | None = None
) -> dict[str, str]:
    """An error where there is room for one sentence: ``means`` and ``next_step``.

    In English it is the error's own sentence, which says more. Others read what its code means, in their language.
    """
    if not in_english() or not error or error.get("paused") or not error.get("message"):
        return localized_error(error or {}, reader)
    return {"means": str(error["message"]), "next_step": step_for(error, reader)}


def in_english() -> bool:
    """Whether the reader's language is that of errors' own sentences."""
    return (get_language() or "en").partition("-")[0] == "en"


def step_for(error: dict[str, Any] | None, reader: Membership | None) -> str:
    """The error's own next step, or who can do it where the reader cannot."""
    details = error or {}
    if can_act(str(details.get("code") or ""), reader):
        return str(details.get("next_step") or "")
    return who_can_act(str(details.get("code") or ""))


def can_act(code: str, reader: Membership | None) -> bool:
    """Whether the reader may do what the error asks for; without one, it is an operator."""
    return not reader or Role(reader.role).manages or not needs_manager(code)


def who_can_act(code: str) -> str:
    """What to tell a reader who may not do what the error asks for."""
    return gettext("An owner or admin decides.") if code == brake.CODE else ask_managers()


def ask_managers() -> str:
    return gettext("Ask an owner or admin of your organization.")


def _localize(error: dict[str, Any]) -> dict[str, str]:
    message, step = str(error.get("message") or ""), str(error.get("next_step") or "")
    entry = error_entry(str(error.get("code") or ""))
    if entry is UNKNOWN and in_english():
        return {"means": message or gettext(entry.means), "next_step": step, "evidence": ""}
    if error.get("paused"):
        means = message = sentences(error)
    else:
        means = gettext(entry.means)
    return {
        "means": means,
        "next_step": gettext(entry.next_step),
        "evidence": "" if message == means else message,
    }
