"""Inviting people, changing what they may do, and letting them go.

An invitation has two links. Only a mailed link proves that its reader owns the address; the link that the sender can
copy makes an account for their organization alone.

Anyone who changes the members of an organization holds its row: of two admins who act at once the second sees what the
first did, so that the last owner cannot go by both going.

An invitation gives no more than its sender may still give, so a removed or demoted member can't come back by their own
invitation.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.signing import BadSignature, Signer
from django.db import transaction

from jemmo.domain import roles
from jemmo.domain.errors import ConfigError
from jemmo.services.accounts.accounts import check_email, prove
from jemmo.services.base.audit import log_audit_event
from jemmo.store.models import Account, Invitation, Membership, Organisation, Role

VALID = timedelta(days=7)
_SIGNER = Signer(sep="~", salt="jemmo.invitation")
_MAILED = Signer(sep="~", salt="jemmo.invitation.mailed")


def link_token(invitation: Invitation) -> str:
    """The content of the link to copy: the invitation's id and a signature."""
    return _SIGNER.sign(invitation.id.hex)


def mailed_token(invitation: Invitation) -> str:
    """The content of the link in the e-mail. It is shown nowhere else: who has it reads that mailbox."""
    return _MAILED.sign(invitation.id.hex)


@transaction.atomic
def invite(actor: Membership, *, email: str, role: str, now: datetime) -> Invitation:
    """Invite someone; raises ``ConfigError``. An invitation that ran out is replaced."""
    org, acting = _hold(actor)
    if not roles.may_give(acting.role, role):
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
    """Withdraw an invitation; one that is used or gone stays so."""
    org, acting = _hold(actor)
    invitation = Invitation.objects.filter(org=org, id=invitation_id).first()
    if invitation is None or invitation.accepted_at or invitation.revoked_at:
        raise ConfigError("changed_meanwhile")
    if not roles.may_touch(acting.role, invitation.role):
        raise ConfigError("not_allowed")
    Invitation.objects.filter(id=invitation.id).update(revoked_at=now)
    log_audit_event(
        org, "member.invitation_withdrawn", actor=acting.account, now=now, email=invitation.email
    )


class Opened(NamedTuple):
    """An invitation by its link, and whether the link ``proves`` the address."""

    invitation: Invitation
    proves: bool

    @property
    def account(self) -> Account | None:
        """The account to sign in with; ``None`` if a new one is made or an unproven one is taken over."""
        return None if self.is_taken_over else self._found

    @property
    def is_taken_over(self) -> bool:
        """Whether someone made an account with this address who did not prove it, and the owner has come now."""
        return bool(self.proves and self._found and not self._found.is_verified)

    def needs_proof(self, account: Account) -> bool:
        """Whether this account must prove its address before it may join."""
        return not account.is_verified and account.confined_to_id != self.invitation.org_id

    @property
    def _found(self) -> Account | None:
        return Account.objects.filter(email=self.invitation.email).first()


def invitation(token: str, *, now: datetime) -> Opened:
    """The open invitation of a link; raises ``ConfigError`` for any other."""
    waiting = Invitation.objects.select_related("org", "invited_by").filter(
        accepted_at=None, revoked_at=None, expires_at__gt=now
    )
    for signer in (_SIGNER, _MAILED):
        with suppress(BadSignature, ValueError):
            candidate = waiting.filter(id=UUID(signer.unsign(token))).first()
            if candidate and _may_still_give(candidate):
                return Opened(candidate, proves=signer is _MAILED)
    raise ConfigError("invitation_gone")


def _may_still_give(invitation: Invitation) -> bool:
    """Whether the inviter is still a member who may give the role; operators always may."""
    inviter = invitation.invited_by
    if inviter is None or not inviter.is_active:
        return False
    place = Membership.objects.effective().filter(account=inviter, org=invitation.org_id).first()
    return inviter.is_staff or (place is not None and roles.may_give(place.role, invitation.role))


@transaction.atomic
def accept(token: str, *, account: Account, now: datetime) -> Membership:
    """Join as who is signed in; raises ``ConfigError``. A link works once."""
    opened = _claim(token, now)
    invitation = opened.invitation
    if account.email != invitation.email:
        raise ConfigError("other_account")
    if opened.needs_proof(account):
        raise ConfigError("unproved_address")
    return _join(invitation, account, now)


@transaction.atomic
def accept_as_new(token: str, *, name: str, password: str, now: datetime) -> Membership:
    """Make the account and join; raises ``ConfigError``, and ``ValidationError`` for a weak password."""
    opened = _claim(token, now)
    invitation = opened.invitation
    if opened.account is not None:
        raise ConfigError("other_account")
    account = Account.objects.filter(email=invitation.email).first() or Account(
        email=invitation.email, confined_to=invitation.org
    )
    account.name = name.strip()[:200]
    validate_password(password, account)
    account.set_password(password)
    account.save()
    if opened.proves:
        prove(account, password)
    return _join(invitation, account, now)


def _claim(token: str, now: datetime) -> Opened:
    """Mark it as used: of two who try at once, one gets it, and none while who invited is being removed."""
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
    """Give a member another role, if it is still what the actor saw; raises ``ConfigError``."""
    org, acting = _hold(actor)
    target = _member(org, membership_id)
    if target.role != was:
        raise ConfigError("changed_meanwhile")
    if not (roles.may_touch(acting.role, target.role) and roles.may_give(acting.role, role)):
        raise ConfigError("not_allowed")
    if target.role == Role.OWNER and role != Role.OWNER:
        _keep_an_owner(org, target)
    target.role = role
    target.save(update_fields=["role"])
    _withdraw_given(target, role, by=acting, now=now)
    log_audit_event(
        org,
        "member.role_changed",
        actor=acting.account,
        now=now,
        subject=("account", target.account_id),
        email=target.account.email,
        before=was,
        role=role,
    )
    return target


RIGHTS = ("confidential", "notes")
"""Access that members get individually: confidential jobs and private talents, and notes."""


@transaction.atomic
def give_right(
    actor: Membership, membership_id: int, right: str, *, sees: bool, now: datetime
) -> None:
    """Give a member one of ``RIGHTS``, or take it; raises ``ConfigError``.

    Owners have them by their role. Admins may give them to anyone, themselves included: the audit log records who did.
    """
    org, acting = _hold(actor)
    target = _member(org, membership_id)
    may = acting.role in roles.MANAGERS and roles.may_touch(acting.role, target.role)
    if not may or getattr(Role(target.role), f"sees_{right}"):
        raise ConfigError("not_allowed")
    if getattr(target, right) is sees:
        return
    setattr(target, right, sees)
    target.save(update_fields=[right])
    log_audit_event(
        org,
        f"member.{right}_{'given' if sees else 'taken'}",
        actor=acting.account,
        now=now,
        subject=("account", target.account_id),
        email=target.account.email,
    )


@transaction.atomic
def remove(actor: Membership, membership_id: int, *, now: datetime) -> Membership:
    """Take a member out, or leave oneself; raises ``ConfigError``. The account stays."""
    org, acting = _hold(actor)
    target = _member(org, membership_id)
    leaving = target.id == acting.id
    if not leaving and not roles.may_touch(acting.role, target.role):
        raise ConfigError("not_allowed")
    _keep_an_owner(org, target)
    _withdraw_given(target, None, by=acting, now=now)
    target.delete()
    log_audit_event(
        org,
        "member.left" if leaving else "member.removed",
        actor=acting.account,
        now=now,
        subject=("account", target.account_id),
        email=target.account.email,
    )
    return target


def _withdraw_given(
    inviter: Membership, role: str | None, *, by: Membership, now: datetime
) -> None:
    """Withdraw the open invitations that a person gave and can no longer give; without a role: all."""
    waiting = Invitation.objects.filter(
        org=inviter.org_id, invited_by=inviter.account_id, accepted_at=None, revoked_at=None
    )
    for invitation in waiting:
        if role is None or not roles.may_give(role, invitation.role):
            Invitation.objects.filter(id=invitation.id).update(revoked_at=now)
            log_audit_event(
                by.org,
                "member.invitation_withdrawn",
                actor=by.account,
                now=now,
                email=invitation.email,
            )


def _hold(actor: Membership) -> tuple[Organisation, Membership]:
    """The organization, held until the end of the transaction, and what the actor is in it by now."""
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


def _keep_an_owner(org: Organisation, going: Membership) -> None:
    others = Membership.objects.effective().filter(org=org, role=Role.OWNER).exclude(id=going.id)
    if going.role == Role.OWNER and not others.exists():
        raise ConfigError("last_owner")
