"""The application's own role in the database, distinct from the tables' owner."""

from __future__ import annotations

from jemmo.services.base.lookups import secret_context
from jemmo.store.db import roles
from jemmo.store.db.roles import NAME, Access
from jemmo.vault import default_vault


def access(url: str) -> Access:
    """How the application reaches the database of ``url``; its role is made at the first start."""
    vault, context = default_vault(), secret_context(NAME)
    return roles.access(
        url,
        seal=lambda plain: vault.seal(plain, context),
        open_sealed=lambda sealed: vault.open(sealed, context),
    )
