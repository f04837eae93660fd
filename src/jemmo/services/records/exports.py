"""Exports synced records as one JSON object per line, limited to the caller's rights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from jemmo.domain.access import Action
from jemmo.domain.entities import EXPORTS, PERSONAL_STREAMS
from jemmo.domain.errors import ConfigError
from jemmo.services.base.access_log import log_access
from jemmo.store.models import AccessEvent, Account, Organisation, Role
from jemmo.store.records import export
from jemmo.vault import Vault

PERSONAL = (*PERSONAL_STREAMS, "resumes")


def rows(
    org: Organisation,
    kind: str,
    *,
    role: Role | None,
    vault: Vault,
    actor: Account | None = None,
    ids: Iterable[UUID] | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield visible records of a kind, or those with these ``ids``, in their order.

    ``role=None``, the operator, sees everything. Memory stays flat: rows are read in chunks. The access log records who
    exported them.
    """
    if kind not in EXPORTS:
        raise ConfigError("export_kind", kind=kind, kinds=", ".join(EXPORTS))
    sees_contacts = role is None or role.sees_contacts
    reader = export.Reader(unseal=vault.open if sees_contacts else None, sees_withheld=role is None)
    if kind in PERSONAL:
        taken = log_access(org, Action.EXPORTED, actor=actor, what=kind, contacts=sees_contacts)
        return _counted(export.exported(kind, org, reader, ids), taken)
    return export.exported(kind, org, reader, ids)


def _counted(rows: Iterator[dict[str, Any]], taken: AccessEvent) -> Iterator[dict[str, Any]]:
    """Yield the rows and log their number at the end, even if the export is interrupted."""
    count = 0
    try:
        for row in rows:
            count += 1
            yield row
    finally:
        AccessEvent.objects.filter(pk=taken.pk).update(detail={**taken.detail, "rows": count})
