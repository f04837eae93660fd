"""Reads and saves how long an organization keeps people."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction
from msgspec.structs import replace

from jemmo.domain.retention import Retention
from jemmo.domain.stored_values import struct_of
from jemmo.services.base.fingerprints import fingerprint
from jemmo.store.models import Organisation


def retention_policy_of(org: Organisation) -> Retention:
    return struct_of(org.privacy, Retention)


def retention_fingerprint(org: Organisation) -> str:
    return fingerprint(replace(retention_policy_of(org), agreed=0, held=0, held_of=0))


def update_retention_policy(org: Organisation, **values: Any) -> Retention:
    """Save these values and keep the others. If two people save at the same time, both changes count."""
    with transaction.atomic():
        held = Organisation.objects.select_for_update().get(id=org.id)
        policy = replace(retention_policy_of(held), **values)
        held.privacy = msgspec.to_builtins(policy)
        held.save(update_fields=["privacy"])
    org.privacy = held.privacy
    return policy
