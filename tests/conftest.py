"""Shared fixtures: the test server, a database per test, and the showcase.

All tests of a run share one embedded Postgres with a data folder of its own, even if several processes run them. A test
that requests ``database_url`` gets its own database, cloned from one that was migrated once. As in production, all code
uses the application's role. Tests arrange and inspect data in the scope ``everything``; the code under test sets its
own
scope. ``owner_url`` is for changing tables. Set JEMMO_TEST_DATABASE_URL to use another server, with a role that may
create databases and roles.
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

# The number of examples per property; `make test-deploy` tries ten times as many.
EXAMPLES = "TEST_EXAMPLES"
# A slow machine is not a failure. Examples are random; the printed blob reproduces a failing one.
settings.register_profile(
    "jemmo",
    max_examples=int(os.environ.get(EXAMPLES, "30")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("jemmo")

# Part of the name of everything this run creates on the server; inherited by xdist workers.
RUN = "JEMMO_TEST_RUN"
# This run's data folder. A test may temporarily point JEMMO_HOME elsewhere.
RUN_HOME = "JEMMO_TEST_HOME"
# The name of the migrated database while it is stored between runs.
KEPT_TEMPLATE = "jemmo_template"
# Linux's in-memory file system. A run uses about a tenth of the required free space.
IN_MEMORY, ENOUGH = Path("/dev/shm"), 4 * 1024**3

# The test server's data is disposable, so it needs no durability and no crash recovery. A test opens up to thirty
# connections, and half of the cost of each was the 4,096 rounds of password hashing.
SETTINGS = """
fsync = off
full_page_writes = off
synchronous_commit = off
wal_compression = off
scram_iterations = 1
"""


def pytest_configure(config: pytest.Config) -> None:
    """Isolate the tests from the developer's data and settings."""
    if not hasattr(config, "workerinput"):
        _clean_environment()
    # Not through pytest-django's own option, which would load the settings before the environment is clean.
    os.environ["DJANGO_SETTINGS_MODULE"] = "jemmo.settings"
    django.setup()
    scope.enter(scope.EVERYTHING)
    # The usual million rounds would only slow the tests down.
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
    """Whether a run can store its files and programs there. Each test's database takes several hundred files."""
    if not os.access(folder, os.W_OK | os.X_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(folder).free > ENOUGH


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the server and its data after all processes have finished."""
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
    """Use one worker more than cores: tests wait for processes and browsers, but each worker takes 15 s to start."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the garbage collector from scanning tests and modules, which stay in memory until the end anyway."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark skipped sample cases as ``long`` before ``-m`` deselects tests."""
    sample.leave_the_rest(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Check that a file's tests restored JEMMO_HOME; otherwise later files would fail instead of this one.

    Also deactivates the language of the test's last request, which stays active in its thread.
    """
    yield
    translation.deactivate()
    if nextitem is None or nextitem.path != item.path:
        assert os.environ["JEMMO_HOME"] == os.environ[RUN_HOME]


@pytest.fixture(scope="session")
def postgres_url(pytestconfig: pytest.Config) -> str:
    """The server's URL. Starts the embedded server unless another one is configured."""
    if server := os.environ.get("JEMMO_TEST_DATABASE_URL"):
        return server
    once("server", lambda: start(pytestconfig))
    return embedded.ensure_running()


@pytest.fixture(scope="session")
def template(postgres_url: str) -> str:
    """The name of a migrated database, created by the first process that needs it."""
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
    """This test's own migrated database; DATABASE_URL and Django's connection point to it.

    Without a scope, connections by this URL see everything, and connections by DATABASE_URL see nothing.
    """
    with reached(application_url(conninfo.parse(owner_url)["dbname"]), django_db_blocker) as url:
        yield url


@pytest.fixture
def showcase(database_url: str) -> Showcase:
    """Two companies with records and members; nobody is signed in."""
    from fakes.showcase import found

    return found()


@pytest.fixture(scope="session")
def static_files() -> None:
    """Collect the static files where the servers look for them."""
    collect_static()


@pytest.fixture
def no_retry_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without pauses, since only the outcome of the last attempt is tested."""
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
    """Restore the run's own folder and keys, whatever the first test that requests the fixture has changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JEMMO_HOME", os.environ[RUN_HOME])
        for name in ("JEMMO_KEYSET", "JEMMO_KEYSET_KEY", "JEMMO_FILES"):
            patch.delenv(name, raising=False)
        yield


def once(name: str, work: Callable[[], None]) -> None:
    """Do work that all processes of this run need in the first one; the others wait for it."""
    done = Path(os.environ[RUN_HOME]) / f"{name}.done"
    with locks.exclusive(done.with_suffix(".lock"), seconds=300):
        if not done.exists():
            work()
            done.touch()


def start(config: pytest.Config) -> None:
    """Start the embedded server. If pytest's cache is available, store the migrated template there for later runs."""
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
    """Restore the server that an earlier run stored; return whether there was one."""
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
    # The first connection writes the catalog cache, so that every clone already has it.
    psycopg.connect(with_database(server, shared_name("template"))).close()


def make_template(server: str, name: str) -> None:
    create(server, name)
    migrate(with_database(server, name))
    application_file().write_text(application(with_database(server, name)))


def start_empty() -> None:
    """Start the embedded server with settings that are only acceptable in tests."""
    embedded.ensure_running()
    data = Path(os.environ[RUN_HOME]) / "postgres" / "cluster" / "data"
    with (data / "postgresql.conf").open("a") as conf:
        conf.write(SETTINGS)
    os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGHUP)


@contextmanager
def reached(url: str, blocker: DjangoDbBlocker) -> Iterator[str]:
    """Point DATABASE_URL and Django's connection to a database. Yield a URL that sees everything in it."""
    with pytest.MonkeyPatch.context() as patch, blocker.unblock():
        patch.setenv("DATABASE_URL", url)
        # Changed in place, since the connections of all threads share this dict.
        for key, value in {**database(url), "CONN_MAX_AGE": 0}.items():
            patch.setitem(connections.settings["default"], key, value)
        close_connections()
        seeing = "-c jemmo.reach=everything -c jemmo.contacts=on -c jemmo.notes=on"
        yield conninfo.changed(url, options=f"{conninfo.parse(url)['options']} {seeing}")
        close_connections()


def close_connections() -> None:
    """Close the test's session and Django's connections in this thread and in the thread of async queries."""
    session.close()
    connections.close_all()
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


def migrate(url: str) -> None:
    """Migrate an empty database to the current schema."""
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
    """Create the application's role; return its URL. The sealed copy is deleted, since tests have other keys."""
    keys = keyset.open_vault(Path(os.environ[RUN_HOME]) / "template-keys.json", create=True)
    found = roles.access(
        url, seal=lambda plain: keys.seal(plain, b""), open_sealed=lambda it: keys.open(it, b"")
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DELETE FROM vault_secret")
        # So that a test's database can be dropped while the application is still connected.
        role = sql.Identifier(conninfo.parse(found.url)["user"])
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    assert found.is_apart
    return found.url


def drop_role(server: str, application_url: str) -> None:
    name = sql.Identifier(conninfo.parse(application_url)["user"])
    # If a database could not be dropped, its role stays too.
    with contextlib.suppress(psycopg.errors.DependentObjectsStillExist):
        administration(server).execute(sql.SQL("DROP ROLE IF EXISTS {}").format(name))


def application_url(name: str) -> str:
    """Return the application's URL for a database of this run."""
    return with_database(application_file().read_text(), name)


def application_file() -> Path:
    """The file with the application's URL."""
    return Path(os.environ[RUN_HOME]) / "application"


def shared_name(kind: str) -> str:
    return f"jemmo_{kind}_{os.environ[RUN]}"


def with_database(url: str, name: str) -> str:
    return conninfo.changed(url, dbname=name, options="-c search_path=jemmo,pg_temp")


def create(server: str, name: str, *, template: str = "template1") -> None:
    # A clone through the write-ahead log, the default, takes Postgres three times as long.
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
    administration(server).execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop(server: str, name: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    # A running autovacuum belongs to the superuser, so we can't terminate it. The database is then removed together
    # with its server, at the end of the run.
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
        administration(server).execute(statement.format(sql.Identifier(name)))


@cache
def administration(server: str) -> psycopg.Connection[Any]:
    """This process's one connection for creating and dropping databases."""
    connection = psycopg.connect(server, autocommit=True)
    atexit.register(connection.close)
    return connection
