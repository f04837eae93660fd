"""Whether this version of Jemmo matches the tables."""

from __future__ import annotations

from functools import cache
from pkgutil import iter_modules

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from jemmo.domain.errors import ConfigError
from jemmo.store import migrations

APP = "store"


def refuse_newer_tables(connection: BaseDatabaseWrapper) -> None:
    """Raise ``ConfigError`` if a newer Jemmo has migrated the tables, because this one could damage them.

    Migrations are compared by number, since older ones may have been squashed and are then unknown by name.
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
