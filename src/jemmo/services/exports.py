"""Everything synced, as plain objects a line each, by the rights of whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from jemmo.domain.errors import ConfigError
from jemmo.store.models import Organisation, Role
from jemmo.store.selectors import export
from jemmo.vault import Vault

KINDS: dict[str, Callable[[Organisation, export.Reader], Iterator[dict[str, Any]]]] = {
    "jobs": export.jobs,
    "talents": export.talents,
    "applications": export.applications,
    "stages": export.stages,
    "resumes": export.resumes,
}


def rows(
    org: Organisation, kind: str, *, role: Role | None, vault: Vault
) -> Iterator[dict[str, Any]]:
    """The visible records of a kind, oldest first; ``role=None`` is the operator, who sees everything.

    Memory stays flat: rows are read with a server-side cursor.
    """
    if kind not in KINDS:
        raise ConfigError(
            f"{kind!r} cannot be exported.",
            code="export_kind",
            next_step=f"Choose one of: {', '.join(KINDS)}.",
        )
    sees_contacts = role is None or role.sees_contacts
    return KINDS[kind](org, export.Reader(unseal=vault.open if sees_contacts else None))
