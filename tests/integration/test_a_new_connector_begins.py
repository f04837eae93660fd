"""What a newcomer does first: the template is copied, and the copy passes the suite at once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import jemmo

pytestmark = pytest.mark.one_server

ROOT = Path(jemmo.__file__).parent.parent.parent
FIRST = "brings_every_record or old_record_that_changes or deleted_record or costs_a_handful"


def run(where: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
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


def test_the_copy_is_registered_clean_and_passes(tmp_path: Path, postgres_url: str) -> None:
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
        *("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider"),
        *("tests/contracts/test_every_connector.py", "-k", f"acme and ({FIRST})"),
        JEMMO_TEST_DATABASE_URL=postgres_url,
    )
    assert passed.returncode == 0, passed.stdout[-3000:]
    assert "4 passed" in passed.stdout


def test_a_name_that_is_taken_or_odd_changes_nothing(tmp_path: Path) -> None:
    for place in (
        "src/jemmo/connectors",
        "src/jemmo/sandbox",
        "tests/connectors",
        "tests/contracts",
    ):
        shutil.copytree(ROOT / place, tmp_path / place)
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    before = files(tmp_path)
    for given in (("jarvi", "Jarvi"), ("Acme!", "Acme"), ("acme",)):
        done = run(tmp_path, "scripts/new_connector.py", *given)
        assert done.returncode == 1
        assert done.stderr
    assert files(tmp_path) == before
