"""Erases people by the organization's retention rules, after a preview, in small steps and with a brake."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from msgspec import Struct

from jemmo.domain.errors import ConfigError
from jemmo.domain.notices import Kind
from jemmo.domain.retention import Cause, Counts, Retention, Rule, allowance, is_unusual, lift_of
from jemmo.files.storage import Storage
from jemmo.services.base import costly, retention_policy
from jemmo.services.base.audit import log_audit_event
from jemmo.services.base.tasks import enqueue
from jemmo.services.notifications.alerts import notify
from jemmo.services.privacy import erasure
from jemmo.store.db import scope
from jemmo.store.models import Account, Organisation, Talent
from jemmo.store.privacy import retention as store
from jemmo.vault import Vault

STEP = 100  # people per transaction
SHOWN = 20  # people named in a preview


class Named(Struct, frozen=True):
    """A person who would be erased."""

    talent: Talent
    rule: Rule
    at: datetime


class Preview(Struct, frozen=True, kw_only=True):
    """What the rules would erase now. ``total`` is the number of all stored people.

    ``deleted`` counts people deleted in the ATS whose time to undo that would be over. They are not among ``people``.
    """

    people: int
    deleted: int
    total: int
    oldest: datetime | None
    tallies: list[store.Tally]
    first: list[Named]

    @property
    def unusual(self) -> bool:
        return is_unusual(self.people, self.total)


def preview(org: Organisation, rules: Retention, *, now: datetime | None = None) -> Preview:
    """Preview the rules. The numbers include all people, but only those whom the reader may see are named.

    Raises ``Crowded``.
    """
    now = now or datetime.now(UTC)
    with costly.places().place(org.id):
        with scope.acting_in(scope.organization_scope(org.id)):
            tallies = store.tallies(org.id, rules, now=now)
            total = _total(org)
            deleted = store.deleted_talents(org.id, rules, now=now).count()
        listed = store.overdue_talents(org.id, rules, now=now, most=SHOWN) if tallies else []
    people = Talent.objects.in_bulk([row.talent for row in listed])
    return Preview(
        people=sum(tally.people for tally in tallies),
        deleted=deleted,
        total=total,
        oldest=min((tally.oldest for tally in tallies), default=None),
        tallies=tallies,
        first=[
            Named(people[row.talent], row.rule, row.at) for row in listed if row.talent in people
        ],
    )


def change(
    org: Organisation,
    rules: dict[str, Any],
    *,
    seen: str,
    agreed: int,
    actor: Account | None,
    now: datetime | None = None,
) -> Retention:
    """Save the rules. ``agreed`` is the number of people that the preview announced for erasure.

    Raises ``ConfigError`` if someone else has changed them in the meantime, or if the organization is being deleted.
    """
    now = now or datetime.now(UTC)
    with transaction.atomic():
        held = _locked(org)
        if retention_policy.retention_fingerprint(held) != seen:
            raise ConfigError("changed_meanwhile")
        saved = retention_policy.update_retention_policy(
            org, **rules, agreed=agreed, held=0, held_of=0
        )
        changes = {name: str(value) for name, value in rules.items()}
        log_audit_event(org, "retention.changed", actor=actor, now=now, rules=changes)
    return saved


def release(org: Organisation, people: int, *, actor: Account | None) -> Retention:
    """Agree to erase as many held-back people as the page showed.

    Raises ``ConfigError`` if the number has changed, or if the organization is being deleted.
    """
    with transaction.atomic():
        held = _locked(org)
        if retention_policy.retention_policy_of(held).held != people or not people:
            raise ConfigError("changed_meanwhile")
        saved = retention_policy.update_retention_policy(org, agreed=people, held=0, held_of=0)
        log_audit_event(
            org, "retention.released", actor=actor, now=datetime.now(UTC), people=people
        )
    queue(org.id)
    return saved


def begin() -> int:
    """Queue a step for every organization with rules. Return their number."""
    count = 0
    for org in Organisation.objects.exclude(privacy={}).filter(deleted_at=None):
        if retention_policy.retention_policy_of(org).erases:
            queue(org.id)
            count += 1
    return count


def step(org_id: UUID, *, vault: Vault, storage: Storage, now: datetime | None = None) -> bool:
    """Erase a few people by the rules and return whether there are more.

    An unusually large number is held back. If an admin agreed to a part of them, that part is erased, starting with
    those inactive the longest.
    """
    now = now or datetime.now(UTC)
    org = Organisation.objects.filter(id=org_id, deleted_at=None).first()
    if org is None:
        return False
    rules = retention_policy.retention_policy_of(org)
    if not rules.erases:
        return False
    due = sum(tally.people for tally in store.tallies(org.id, rules, now=now))
    total = _total(org)
    allowed = allowance(due, total, rules.agreed)
    if due and not allowed:
        with transaction.atomic():
            retention_policy.update_retention_policy(org, held=due, held_of=total)
            if not rules.held:  # once, not every night
                notify(org, Kind.RETENTION_HELD, people=due, of=total)
        return False
    by_lift: dict[Any, list[UUID]] = {}
    for row in store.overdue_talents(org.id, rules, now=now, most=min(STEP, allowed)):
        by_lift.setdefault(lift_of(row.rule, Counts(rules.counts)), []).append(row.talent)
    for lift, talents in by_lift.items():
        erasure.erase(org, talents, vault=vault, storage=storage, cause=Cause.RETENTION, lift=lift)
    gone = sum(len(talents) for talents in by_lift.values())
    if rules.agreed or rules.held:
        _use_agreement(org, gone, done=gone >= due)
    return gone < due


def _use_agreement(org: Organisation, gone: int, *, done: bool) -> None:
    """Subtract the people erased from what was agreed. What is left after the last step covers nobody else."""
    with transaction.atomic():
        held = Organisation.objects.select_for_update().get(id=org.id)
        agreed = retention_policy.retention_policy_of(held).agreed
        retention_policy.update_retention_policy(
            org, agreed=0 if done else max(0, agreed - gone), held=0, held_of=0
        )


def queue(org_id: UUID) -> None:
    """Queue the next step in the background, unless one is queued already."""
    lock = f"retention:{org_id}"
    enqueue("apply_retention", queue="files", lock=lock, org_id=str(org_id))


def _locked(org: Organisation) -> Organisation:
    held = Organisation.objects.select_for_update().get(id=org.id)
    if held.deleted_at:  # nothing is erased until then
        raise ConfigError("paused", variant="leaving")
    return held


def _total(org: Organisation) -> int:
    return Talent.objects.filter(org=org, remote_deleted_at=None, anonymised_at=None).count()
