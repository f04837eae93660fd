"""Makes the parts ready to work: the database up and migrated, Django configured."""

from __future__ import annotations

import gc
import hashlib
import os
import warnings
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from jemmo import collector, logs
from jemmo.domain.errors import ConfigError
from jemmo.embedded import PostgresError, check_server, database_url, locks
from jemmo.store import scope

MIGRATION_LOCK = 0x6A656D6D6F  # "jemmo": commands that start at once migrate one after the other
COLLECT_SECONDS = 60  # that a server waits while another one collects the pages' files


def start(*, operator: bool = True) -> str:
    """Everything a command needs; the URL by which the application reaches the database.

    What an ``operator`` runs sees every organisation; pages and tasks see what they are allowed one by one. Raises
    ``ConfigError`` with what to do.
    """
    url = _reach()
    with scope.under(None):
        bring_up_to_date()
    with scope.under(scope.EVERYTHING):
        check_keys()
    url = _as_application(url)
    if operator:
        scope.enter(scope.EVERYTHING)
    return url


def start_as_owner() -> str:
    """For what replaces the tables themselves: nothing is migrated, no keys are made, every row is seen."""
    url = _reach()
    _refuse_all_but_the_owner(connections["default"])
    scope.enter(scope.EVERYTHING)
    return url


def _reach() -> str:
    """The database's URL as it was given or made; Django is set up for it."""
    try:
        url = database_url()
    except PostgresError as error:
        raise ConfigError(error.message, code="database", next_step=error.next_step) from None
    if os.environ.get("DATABASE_URL"):
        _check(url)
    os.environ["DATABASE_URL"] = url
    setup()
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
    collector.tame()


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
                "The database's tables must be changed, and the role in DATABASE_URL may not do that.",
                code="not_the_owner",
                next_step="Run this command, or `jemmo migrate`, once with the DATABASE_URL of the tables' owner.",
            )


def _check(url: str) -> None:
    for problem in check_server(url):
        if problem.blocking:
            raise ConfigError(problem.message, code=problem.code, next_step=problem.next_step)


def collect_static() -> None:
    """Put the pages' files, compressed and named by content, where the web application serves them.

    Only when they are others than last time: collecting takes each of them away for a moment, and another server of
    this data folder may be giving them out. Of two that start at once, one collects.
    """
    root = Path(settings.STATIC_ROOT)
    root.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = root.with_name("static.made")
    with locks.exclusive(root.with_name("static.lock"), seconds=COLLECT_SECONDS):
        wanted = _static_files()
        if root.is_dir() and made.exists() and made.read_text() == wanted:
            return
        made.unlink(missing_ok=True)
        call_command("collectstatic", verbosity=0, interactive=False)
        made.write_text(wanted)


def _static_files() -> str:
    """A digest of what there is to collect: places, sizes and times."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            path = Path(storage.path(name))
            found = path.stat()
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
