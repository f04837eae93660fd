"""Memberships."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from jemmo.domain.roles import ROLES
from jemmo.store.models import Account, AuditEvent, Invitation, Membership, Organisation


def memberships(account: Account) -> list[Membership]:
    """A person's effective memberships, in the order in which they joined."""
    rows = Membership.objects.effective().filter(account_id=account.pk)
    listed = list(rows.select_related("org").order_by("id"))
    for membership in listed:
        membership.account = account
    return listed


def current(candidates: list[Membership], org_id: str | None) -> Membership | None:
    """The membership a person currently works in: the chosen organization, else the first."""
    chosen = [membership for membership in candidates if str(membership.org_id) == org_id]
    return next(iter(chosen or candidates), None)


AUDIT_SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class MembersPage:
    """All members of an organization. Fields that only managers may see are empty for others."""

    members: list[Membership]
    invitations: list[Invitation]
    events: list[AuditEvent]


def members_page(org: Organisation, *, manages: bool) -> MembersPage:
    members = Membership.objects.filter(org=org).select_related("account")
    waiting = Invitation.objects.filter(org=org, accepted_at=None, revoked_at=None)
    events = AuditEvent.objects.filter(org=org).select_related("actor").order_by("-at", "-id")
    return MembersPage(
        members=sorted(
            members, key=lambda member: (ROLES.index(member.role), member.account.email)
        ),
        invitations=list(waiting.order_by("-created_at")) if manages else [],
        events=list(events[:AUDIT_SHOWN]) if manages else [],
    )


def find_membership(org: Organisation, membership_id: int) -> Membership | None:
    """A member of this organization, or ``None``."""
    return (
        Membership.objects.filter(org=org, id=membership_id)
        .select_related("account", "org")
        .first()
    )


def invited(org: Organisation, invitation_id: UUID) -> bool:
    return Invitation.objects.filter(org=org, id=invitation_id).exists()
