"""Makes the parts ready to work: the database up and migrated, Django configured."""

from __future__ import annotations

import gc
import os
import warnings

import django
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from jemmo import logs
from jemmo.domain.errors import ConfigError
from jemmo.embedded import PostgresError, check_server, database_url
from jemmo.store import scope

MIGRATION_LOCK = 0x6A656D6D6F  # "jemmo": commands that start at once migrate one after the other


def start(*, operator: bool = True) -> str:
    """Everything a command needs; the URL by which the application reaches the database.

    What an ``operator`` runs sees every organisation; pages and tasks see what they are allowed one by one. Raises
    ``ConfigError`` with what to do.
    """
    try:
        url = database_url()
    except PostgresError as error:
        raise ConfigError(error.message, code="database", next_step=error.next_step) from None
    if os.environ.get("DATABASE_URL"):
        _check(url)
    os.environ["DATABASE_URL"] = url
    setup()
    with scope.under(None):
        bring_up_to_date()
    with scope.under(scope.EVERYTHING):
        check_keys()
    url = _as_application(url)
    if operator:
        scope.enter(scope.EVERYTHING)
    return url


def setup() -> None:
    """Configure Django; the database is not touched.

    What is loaded now lives as long as the process, and records come and go in thousands: the collector is told
    not to look through the former for every few hundred of the latter.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jemmo.settings")
    django.setup()
    logs.setup()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def bring_up_to_date() -> None:
    """Apply the migrations that are missing, one process at a time."""
    connection = connections["default"]
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    _refuse_all_but_the_owner(connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def check_keys() -> None:
    """Refuse to start with keys that are lost or not this database's: what they sealed would be written over."""
    from jemmo.services import keys  # noqa: PLC0415 - models can be imported only once Django is set up
    from jemmo.vault import keyset_path  # noqa: PLC0415

    keys.check(keyset_path())


def _as_application(url: str) -> str:
    """Put this process, and those it starts, in the application's role."""
    from jemmo.services import application_role  # noqa: PLC0415 - as above
    from jemmo.settings import database  # noqa: PLC0415

    found = application_role.access(url).url
    if found != url:
        os.environ["DATABASE_URL"] = found
        # In place: the connections of all threads share it.
        connections.settings["default"].update(database(found))
        connections["default"].close()
        connections["default"].settings_dict.update(database(found))
    return found


def _refuse_all_but_the_owner(connection: BaseDatabaseWrapper) -> None:
    """A role that owns no tables cannot change them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_regclass('organisation') IS NULL OR (SELECT pg_has_role(relowner, 'USAGE') "
            "FROM pg_class WHERE oid = to_regclass('organisation'))"
        )
        if not cursor.fetchone()[0]:
            raise ConfigError(
                "The database's tables are older than this Jemmo, and the role in DATABASE_URL may not change them.",
                code="not_the_owner",
                next_step="Run `jemmo migrate` once with the DATABASE_URL of the tables' owner.",
            )


def _check(url: str) -> None:
    for problem in check_server(url):
        if problem.blocking:
            raise ConfigError(problem.message, code=problem.code, next_step=problem.next_step)


def collect_static() -> None:
    """Put the pages' files, compressed and named by content, where the web application serves them."""
    call_command("collectstatic", verbosity=0, interactive=False)
