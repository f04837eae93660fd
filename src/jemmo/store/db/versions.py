"""Whether the tables are those that this Jemmo knows."""

from __future__ import annotations

from functools import cache
from pkgutil import iter_modules

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from jemmo.domain.errors import ConfigError
from jemmo.store import migrations

APP = "store"


def refuse_newer_tables(connection: BaseDatabaseWrapper) -> None:
    """Raises ``ConfigError`` where a newer Jemmo has changed the tables: what this one writes may harm them.

    Migrations are compared by number: of older ones, some may have been merged and are no longer known by name.
    """
    applied = MigrationRecorder(connection).applied_migrations()
    if any(app == APP and _number(name) > _newest() for app, name in applied):
        raise ConfigError("tables_newer")


@cache
def _newest() -> int:
    return max(_number(module.name) for module in iter_modules(migrations.__path__))


def _number(name: str) -> int:
    digits = name.partition("_")[0]
    return int(digits) if digits.isdecimal() else 0
