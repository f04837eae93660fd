from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.models.signals import post_migrate
from psycopg import sql


class StoreConfig(AppConfig):
    name = "jemmo.store"
    label = "store"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(_protect, sender=self, dispatch_uid="jemmo_policies")


def _protect(*, using: str, plan: Any = (), **_: object) -> None:
    """Apply policies and triggers to every table, whatever state the migrations left."""
    from jemmo.store.db import guard, schema  # noqa: PLC0415 - models are ready only now
    from jemmo.store.feed import triggers  # noqa: PLC0415 - as above
    from jemmo.store.outgoing import events  # noqa: PLC0415 - as above

    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(schema.SET_SEARCH_PATH, schema.search_path_params())
        for statement in (*triggers.statements(), *events.statements()):
            cursor.execute(sql.SQL(statement))
        guard.apply(cursor)  # last, since it also revokes the rights of other roles to functions
