"""An error as a page shows it: the catalog's text in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.translation import get_language, gettext

from jemmo.domain import brake
from jemmo.domain.error_catalog import OPERATOR, UNKNOWN, Wording, entry_of, needs_manager, worded
from jemmo.domain.errors import JemmoError
from jemmo.domain.streams import AccessCheck
from jemmo.services.connections.ats_access import AccessTooSmall
from jemmo.services.connections.connections import KnownAccount
from jemmo.store.models import Membership, Role
from jemmo.web.frame.paused_deletions import sentences


@dataclass(frozen=True, kw_only=True)
class Problem:
    """An error for a page. ``checks`` name each right of a key, ``known`` another connection."""

    message: str
    next_step: str
    checks: list[AccessCheck] = field(default_factory=list)
    known: UUID | None = None


def problem(error: JemmoError) -> Problem:
    checks = error.report.checks if isinstance(error, AccessTooSmall) else []
    known = error.known.id if isinstance(error, KnownAccount) else None
    return Problem(**localized_error(error.as_record()), checks=checks, known=known)


def localized_error(
    error: Mapping[str, Any] | None, reader: Membership | None = None
) -> dict[str, str]:
    """An error in the reader's language: ``message`` and ``next_step``, as pages show them.

    A reader who can't take the next step learns who can.
    """
    details = error or {}
    code, variant = str(details.get("code") or ""), str(details.get("variant") or "")
    wording = in_words(code, details.get("facts"), variant)
    message = wording.message
    if details.get("paused"):
        message = sentences(details)
    elif details.get("message") and in_english() and _needs_message(details):
        message = str(details["message"])
    step = _step(code, wording.next_step, variant, reader)
    if details.get("decided"):
        step = gettext(brake.DECISION_TEXTS[details["decided"]])
    return {"message": message, "next_step": step}


def in_words(code: str, facts: Mapping[str, Any] | None = None, variant: str = "") -> Wording:
    """The catalog's text in the reader's language."""
    return worded(
        code, facts, variant, translate=gettext, number=lambda number: str(intcomma(number))
    )


def step_for(code: str, reader: Membership | None) -> str:
    """The next step of a code, or who can take it if the reader can't."""
    return _step(code, in_words(code).next_step, "", reader)


def _needs_message(error: Mapping[str, Any]) -> bool:
    """Whether to use the stored message, because the error has no facts or comes from another version."""
    return "facts" not in error or entry_of(str(error.get("code") or "")) is UNKNOWN


def _step(code: str, step: str, variant: str, reader: Membership | None) -> str:
    if not can_act(code, reader):
        return who_can_act(code)
    return gettext(OPERATOR) if entry_of(code, variant).for_operator else step


def in_english() -> bool:
    """Whether the reader's language is that of the stored messages."""
    return (get_language() or "en").partition("-")[0] == "en"


def can_act(code: str, reader: Membership | None) -> bool:
    """Whether the reader may take the next step. Without a reader, it is an operator."""
    return not reader or Role(reader.role).manages or not needs_manager(code)


def who_can_act(code: str) -> str:
    """The next step for a reader who may not take the error's own next step."""
    decides = code.partition(":")[0] in {brake.CODE, brake.LINKS_CODE}
    return gettext("An owner or admin must decide.") if decides else ask_managers()


def ask_managers() -> str:
    return gettext("Ask an owner or admin of your organization.")
