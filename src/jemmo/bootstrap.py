"""Prepares a process: the database up and migrated, Django configured."""

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

from jemmo import logs, tracing
from jemmo.domain.errors import ConfigError
from jemmo.embedded import check_server, database_url, locks
from jemmo.platforms import keep_memory_private
from jemmo.store.db import guard, schema, scope, versions

COLLECT_SECONDS = 60  # that a server waits while another one collects the static files


def start(*, operator: bool = True, process: str = "command", pool: int = 0) -> str:
    """Prepare everything a command needs. Return the URL by which the application reaches the database.

    With ``operator``, a command sees every organization; pages and tasks see only what they are allowed to. Their
    threads share a ``pool`` of so many connections, and Postgres lists them as ``process``. Raises ``ConfigError`` with
    what to do.
    """
    url = _reach()
    with scope.acting_in(None):
        bring_up_to_date()
    with scope.acting_in(scope.EVERYTHING):
        check_keys()
    url = _as_application(url, process, pool)
    if operator:
        scope.enter(scope.EVERYTHING)
    return url


def start_as_owner() -> str:
    """For commands that replace the tables: no migrations, no new keys, and every row is visible."""
    url = _reach()
    database = connections["default"]
    _refuse_all_but_the_owner(database)
    with scope.acting_in(None), database.cursor() as cursor, schema.migrating(cursor):
        if schema.is_former(cursor):
            schema.settle(database)
    scope.enter(scope.EVERYTHING)
    return url


def _reach() -> str:
    """Set up Django for the configured or embedded database, and return its URL."""
    keep_memory_private()
    url = database_url()
    if os.environ.get("DATABASE_URL"):
        _check(url)
    os.environ["DATABASE_URL"] = url
    setup()
    return url


def setup() -> None:
    """Configure Django without using the database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jemmo.settings")
    django.setup()
    logs.setup()
    tracing.setup()
    if not gc.isenabled():  # turned off by jemmo.cli.main.run
        gc.freeze()
        gc.enable()


def bring_up_to_date() -> None:
    """Create or move our schema and apply missing migrations, one process at a time.

    Tables of a newer Jemmo are refused.
    """
    database = connections["default"]
    with database.cursor() as cursor:
        if schema.is_settled(cursor):
            is_whole = not versions.count_missing(database) and schema.has_unaccent(cursor)
            if is_whole and not guard.may_close(cursor):
                return
        _refuse_all_but_the_owner(database)
        with schema.migrating(cursor), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            schema.settle(database)
            versions.refuse_newer_tables(database)
            call_command("migrate", verbosity=0, interactive=False)


def check_keys() -> None:
    """Refuse to start with missing or foreign keys, since the encrypted data would be overwritten."""
    from jemmo.services.operations import keys  # noqa: PLC0415 - models can be imported only once Django is set up
    from jemmo.vault import keyset_path  # noqa: PLC0415

    keys.check(keyset_path())


def _as_application(url: str, process: str, pool: int) -> str:
    """Switch this process, and those it starts, to the application's role."""
    from jemmo.services.operations import application_role  # noqa: PLC0415 - as above
    from jemmo.settings import database  # noqa: PLC0415

    role_url = application_role.access(url).url
    os.environ["DATABASE_URL"] = role_url
    connections.close_all()
    # In place, because the connections of all threads share it. The pool is created on first use.
    connections.settings["default"].update(database(role_url, process=process, pool=pool))
    return role_url


def stop() -> None:
    """Close the pool and its threads, once the database is no longer needed."""
    connections.close_all()
    connections["default"].close_pool()  # type: ignore[attr-defined]


def _refuse_all_but_the_owner(database: BaseDatabaseWrapper) -> None:
    """Refuse to migrate as a role that doesn't own the tables, since it can't change them."""
    with database.cursor() as cursor:
        if not schema.may_change(cursor):
            raise ConfigError("not_the_owner")


def _check(url: str) -> None:
    for problem in check_server(url, schema=schema.name()):
        if problem.blocking:
            raise problem


def collect_static() -> None:
    """Collect the static files, compressed and named by content, for the web application to serve.

    Runs only when they have changed: collecting removes each file for a moment, and another server of this data folder
    may be serving them. If two processes start at once, one collects.
    """
    root = Path(settings.STATIC_ROOT)
    root.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = root.with_name("static.made")
    with locks.exclusive(root.with_name("static.lock"), seconds=COLLECT_SECONDS):
        digest = _static_files()
        if root.is_dir() and made.exists() and made.read_text() == digest:
            return
        made.unlink(missing_ok=True)
        call_command("collectstatic", verbosity=0, interactive=False)
        made.write_text(digest)


def _static_files() -> str:
    """A digest of the files to collect: paths, sizes and times."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            path = Path(storage.path(name))
            file_stat = path.stat()
            digest.update(f"{path} {file_stat.st_size} {file_stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
