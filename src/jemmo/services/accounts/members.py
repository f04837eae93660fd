"""Inviting people, changing their rights, and removing them.

An invitation has two links. Only the mailed link proves that whoever opens it owns the address. The link that the
sender can copy creates an account for their organization only.

Every change to an organization's members locks the organization's row. If two admins act at once, the second sees the
first one's change, so an organization can't lose its last two owners at the same time.

An invitation grants no more than its sender may still grant, so a removed or demoted member can't come back through
their own invitation.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.signing import BadSignature, Signer
from django.db import transaction

from jemmo.domain import roles
from jemmo.domain.errors import ConfigError
from jemmo.domain.validation import one_line
from jemmo.services.accounts.accounts import add_member, check_email, prove
from jemmo.services.base.audit import log_audit_event
from jemmo.store.models import Account, Invitation, Membership, Organisation, Role

VALID = timedelta(days=7)
_SIGNER = Signer(sep="~", salt="jemmo.invitation")
_MAILED = Signer(sep="~", salt="jemmo.invitation.mailed")


def link_token(invitation: Invitation) -> str:
    """Return the token of the link to copy: the invitation's id and a signature."""
    return _SIGNER.sign(invitation.id.hex)


def mailed_token(invitation: Invitation) -> str:
    """Return the token of the mailed link. It is shown nowhere else, so whoever has it can read that mailbox."""
    return _MAILED.sign(invitation.id.hex)


@transaction.atomic
def invite(actor: Membership, *, email: str, role: str, now: datetime) -> Invitation:
    """Invite someone, replacing an expired invitation. Raises ``ConfigError``."""
    org, acting = _hold(actor)
    if not roles.may_assign(acting.role, role):
        raise ConfigError("not_allowed")
    email = check_email(email)
    if Membership.objects.filter(org=org, account__email=email).exists():
        raise ConfigError("already_member")
    waiting = Invitation.objects.filter(org=org, email=email, accepted_at=None, revoked_at=None)
    waiting.filter(expires_at__lte=now).update(revoked_at=now)
    if waiting.exists():
        raise ConfigError("already_invited")
    made = Invitation.objects.create(
        org=org,
        email=email,
        role=role,
        invited_by=acting.account,
        created_at=now,
        expires_at=now + VALID,
    )
    log_audit_event(org, "member.invited", actor=acting.account, now=now, email=email, role=role)
    return made


@transaction.atomic
def revoke(actor: Membership, invitation_id: UUID, *, now: datetime) -> None:
    """Withdraw an invitation, unless it was already used or withdrawn."""
    org, acting = _hold(actor)
    invitation = Invitation.objects.filter(org=org, id=invitation_id).first()
    if invitation is None or invitation.accepted_at or invitation.revoked_at:
        raise ConfigError("changed_meanwhile")
    if not roles.may_change(acting.role, invitation.role):
        raise ConfigError("not_allowed")
    Invitation.objects.filter(id=invitation.id).update(revoked_at=now)
    log_audit_event(
        org, "member.invitation_withdrawn", actor=acting.account, now=now, email=invitation.email
    )


class Opened(NamedTuple):
    """An opened invitation, and whether its link ``proves`` the address."""

    invitation: Invitation
    proves: bool

    @property
    def account(self) -> Account | None:
        """The account to sign in with; ``None`` if a new one is created or an unproved one is taken over."""
        return None if self.is_taken_over else self._found

    @property
    def is_taken_over(self) -> bool:
        """Whether the address's real owner takes over an unproved account with this address."""
        return bool(self.proves and self._found and not self._found.is_verified)

    def needs_proof(self, account: Account) -> bool:
        """Whether this account must prove its address before it may join."""
        return not account.is_verified and account.confined_to_id != self.invitation.org_id

    @property
    def _found(self) -> Account | None:
        return Account.objects.filter(email=self.invitation.email).first()


def invitation(token: str, *, now: datetime) -> Opened:
    """Return the open invitation of a link. Raises ``ConfigError`` for any other link."""
    waiting = Invitation.objects.select_related("org", "invited_by").filter(
        accepted_at=None, revoked_at=None, expires_at__gt=now
    )
    for signer in (_SIGNER, _MAILED):
        with suppress(BadSignature, ValueError):
            candidate = waiting.filter(id=UUID(signer.unsign(token))).first()
            if candidate and _may_still_assign(candidate):
                return Opened(candidate, proves=signer is _MAILED)
    raise ConfigError("invitation_gone")


def _may_still_assign(invitation: Invitation) -> bool:
    """Whether the inviter is still a member who may grant this role. Operators always may."""
    inviter = invitation.invited_by
    if inviter is None or not inviter.is_active:
        return False
    place = Membership.objects.effective().filter(account=inviter, org=invitation.org_id).first()
    return inviter.is_staff or (place is not None and roles.may_assign(place.role, invitation.role))


@transaction.atomic
def accept(token: str, *, account: Account, now: datetime) -> Membership:
    """Join as the signed-in account. A link works once. Raises ``ConfigError``."""
    opened = _claim(token, now)
    invitation = opened.invitation
    if account.email != invitation.email:
        raise ConfigError("other_account")
    if opened.needs_proof(account):
        raise ConfigError("unproved_address")
    return _join(invitation, account, now)


@transaction.atomic
def accept_as_new(token: str, *, name: str, password: str, now: datetime) -> Membership:
    """Create the account and join. Raises ``ConfigError``, and ``ValidationError`` for a weak password."""
    opened = _claim(token, now)
    invitation = opened.invitation
    if opened.account is not None:
        raise ConfigError("other_account")
    account = Account.objects.filter(email=invitation.email).first() or Account(
        email=invitation.email, confined_to=invitation.org
    )
    account.name = one_line(name)[:200]
    validate_password(password, account)
    account.set_password(password)
    account.save()
    if opened.proves:
        prove(account, password)
    return _join(invitation, account, now)


def _claim(token: str, now: datetime) -> Opened:
    """Mark the invitation as used. Of two simultaneous attempts, only one succeeds."""
    Organisation.objects.select_for_update().get(id=invitation(token, now=now).invitation.org_id)
    opened = invitation(token, now=now)
    open_still = Invitation.objects.filter(
        id=opened.invitation.id, accepted_at=None, revoked_at=None
    )
    if not open_still.update(accepted_at=now):
        raise ConfigError("invitation_gone")
    return opened


def _join(invitation: Invitation, account: Account, now: datetime) -> Membership:
    joined, _ = Membership.objects.get_or_create(
        account=account, org=invitation.org, defaults={"role": invitation.role}
    )
    log_audit_event(
        invitation.org,
        "member.joined",
        actor=account,
        now=now,
        subject=("account", account.id),
        role=joined.role,
    )
    return joined


@transaction.atomic
def change_role(
    actor: Membership, membership_id: int, *, role: str, was: str, now: datetime
) -> Membership:
    """Change a member's role if it is still the one the actor saw. Raises ``ConfigError``."""
    org, acting = _hold(actor)
    target = _member(org, membership_id)
    if target.role != was:
        raise ConfigError("changed_meanwhile")
    if not (roles.may_change(acting.role, target.role) and roles.may_assign(acting.role, role)):
        raise ConfigError("not_allowed")
    if target.role == Role.OWNER and role != Role.OWNER:
        _keep_an_owner(org, target)
    target.role = role
    target.save(update_fields=["role"])
    _withdraw_invitations(target, role, by=acting, now=now)
    _log("member.role_changed", target, by=acting, now=now, before=was, role=role)
    return target


RIGHTS = ("confidential", "notes")
"""Rights granted to individual members: confidential jobs and private talents, and notes."""


@transaction.atomic
def add_by_operator(
    org: Organisation, email: str, role: str, password: str | None, *, now: datetime, **options: Any
) -> Account:
    """Call ``accounts.add_member`` with these options, and log what changed as done by the operator."""
    before = Membership.objects.filter(org=org, account__email=check_email(email)).first()
    account = add_member(org, email, role, password, **options)
    member = Membership.objects.get(org=org, account=account)
    changes: list[tuple[str, dict[str, str]]] = []
    if before is None:
        changes.append(("member.added", {"role": role}))
    elif before.role != role:
        changes.append(("member.role_changed", {"before": before.role, "role": role}))
    for right in RIGHTS:
        had, has = before is not None and getattr(before, right), getattr(member, right)
        if had != has:
            changes.append((f"member.{right}_{'given' if has else 'taken'}", {}))
    for action, detail in changes:
        subject = ("account", account.id)
        log_audit_event(
            org, action, actor=None, now=now, subject=subject, email=account.email, **detail
        )
    return account


@transaction.atomic
def give_right(
    actor: Membership, membership_id: int, right: str, *, sees: bool, now: datetime
) -> None:
    """Grant or revoke one of ``RIGHTS``. Raises ``ConfigError``.

    Owners have all rights by their role. Admins may grant them to anyone, including themselves; the audit log records
    it.
    """
    org, acting = _hold(actor)
    target = _member(org, membership_id)
    may = acting.role in roles.MANAGERS and roles.may_change(acting.role, target.role)
    if not may or getattr(Role(target.role), f"sees_{right}"):
        raise ConfigError("not_allowed")
    if getattr(target, right) is sees:
        return
    setattr(target, right, sees)
    target.save(update_fields=[right])
    _log(f"member.{right}_{'given' if sees else 'taken'}", target, by=acting, now=now)


@transaction.atomic
def remove(actor: Membership, membership_id: int, *, now: datetime) -> Membership:
    """Remove a member, or leave. The account stays. Raises ``ConfigError``."""
    org, acting = _hold(actor)
    target = _member(org, membership_id)
    leaving = target.id == acting.id
    if not leaving and not roles.may_change(acting.role, target.role):
        raise ConfigError("not_allowed")
    _keep_an_owner(org, target)
    _withdraw_invitations(target, None, by=acting, now=now)
    target.delete()
    _log("member.left" if leaving else "member.removed", target, by=acting, now=now)
    return target


def _log(
    action: str, target: Membership, *, by: Membership, now: datetime, **detail: object
) -> None:
    log_audit_event(
        by.org,
        action,
        actor=by.account,
        now=now,
        subject=("account", target.account_id),
        email=target.account.email,
        **detail,
    )


def _withdraw_invitations(
    inviter: Membership, role: str | None, *, by: Membership, now: datetime
) -> None:
    """Withdraw a person's open invitations that their new ``role`` may not grant, or all of them without a role."""
    waiting = Invitation.objects.filter(
        org=inviter.org_id, invited_by=inviter.account_id, accepted_at=None, revoked_at=None
    )
    for invitation in waiting:
        if role is None or not roles.may_assign(role, invitation.role):
            Invitation.objects.filter(id=invitation.id).update(revoked_at=now)
            log_audit_event(
                by.org,
                "member.invitation_withdrawn",
                actor=by.account,
                now=now,
                email=invitation.email,
            )


def _hold(actor: Membership) -> tuple[Organisation, Membership]:
    """Lock the organization until the end of the transaction. Return it with the actor's current membership."""
    org = Organisation.objects.select_for_update().get(id=actor.org_id)
    acting = Membership.objects.select_related("account").filter(id=actor.id).first()
    if acting is None:
        raise ConfigError("not_allowed")
    return org, acting


def _member(org: Organisation, membership_id: int) -> Membership:
    membership = (
        Membership.objects.select_related("account").filter(org=org, id=membership_id).first()
    )
    if membership is None:
        raise ConfigError("changed_meanwhile")
    return membership


def _keep_an_owner(org: Organisation, leaving: Membership) -> None:
    """Raise ``ConfigError`` if this member is the last owner."""
    others = Membership.objects.effective().filter(org=org, role=Role.OWNER).exclude(id=leaving.id)
    if leaving.role == Role.OWNER and not others.exists():
        raise ConfigError("last_owner")
