"""Marks people as not to be contacted. The mark belongs to Jemmo, and no sync changes it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from jemmo.domain.access import Action
from jemmo.domain.errors import ConfigError
from jemmo.services.base import access_log
from jemmo.services.base.audit import log_audit_event
from jemmo.store.models import Membership, Role, Talent

MAX_REASON = 500  # characters of a reason


def set_do_not_contact(actor: Membership, talent_id: UUID, *, reason: str, now: datetime) -> bool:
    """Hide this person's contact details from everyone. ``False`` if already hidden. Raises ``ConfigError``.

    The reason is shown instead. It is stored with the person's record and deleted with it.
    """
    reason = reason.replace("\x00", "").strip()[:MAX_REASON]
    if not reason:
        raise ConfigError("contact_reason_missing")
    with transaction.atomic():
        talent = _held(actor, talent_id)
        if talent.do_not_contact_at is not None:
            return False
        _set(talent, at=now, reason=reason, by=actor.account_id)
        _noted(actor, Action.NOT_TO_CONTACT, "talent.not_to_contact", talent_id, now)
    return True


def clear_do_not_contact(actor: Membership, talent_id: UUID, *, now: datetime) -> bool:
    """Allow contact again. ``False`` if it was already allowed."""
    with transaction.atomic():
        talent = _held(actor, talent_id)
        if talent.do_not_contact_at is None:
            return False
        _set(talent, at=None, reason=None, by=None)
        _noted(actor, Action.CONTACT_AGAIN, "talent.contact_again", talent_id, now)
    return True


def _held(actor: Membership, talent_id: UUID) -> Talent:
    if not Role(actor.role).sees_contacts:
        raise ConfigError("not_allowed")
    talent = Talent.objects.select_for_update().filter(org=actor.org, id=talent_id).first()
    if talent is None:
        raise ConfigError("changed_meanwhile")
    return talent


def _set(talent: Talent, *, at: datetime | None, reason: str | None, by: UUID | None) -> None:
    Talent.objects.filter(id=talent.id).update(
        do_not_contact_at=at, do_not_contact_reason=reason, do_not_contact_by=by
    )


def _noted(actor: Membership, action: Action, audited: str, talent_id: UUID, now: datetime) -> None:
    access_log.log_access(actor.org, action, actor=actor.account, talent=talent_id)
    log_audit_event(actor.org, audited, actor=actor.account, now=now, subject=("talent", talent_id))
