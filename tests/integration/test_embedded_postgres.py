"""The bundled Postgres, with real servers and real kills."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from jemmo import embedded
from jemmo.embedded import PostgresError, locks, places, server
from jemmo.embedded.account import Account

pytestmark = pytest.mark.one_server

START = "from jemmo import embedded; print(embedded.ensure_running())"
IS_ROOT = os.geteuid() == 0


@contextmanager
def new_home(patch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder with a path short enough for a socket."""
    folder = Path(mkdtemp(prefix="jemmo-test-"))
    patch.setenv("JEMMO_HOME", str(folder))
    patch.delenv("DATABASE_URL", raising=False)
    yield folder
    # A test may have changed its home, or failed midway.
    embedded.stop()
    if (folder / "postgres").is_symlink():
        shutil.rmtree((folder / "postgres").resolve())
    shutil.rmtree(folder)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder for this test, restored together with the test's own changes and not before them."""
    with new_home(monkeypatch) as folder:
        yield folder


def postmaster(home: Path) -> int:
    return int((home / "postgres/cluster/data/postmaster.pid").read_text().splitlines()[0])


def start_in_another_process() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE, text=True)


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


class TestEnsureRunning:
    def test_the_first_start_makes_a_database_with_the_extensions(self, home: Path) -> None:
        url = embedded.ensure_running()

        assert "jemmo" == ask(url, "SELECT current_database()")
        assert 3 == ask(
            url,
            "SELECT count(*) FROM pg_extension WHERE extname IN ('pg_trgm', 'unaccent', 'vector')",
        )
        assert embedded.is_running()

    def test_a_second_start_shares_the_server(self, home: Path) -> None:
        url = embedded.ensure_running()
        first = postmaster(home)

        assert url == embedded.ensure_running()
        assert first == postmaster(home)

    def test_two_commands_at_once_share_the_server(self, home: Path) -> None:
        starters = [start_in_another_process() for _ in range(2)]
        urls = {starter.communicate()[0].strip() for starter in starters}

        assert {embedded.ensure_running()} == urls
        assert [0, 0] == [starter.returncode for starter in starters]

    @pytest.mark.long
    def test_the_data_outlives_the_command_and_a_restart(self, home: Path) -> None:
        url = start_in_another_process().communicate()[0].strip()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

        assert embedded.stop()
        assert 42 == ask(embedded.ensure_running(), "SELECT answer FROM kept")

    def test_the_environment_of_other_postgres_programs_does_not_matter(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PGPORT", "1")
        monkeypatch.setenv("PGDATA", "/nowhere")
        monkeypatch.setenv("PGDATABASE", "other")

        assert 1 == ask(embedded.ensure_running(), "SELECT 1")

    def test_a_path_too_long_for_a_socket_works(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deep = home / ("d" * 60) / ("e" * 60)
        deep.mkdir(parents=True)
        for folder in (home, deep.parent):
            folder.chmod(0o711)
        monkeypatch.setenv("JEMMO_HOME", str(deep))

        assert 1 == ask(embedded.ensure_running(), "SELECT 1")
        assert embedded.stop()
        places.find_places(deep).sockets.rmdir()

    @pytest.mark.parametrize("name", ["with space", "quote's \"$HOME`", "été"])
    def test_an_odd_path_works(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        home.chmod(0o711)
        monkeypatch.setenv("JEMMO_HOME", str(home / name))

        assert 1 == ask(embedded.ensure_running(), "SELECT 1")
        assert embedded.stop()


class TestKilled:
    @pytest.mark.sample(1)
    @pytest.mark.parametrize(
        "moment",
        ["postgres", "postgres/new-*", "postgres/new-*/cluster/data/base", "postgres/cluster"],
    )
    def test_the_starter_at_any_moment_of_the_first_start(self, home: Path, moment: str) -> None:
        starter = start_in_another_process()
        assert locks.wait_until(lambda: any(home.glob(moment)), seconds=30)
        kill(starter)

        assert 1 == ask(embedded.ensure_running(), "SELECT 1")
        assert [] == list(home.glob("postgres/new-*"))

    def test_the_starter_after_the_start(self, home: Path) -> None:
        starter = subprocess.Popen(
            [sys.executable, "-c", f"{START}; input()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert starter.stdout
        url = starter.stdout.readline().strip()
        kill(starter)

        assert 1 == ask(url, "SELECT 1")

    def test_the_server(self, home: Path) -> None:
        url = embedded.ensure_running()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(postmaster(home), signal.SIGKILL)

        assert 42 == ask(embedded.ensure_running(), "SELECT answer FROM kept")

    def test_a_killed_server_one_of_whose_processes_hangs(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(server, "ORPHAN_SECONDS", 0.2)
        url = embedded.ensure_running()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
            connection.commit()
            os.kill(connection.info.backend_pid, signal.SIGSTOP)
            assert embedded.is_alive()
            os.kill(postmaster(home), signal.SIGKILL)
            assert locks.wait_until(lambda: not embedded.is_alive(), seconds=60)

            assert 42 == ask(embedded.ensure_running(), "SELECT answer FROM kept")

    def test_the_server_whose_number_another_program_got(self, home: Path) -> None:
        embedded.ensure_running()
        os.kill(postmaster(home), signal.SIGKILL)
        status = home / "postgres/cluster/data/postmaster.pid"
        lines = status.read_text().splitlines()
        status.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

        assert 1 == ask(embedded.ensure_running(), "SELECT 1")


class TestStop:
    def test_stops_and_says_so(self, home: Path) -> None:
        url = embedded.ensure_running()

        assert embedded.stop()
        assert not embedded.is_running()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)

    def test_says_so_when_nothing_ran(self, home: Path) -> None:
        assert not embedded.stop()

    def test_does_not_wait_for_clients(self, home: Path) -> None:
        with psycopg.connect(embedded.ensure_running()):
            assert embedded.stop()


class TestPrivacy:
    @pytest.fixture(scope="class")
    @classmethod
    def home(cls) -> Iterator[Path]:
        """A shared data folder, since these tests change nothing."""
        with pytest.MonkeyPatch.context() as patch, new_home(patch) as folder:
            yield folder

    def test_no_other_user_can_reach_the_socket_or_the_password(self, home: Path) -> None:
        embedded.ensure_running()
        found = places.find_places(home)

        for path in (found.password, found.data, found.sockets, found.log):
            assert 0 == stat.S_IMODE(path.stat().st_mode) & 0o077, path

    def test_a_wrong_password_does_not_get_in(self, home: Path) -> None:
        url = embedded.ensure_running()
        wrong = url.replace(places.find_places(home).password.read_text(), "guess")

        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)

    @pytest.mark.parametrize("role", ["postgres", "root"])
    def test_no_other_role_gets_in(self, home: Path, role: str) -> None:
        url = embedded.ensure_running()

        with pytest.raises(psycopg.OperationalError, match="no pg_hba"):
            psycopg.connect(url, user=role)

    def test_the_application_is_no_superuser(self, home: Path) -> None:
        assert "off" == ask(embedded.ensure_running(), "SHOW is_superuser")

    def test_no_network_port_is_open(self, home: Path) -> None:
        assert "" == ask(embedded.ensure_running(), "SHOW listen_addresses")

    def test_the_log_keeps_no_personal_data(self, home: Path) -> None:
        url = embedded.ensure_running()
        with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.DataError):
            connection.execute("SELECT 'alice@example.com'::int")

        assert "alice" not in places.find_places(home).log.read_text()


@pytest.mark.skipif(not IS_ROOT, reason="only root can change user")
class TestRoot:
    @pytest.mark.long
    def test_a_home_that_the_server_cannot_enter_gets_its_data_elsewhere(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        inner = home / "inner"
        monkeypatch.setenv("JEMMO_HOME", str(inner))

        assert 1 == ask(embedded.ensure_running(), "SELECT 1")
        assert embedded.stop()
        assert 0o700 == stat.S_IMODE(home.stat().st_mode)
        assert (inner / "postgres").is_symlink()
        shutil.rmtree((inner / "postgres").resolve())

    @pytest.mark.long
    def test_an_ordinary_user_needs_no_other(self, home: Path) -> None:
        nobody = pwd.getpwnam("nobody")
        account = Account(uid=nobody.pw_uid, gid=nobody.pw_gid)
        pythons = [Path(sys.executable), Path(f"/usr/bin/python3.{sys.version_info.minor}")]
        usable = [
            python
            for python in pythons
            if python.exists() and account.can_enter(python.resolve().parent)
        ]
        if not usable:
            pytest.skip("this Python is root's alone")
        shutil.chown(home, "nobody", nobody.pw_gid)
        done = subprocess.run(
            [usable[0], "-c", f"{START}; assert embedded.stop()"],
            user="nobody",
            group=nobody.pw_gid,
            extra_groups=[],
            env={**os.environ, "HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

        assert "" == done.stderr
        assert "nobody" == (home / "postgres/cluster/data").owner()


class TestErrors:
    def test_another_major_version_is_refused(self, home: Path) -> None:
        embedded.ensure_running()
        embedded.stop()
        (home / "postgres/cluster/data/PG_VERSION").write_text("17\n")

        with pytest.raises(
            PostgresError, match=r"belongs to PostgreSQL 17, .* comes with 18"
        ) as raised:
            embedded.ensure_running()
        assert "DATABASE_URL" in raised.value.next_step

    def test_a_folder_moved_while_the_server_runs(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home.chmod(0o711)
        monkeypatch.setenv("JEMMO_HOME", str(home / "before"))
        embedded.ensure_running()
        (home / "before").rename(home / "after")
        monkeypatch.setenv("JEMMO_HOME", str(home / "after"))

        with pytest.raises(PostgresError, match="was moved") as raised:
            embedded.ensure_running()
        assert "jemmo down" in raised.value.next_step
        assert embedded.stop()
        assert 1 == ask(embedded.ensure_running(), "SELECT 1")
        assert embedded.stop()

    def test_a_setting_the_server_refuses(self, home: Path) -> None:
        embedded.ensure_running()
        embedded.stop()
        with (home / "postgres/cluster/data/postgresql.conf").open("a") as conf:
            conf.write("max_connections = many\n")

        with pytest.raises(PostgresError, match="max_connections"):
            embedded.ensure_running()

    def test_a_home_that_is_a_file(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (home / "file").touch()
        monkeypatch.setenv("JEMMO_HOME", str(home / "file"))

        with pytest.raises(PostgresError, match="Starting the database failed"):
            embedded.ensure_running()
        monkeypatch.setenv("JEMMO_HOME", str(home))


class TestDatabaseUrl:
    def test_the_environment_wins_and_nothing_is_started(
        self, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/db")

        assert "postgresql://elsewhere/db" == embedded.database_url()
        assert not embedded.is_running()

    def test_without_it_the_embedded_server_is_started(self, home: Path) -> None:
        assert 1 == ask(embedded.database_url(), "SELECT 1")

    def test_the_bundled_server_meets_all_requirements(self, home: Path) -> None:
        assert [] == embedded.check_server(embedded.ensure_running())
