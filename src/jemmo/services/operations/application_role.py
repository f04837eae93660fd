"""The application's own database role, distinct from the tables' owner."""

from __future__ import annotations

from jemmo.services.base.lookups import secret_context
from jemmo.store.db import roles
from jemmo.store.db.roles import NAME, Access
from jemmo.vault import default_vault


def access(url: str) -> Access:
    """Return how the application reaches the database of ``url``. Its role is created at the first start."""
    vault, context = default_vault(), secret_context(NAME)
    return roles.access(
        url,
        seal=lambda plain: vault.seal(plain, context),
        open_sealed=lambda sealed: vault.open(sealed, context),
    )
