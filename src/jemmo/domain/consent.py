"""Decides whether a person may be contacted. Every read path uses this module."""

from __future__ import annotations

from enum import StrEnum

from jemmo.domain.enums import ConsentState


class Withheld(StrEnum):
    """Why stored contact details are not shown."""

    DO_NOT_CONTACT = "do_not_contact"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_REFUSED = "consent_refused"


class Stance(StrEnum):
    """Contact preferences and consent states that a list can be filtered by."""

    DO_NOT_CONTACT = "do_not_contact"
    NO_EMAILS = "no_emails"
    GIVEN = "given"
    ASKED = "asked"
    EXPIRED = "expired"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


MARKED = (ConsentState.EXPIRED, ConsentState.REFUSED, ConsentState.WITHDRAWN)
"""The states of consent shown next to a name; the others need no warning."""

_BY_CONSENT = {
    ConsentState.WITHDRAWN: Withheld.CONSENT_WITHDRAWN,
    ConsentState.REFUSED: Withheld.CONSENT_REFUSED,
}


def withheld(consent_state: str, *, do_not_contact: bool) -> Withheld | None:
    """Why this person's contact details are not shown; ``None`` if they may be contacted.

    A person's own request outweighs the ATS's value. Expired consent only adds a badge, since it doesn't affect an
    application in progress.
    """
    if do_not_contact:
        return Withheld.DO_NOT_CONTACT
    return _BY_CONSENT.get(ConsentState(consent_state)) if consent_state in _STATES else None


_STATES = frozenset(ConsentState)


def consent_badges(
    consent_state: str, *, do_not_contact: bool, can_email: bool | None
) -> list[Stance]:
    """Return the badges to show next to a name, most important first."""
    stances = [Stance.DO_NOT_CONTACT] if do_not_contact else []
    if consent_state in MARKED:
        stances.append(Stance(consent_state.lower()))
    if can_email is False and not do_not_contact:
        stances.append(Stance.NO_EMAILS)
    return stances
