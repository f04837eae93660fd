"""Who belongs where."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from jemmo.domain.roles import ROLES
from jemmo.store.models import Account, AuditEvent, Invitation, Membership, Organisation


def memberships(account: Account) -> list[Membership]:
    """Where a person belongs and may work by now, in the order in which they joined."""
    found = Membership.objects.effective().filter(account_id=account.pk)
    listed = list(found.select_related("org").order_by("id"))
    for one in listed:
        one.account = account
    return listed


def current(found: list[Membership], org_id: str | None) -> Membership | None:
    """The membership a person works in: the organisation chosen, else their first."""
    chosen = [one for one in found if str(one.org_id) == org_id]
    return next(iter(chosen or found), None)


AUDIT_SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class MembersPage:
    """Everybody of an organisation; what managers see besides is empty for others."""

    members: list[Membership]
    invitations: list[Invitation]
    events: list[AuditEvent]


def page(org: Organisation, *, manages: bool) -> MembersPage:
    found = Membership.objects.filter(org=org).select_related("account")
    waiting = Invitation.objects.filter(org=org, accepted_at=None, revoked_at=None)
    events = AuditEvent.objects.filter(org=org).select_related("actor").order_by("-at", "-id")
    return MembersPage(
        members=sorted(found, key=lambda one: (ROLES.index(one.role), one.account.email)),
        invitations=list(waiting.order_by("-created_at")) if manages else [],
        events=list(events[:AUDIT_SHOWN]) if manages else [],
    )


def one(org: Organisation, membership_id: int) -> Membership | None:
    """A member of this organisation, or ``None``."""
    return (
        Membership.objects.filter(org=org, id=membership_id)
        .select_related("account", "org")
        .first()
    )


def invited(org: Organisation, invitation_id: UUID) -> bool:
    return Invitation.objects.filter(org=org, id=invitation_id).exists()
