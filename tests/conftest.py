"""What every test may ask for.

All tests share one embedded Postgres in a data folder of their own, also when several processes
run them. A test that asks for ``database_url`` gets a database to itself: a clone of one that was
migrated once. Everything works in the application's role, as it does for users; a test arranges and looks
in the scope of everything, what it tries has its own. ``owner_url`` is for changing tables. Set
JEMMO_TEST_DATABASE_URL to run against another server, with a role that may create databases and roles.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote, urlsplit, urlunsplit

import django
import psycopg
import pytest
from django.db import connections
from psycopg import sql
from pytest_django import DjangoDbBlocker

import jemmo
from jemmo import embedded
from jemmo.embedded import locks
from jemmo.settings import database
from jemmo.store import roles, scope
from jemmo.vault import keyset

# Names what this run makes on the server; inherited by the processes that share the work.
RUN = "JEMMO_TEST_RUN"


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests away from the data and the settings of whoever runs them."""
    if not hasattr(config, "workerinput"):
        _clean_environment()
    # Not by pytest-django's own setting: it would read the settings before the line above.
    os.environ["DJANGO_SETTINGS_MODULE"] = "jemmo.settings"
    django.setup()
    scope.enter(scope.EVERYTHING)


def _clean_environment() -> None:
    for name in [name for name in os.environ if name.startswith("JEMMO_")]:
        if name != "JEMMO_TEST_DATABASE_URL":
            del os.environ[name]
    os.environ.pop("DATABASE_URL", None)
    os.environ["JEMMO_HOME"] = mkdtemp(prefix="jemmo-test-")
    os.environ[RUN] = secrets.token_hex(4)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the server and its data away, once all processes are done."""
    if hasattr(config, "workerinput"):
        return
    home = Path(os.environ["JEMMO_HOME"])
    if (home / "template").exists() and "JEMMO_TEST_DATABASE_URL" in os.environ:
        drop(os.environ["JEMMO_TEST_DATABASE_URL"], template_name())
        drop_role(os.environ["JEMMO_TEST_DATABASE_URL"], (home / "template").read_text())
    embedded.stop()
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The server, started if need be."""
    return os.environ.get("JEMMO_TEST_DATABASE_URL") or embedded.ensure_running()


@pytest.fixture(scope="session")
def template(postgres_url: str) -> str:
    """How the application reaches a migrated database, made by the first process that needs it."""
    home = Path(os.environ["JEMMO_HOME"])
    with locks.exclusive(home / "template.lock", seconds=300):
        if not (home / "template").exists():
            create(postgres_url, template_name())
            url = with_database(postgres_url, template_name())
            migrate(url)
            (home / "template").write_text(application(url))
    return (home / "template").read_text()


@pytest.fixture
def owner_url(postgres_url: str, template: str) -> Iterator[str]:
    """The test's database, as the owner of its tables."""
    name = f"jemmo_test_{secrets.token_hex(6)}"
    create(postgres_url, name, template=template_name())
    yield with_database(postgres_url, name)
    connections.close_all()
    drop(postgres_url, name)


@pytest.fixture
def database_url(
    owner_url: str,
    template: str,
    monkeypatch: pytest.MonkeyPatch,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[str]:
    """A migrated database for this test alone; DATABASE_URL and Django's connection lead to it.

    Who connects by this URL and tells no scope sees everything; by DATABASE_URL they see nothing.
    """
    url = with_database(template, urlsplit(owner_url).path.lstrip("/"))
    monkeypatch.setenv("DATABASE_URL", url)
    # In place: the connections of all threads share it.
    for key, value in {**database(url), "CONN_MAX_AGE": 0}.items():
        monkeypatch.setitem(connections.settings["default"], key, value)
    connections.close_all()
    with django_db_blocker.unblock():
        yield f"{url}{'&' if '?' in url else '?'}options={quote('-c jemmo.reach=everything -c jemmo.contacts=on')}"
    connections.close_all()


def migrate(url: str) -> None:
    """Bring an empty database to today's schema."""
    if not (Path(jemmo.__file__).parent / "store" / "migrations").is_dir():
        return
    command = [sys.executable, "-m", "django", "migrate", "--settings", "jemmo.settings"]
    done = subprocess.run(
        command,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"the migrations failed:\n{done.stdout}{done.stderr}", pytrace=False)


def application(url: str) -> str:
    """Make the application's role; the keys that seal it are not those of every test, so it is kept no further."""
    keys = keyset.open_vault(Path(os.environ["JEMMO_HOME"]) / "template-keys.json", create=True)
    found = roles.access(
        url, seal=lambda plain: keys.seal(plain, b""), open_sealed=lambda it: keys.open(it, b"")
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM vault_secret")
    assert found.is_apart
    return found.url


def drop_role(server: str, application_url: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        name = sql.Identifier(urlsplit(application_url).username or "")
        connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))


def template_name() -> str:
    return f"jemmo_template_{os.environ[RUN]}"


def with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def create(server: str, name: str, *, template: str = "template1") -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop(server: str, name: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    # An autovacuum at work in it belongs to the superuser and cannot be ended by us; the database then
    # goes with its server, at the end of the run.
    with (
        psycopg.connect(server, autocommit=True) as connection,
        contextlib.suppress(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.format(sql.Identifier(name)))
