"""Whether this version of Jemmo matches the tables."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pkgutil import iter_modules

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from jemmo.domain.errors import ConfigError
from jemmo.store import migrations

APP = "store"


def refuse_newer_tables(connection: BaseDatabaseWrapper) -> None:
    """Raise ``ConfigError`` if a newer Jemmo has migrated the tables, because this one could damage them.

    Migrations are compared by number, since older ones may have been squashed and are then unknown by name.
    """
    _refuse_newer(MigrationRecorder(connection).applied_migrations())


def count_missing(connection: BaseDatabaseWrapper) -> int:
    """Return how many of this version's migrations the tables lack. Raise ``ConfigError`` if they are newer."""
    applied = MigrationRecorder(connection).applied_migrations()
    _refuse_newer(applied)
    return len(_needed() - applied.keys())


def _refuse_newer(applied: Collection[tuple[str, str]]) -> None:
    if any(app == APP and _number(name) > _newest() for app, name in applied):
        raise ConfigError("tables_newer")


@cache
def _needed() -> frozenset[tuple[str, str]]:
    """The app and name of each migration, read once: building the graph takes 25 ms, and ``/readyz`` is asked often."""
    return frozenset(MigrationLoader(None).graph.nodes)


@cache
def _newest() -> int:
    return max(_number(module.name) for module in iter_modules(migrations.__path__))


def _number(name: str) -> int:
    digits = name.partition("_")[0]
    return int(digits) if digits.isdecimal() else 0
