"""Makes the parts ready to work: the database up and migrated, Django configured."""

from __future__ import annotations

import gc
import os
import warnings

import django
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from jemmo import logs
from jemmo.domain.errors import ConfigError
from jemmo.embedded import PostgresError, check_server, database_url

MIGRATION_LOCK = 0x6A656D6D6F  # "jemmo": commands that start at once migrate one after the other


def start(*, migrate: bool = True) -> str:
    """Everything a command needs; the database's URL. Raises ``ConfigError`` with what to do."""
    try:
        url = database_url()
    except PostgresError as error:
        raise ConfigError(error.message, code="database", next_step=error.next_step) from None
    if os.environ.get("DATABASE_URL"):
        _check(url)
    os.environ["DATABASE_URL"] = url
    setup()
    if migrate:
        bring_up_to_date()
        check_keys()
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


def _check(url: str) -> None:
    for problem in check_server(url):
        if problem.blocking:
            raise ConfigError(problem.message, code=problem.code, next_step=problem.next_step)


def collect_static() -> None:
    """Put the pages' files, compressed and named by content, where the web application serves them."""
    call_command("collectstatic", verbosity=0, interactive=False)
