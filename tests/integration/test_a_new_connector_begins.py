"""The first step of a new connector: a copy of the template passes the suite immediately."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import jemmo

pytestmark = pytest.mark.one_server

ROOT = Path(jemmo.__file__).parent.parent.parent
FIRST = "brings_every_record or old_record_that_changes or deleted_record or costs_a_handful"


def run(
    where: Path, *command: str, python: str = sys.executable, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, *command],
        cwd=where,
        env={**os.environ, "PYTHONPATH": f"{where / 'src'}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def files(where: Path) -> dict[str, str]:
    return {
        str(path.relative_to(where)): path.read_text()
        for place in ("src", "tests")
        for path in (where / place).rglob("*.py")
    }


@pytest.mark.long
def test_the_copy_is_registered_formatted_and_passes(tmp_path: Path, postgres_url: str) -> None:
    for place in ("src", "tests", "scripts"):
        shutil.copytree(ROOT / place, tmp_path / place)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    before = files(tmp_path)

    begun = run(tmp_path, "scripts/new_connector.py", "acme", "Acme Hire")

    assert begun.returncode == 0, begun.stderr
    after = files(tmp_path)
    assert {name for name in before if before[name] != after[name]} == {
        "src/jemmo/connectors/registry.py",
        "src/jemmo/sandbox/server.py",
        "tests/contracts/vendors/all.py",
    }
    new = {name: text for name, text in after.items() if name not in before}
    assert not [name for name, text in new.items() if "emplate" in text]
    assert "Acme Hire" in new["src/jemmo/connectors/acme/connector.py"]
    clean = run(
        tmp_path, "-m", "ruff", "check", "--no-cache", "src/jemmo/connectors", "tests/contracts"
    )
    assert clean.returncode == 0, clean.stdout
    passed = run(
        tmp_path,
        *("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "long or not long"),
        *("tests/contracts/test_every_connector.py", "-k", f"acme and ({FIRST})"),
        JEMMO_TEST_DATABASE_URL=postgres_url,
    )
    assert passed.returncode == 0, passed.stdout[-3000:]
    assert "4 passed" in passed.stdout


TOUCHED = ("src/jemmo/connectors", "src/jemmo/sandbox", "tests/connectors", "tests/contracts")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files that the script changes, without the project's tools."""
    for place in (*TOUCHED, "scripts"):
        shutil.copytree(ROOT / place, tmp_path / "project" / place)
    return tmp_path / "project"


@pytest.fixture
def plain(tmp_path: Path) -> str:
    """A Python without installed packages."""
    venv.create(tmp_path / "plain")
    return str(tmp_path / "plain" / "bin" / "python")


def test_an_invalid_name_or_label_changes_nothing(project: Path) -> None:
    before = files(project)
    for given in (
        *(("jarvi", "Jarvi"), ("Acme!", "Acme"), ("acme",)),
        *(("listing", "Listing"), ("class", "Class"), ("acme", 'Acme "Hire"'), ("acme", " ")),
    ):
        done = run(project, "scripts/new_connector.py", *given)
        assert done.returncode == 1, given
        assert done.stderr
        assert "Traceback" not in done.stderr
    assert files(project) == before


def test_a_plain_python_uses_the_tools_of_the_project(project: Path, plain: str) -> None:
    (project / ".venv").symlink_to(sys.prefix)

    begun = run(project, "scripts/new_connector.py", "acme", "Acme Hire", python=plain)

    assert begun.returncode == 0, begun.stderr
    assert (project / "src/jemmo/connectors/acme/connector.py").exists()


def test_without_tools_it_names_a_command_that_works(project: Path, plain: str) -> None:
    before = files(project)

    done = run(project, "scripts/new_connector.py", "acme", "Acme Hire", python=plain)

    assert done.returncode == 1
    assert "scripts/install dev" in done.stderr
    assert ".venv/bin/python scripts/new_connector.py acme 'Acme Hire'" in done.stderr
    assert files(project) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("tests/contracts/vendors/all.py", "VENDORS:", "EVERYBODY:"),
        ("src/jemmo/connectors/template/source.py", "class TemplateSource", "class class"),
    ],
    ids=["a registry without its list", "a copy that ruff refuses"],
)
def test_a_failed_step_is_undone(project: Path, file: str, old: str, new: str) -> None:
    changed = project / file
    changed.write_text(changed.read_text().replace(old, new))
    before = files(project)

    done = run(project, "scripts/new_connector.py", "acme", "Acme Hire")

    assert done.returncode == 1
    assert "Nothing was changed" in done.stderr
    assert "Traceback" not in done.stderr
    assert files(project) == before
    assert not list(project.rglob("*acme*"))
