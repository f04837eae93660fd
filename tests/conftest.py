"""What every test may ask for.

All tests share one embedded Postgres in a data folder of their own, also when several processes
run them. A test that asks for ``database_url`` gets a database to itself: a clone of one that was
migrated once. Everything works in the application's role, as it does for users; a test arranges and looks
in the scope of everything, what it tries has its own. ``owner_url`` is for changing tables. Set
JEMMO_TEST_DATABASE_URL to run against another server, with a role that may create databases and roles.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import django
import psycopg
import pytest
from asgiref.sync import SyncToAsync
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connections
from django.utils import translation
from fakes import sample, session
from fakes.prepared_server import PreparedServer
from hypothesis import HealthCheck, settings
from psycopg import sql
from pytest_django import DjangoDbBlocker

import jemmo
from jemmo import conninfo, embedded
from jemmo.bootstrap import collect_static
from jemmo.embedded import locks
from jemmo.rest_client import client
from jemmo.settings import database
from jemmo.store.db import roles, scope
from jemmo.vault import keyset

if TYPE_CHECKING:  # models can be imported only once Django is set up, which is after this file
    from fakes.showcase import Showcase

# How many examples of a law are tried; `make test-deploy` tries ten times as many.
EXAMPLES = "TEST_EXAMPLES"
# A busy machine is no failure. Examples stay random; the blob that is printed repeats the one that failed.
settings.register_profile(
    "jemmo",
    max_examples=int(os.environ.get(EXAMPLES, "30")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("jemmo")

# Names what this run makes on the server; inherited by the processes that share the work.
RUN = "JEMMO_TEST_RUN"
# This run's data folder; a test may set JEMMO_HOME to one of its own for a while.
RUN_HOME = "JEMMO_TEST_HOME"
# The migrated database's name between runs.
KEPT_TEMPLATE = "jemmo_template"
# Where Linux keeps files in memory; a run takes a tenth of what is enough.
IN_MEMORY, ENOUGH = Path("/dev/shm"), 4 * 1024**3

# Nothing on the tests' server outlives it, so nothing is flushed or written so that it could be repaired. A test opens
# up to thirty connections, and proving a password in 4,096 rounds was half the cost of each.
SETTINGS = """
fsync = off
full_page_writes = off
synchronous_commit = off
wal_compression = off
scram_iterations = 1
"""


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests away from the data and the settings of whoever runs them."""
    if not hasattr(config, "workerinput"):
        _clean_environment()
    # Not by pytest-django's own setting: it would read the settings before the line above.
    os.environ["DJANGO_SETTINGS_MODULE"] = "jemmo.settings"
    django.setup()
    scope.enter(scope.EVERYTHING)
    # A million rounds keep guessers busy, and here us.
    PBKDF2PasswordHasher.iterations = 1


def _clean_environment() -> None:
    for name in [name for name in os.environ if name.startswith("JEMMO_")]:
        if name != "JEMMO_TEST_DATABASE_URL":
            del os.environ[name]
    os.environ.pop("DATABASE_URL", None)
    if has_room(IN_MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = str(IN_MEMORY)
    os.environ["JEMMO_HOME"] = os.environ[RUN_HOME] = mkdtemp(prefix="jemmo-test-")
    os.environ[RUN] = secrets.token_hex(4)


def has_room(folder: Path) -> bool:
    """Whether a run may keep its files there, programs among them: each test's database is some hundred files."""
    if not os.access(folder, os.W_OK | os.X_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(folder).free > ENOUGH


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the server and its data away, once all processes are done."""
    if hasattr(config, "workerinput"):
        return
    home = Path(os.environ[RUN_HOME])
    if server := os.environ.get("JEMMO_TEST_DATABASE_URL"):
        for kind in ("template", "showcase"):
            if (home / f"{kind}.done").exists():
                drop(server, shared_name(kind))
        if application_file().exists():
            drop_role(server, application_file().read_text())
    embedded.stop()
    shutil.rmtree(home)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: tests wait for processes and browsers, and each worker costs 15 s to start."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector away from the tests and modules, which stay until the end anyway."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Before ``-m`` is obeyed."""
    sample.leave_the_rest(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """A file whose tests leave another home behind would be the failure of those that come after it.

    The language of a test's last request stays active in its thread.
    """
    yield
    translation.deactivate()
    if nextitem is None or nextitem.path != item.path:
        assert os.environ["JEMMO_HOME"] == os.environ[RUN_HOME]


@pytest.fixture(scope="session")
def postgres_url(pytestconfig: pytest.Config) -> str:
    """The server, started if need be."""
    if server := os.environ.get("JEMMO_TEST_DATABASE_URL"):
        return server
    once("server", lambda: start(pytestconfig))
    return embedded.ensure_running()


@pytest.fixture(scope="session")
def template(postgres_url: str) -> str:
    """The name of a migrated database, made by the first process that needs it."""
    name = shared_name("template")
    once("template", lambda: make_template(postgres_url, name))
    return name


@pytest.fixture(scope="session")
def showcase_template(postgres_url: str, template: str, django_db_blocker: DjangoDbBlocker) -> str:
    """The name of a migrated database with the showcase in it."""

    def make() -> None:
        from fakes.showcase import fill

        create(postgres_url, name, template=template)
        with as_begun(), reached(application_url(name), django_db_blocker) as url:
            fill(url)

    name = shared_name("showcase")
    once("showcase", make)
    return name


@pytest.fixture
def owner_url(request: pytest.FixtureRequest, postgres_url: str, template: str) -> Iterator[str]:
    """The test's database, as the owner of its tables: empty, or with the showcase if the test asks for it."""
    if "showcase" in request.fixturenames:
        template = request.getfixturevalue("showcase_template")
    name = f"jemmo_test_{secrets.token_hex(6)}"
    create(postgres_url, name, template=template)
    yield with_database(postgres_url, name)
    close_connections()
    drop(postgres_url, name)


@pytest.fixture
def database_url(
    owner_url: str,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[str]:
    """A migrated database for this test alone; DATABASE_URL and Django's connection lead to it.

    Who connects by this URL and tells no scope sees everything; by DATABASE_URL they see nothing.
    """
    with reached(application_url(conninfo.parse(owner_url)["dbname"]), django_db_blocker) as url:
        yield url


@pytest.fixture
def showcase(database_url: str) -> Showcase:
    """Two companies, filled and with members; nobody is signed in."""
    from fakes.showcase import found

    return found()


@pytest.fixture(scope="session")
def static_files() -> None:
    """What pages are made of, where servers look for it."""
    collect_static()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waits between attempts: what is tested is what happens after the last one."""
    defaults = client.RestClient.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "pause", lambda _attempt, _chance: 0.0)


MIGRATE = """
from jemmo import bootstrap
from jemmo.store.db import scope
bootstrap.setup()
with scope.acting_in(None):
    bootstrap.bring_up_to_date()
"""


@contextmanager
def as_begun() -> Iterator[None]:
    """With the run's own folder and keys, whatever the test that is first to ask for this has set."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JEMMO_HOME", os.environ[RUN_HOME])
        for name in ("JEMMO_KEYSET", "JEMMO_KEYSET_KEY", "JEMMO_FILES"):
            patch.delenv(name, raising=False)
        yield


def once(name: str, work: Callable[[], None]) -> None:
    """Do what all processes of this run need in the first of them; the others wait for it."""
    done = Path(os.environ[RUN_HOME]) / f"{name}.done"
    with locks.exclusive(done.with_suffix(".lock"), seconds=300):
        if not done.exists():
            work()
            done.touch()


def start(config: pytest.Config) -> None:
    """Start the embedded server, with the template in it where runs may keep it for others."""
    cache = getattr(config, "cache", None)  # none with -p no:cacheprovider
    prepared = PreparedServer(cache.mkdir("jemmo-server")) if cache else None
    if prepared is None or not take_over(prepared):
        start_empty()
    if prepared is not None and not application_file().exists():
        server = embedded.ensure_running()
        once("template", lambda: make_template(server, KEPT_TEMPLATE))
        administration(server).close()
        administration.cache_clear()
        embedded.stop()
        prepared.keep(Path(os.environ[RUN_HOME]), application_file().read_text())
        rename_template(embedded.ensure_running())


def take_over(prepared: PreparedServer) -> bool:
    """Go on from what an earlier run has kept, if it has."""
    role_url = prepared.restore(Path(os.environ[RUN_HOME]))
    if role_url is None:
        return False
    server = embedded.ensure_running()
    rename_template(server)
    application_file().write_text(conninfo.changed(role_url, host=conninfo.parse(server)["host"]))
    once("template", lambda: None)
    return True


def rename_template(server: str) -> None:
    names = map(sql.Identifier, (KEPT_TEMPLATE, shared_name("template")))
    administration(server).execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))
    # Its first connection writes the catalogue's cache, which its copies then have from the beginning.
    psycopg.connect(with_database(server, shared_name("template"))).close()


def make_template(server: str, name: str) -> None:
    create(server, name)
    migrate(with_database(server, name))
    application_file().write_text(application(with_database(server, name)))


def start_empty() -> None:
    """Start the embedded server with settings that are for tests alone."""
    embedded.ensure_running()
    data = Path(os.environ[RUN_HOME]) / "postgres" / "cluster" / "data"
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(SETTINGS)
    os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGHUP)


@contextmanager
def reached(url: str, blocker: DjangoDbBlocker) -> Iterator[str]:
    """Lead DATABASE_URL and Django's connection to a database; what is given sees everything of it."""
    with pytest.MonkeyPatch.context() as patch, blocker.unblock():
        patch.setenv("DATABASE_URL", url)
        # In place: the connections of all threads share it.
        for key, value in {**database(url), "CONN_MAX_AGE": 0}.items():
            patch.setitem(connections.settings["default"], key, value)
        close_connections()
        seeing = "-c jemmo.reach=everything -c jemmo.contacts=on -c jemmo.notes=on"
        yield conninfo.changed(url, options=f"{conninfo.parse(url)['options']} {seeing}")
        close_connections()


def close_connections() -> None:
    """Django's, of this thread and of the one that asynchronous code keeps for its queries, and the test's."""
    session.close()
    connections.close_all()
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


def migrate(url: str) -> None:
    """Bring an empty database to today's schema."""
    if not (Path(jemmo.__file__).parent / "store" / "migrations").is_dir():
        return
    done = subprocess.run(
        [sys.executable, "-c", MIGRATE],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"the migrations failed:\n{done.stdout}{done.stderr}", pytrace=False)


def application(url: str) -> str:
    """Make the application's role; the keys that seal it are not those of every test, so it is kept no further."""
    keys = keyset.open_vault(Path(os.environ[RUN_HOME]) / "template-keys.json", create=True)
    found = roles.access(
        url, seal=lambda plain: keys.seal(plain, b""), open_sealed=lambda it: keys.open(it, b"")
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM vault_secret")
        # So that a test's database can be dropped although the application is still in it.
        role = sql.Identifier(conninfo.parse(found.url)["user"])
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    assert found.is_apart
    return found.url


def drop_role(server: str, application_url: str) -> None:
    name = sql.Identifier(conninfo.parse(application_url)["user"])
    # It stays with a database that could not be dropped.
    with contextlib.suppress(psycopg.errors.DependentObjectsStillExist):
        administration(server).execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))


def application_url(name: str) -> str:
    """How the application reaches a database of this run."""
    return with_database(application_file().read_text(), name)


def application_file() -> Path:
    """Where a run keeps how the application connects."""
    return Path(os.environ[RUN_HOME]) / "application"


def shared_name(kind: str) -> str:
    return f"jemmo_{kind}_{os.environ[RUN]}"


def with_database(url: str, name: str) -> str:
    return conninfo.changed(url, dbname=name, options="-c search_path=jemmo,pg_temp")


def create(server: str, name: str, *, template: str = "template1") -> None:
    # Copied as files: through the log, as is usual, a clone costs Postgres three times as much.
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    administration(server).execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop(server: str, name: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    # An autovacuum at work in it belongs to the superuser and cannot be ended by us; the database then
    # goes with its server, at the end of the run.
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
        administration(server).execute(statement.format(sql.Identifier(name)))


@cache
def administration(server: str) -> psycopg.Connection[Any]:
    """Where this process makes databases and drops them: one connection for as long as it runs."""
    connection = psycopg.connect(server, autocommit=True)
    atexit.register(connection.close)
    return connection
