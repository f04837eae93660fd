"""The role that the application has in the database, apart from the tables' owner."""

from __future__ import annotations

from django.db import connection

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


def is_bound() -> bool:
    """Whether the server holds this process's role to the policies; superusers pass by them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user"
        )
        return bool(cursor.fetchone()[0])


def is_apart() -> bool:
    """Whether this process works as another than the tables' owner."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'talent'::regclass"
        )
        return bool(cursor.fetchone()[0])
