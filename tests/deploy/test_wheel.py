"""The wheel in a new environment without the repository, as after `pip install jemmo` or `uvx jemmo`."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import jemmo
from jemmo.cli.operations.demo import free_port

pytestmark = pytest.mark.one_server
ROOT = Path(jemmo.__file__).parents[2]
LONGEST = 900  # seconds, mostly for downloading about eighty packages


def run(*words: str | Path, cwd: Path, **env: str) -> str:
    """Run a program without access to the repository; return its output."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "JEMMO_", "DJANGO_", "DATABASE_", "VIRTUAL_"))
    }
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**clean, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", folder, ROOT),
        cwd=folder,
    )
    [built] = folder.glob("jemmo-*.whl")
    return built


def test_it_contains_data_files_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    package = ROOT / "src" / "jemmo"
    for suffix in (".html", ".json", ".css", ".js", ".mo", ".svg"):
        expected = {f"jemmo/{path.relative_to(package)}" for path in package.rglob(f"*{suffix}")}
        assert expected <= set(names), suffix
    page = zipfile.ZipFile(wheel).read("jemmo/api/data-model.md")  # needed by the API's reference
    assert page == (ROOT / "docs" / "data-model.md").read_bytes()
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]
    assert "jemmo_client/__init__.py" in names


def test_the_demo_starts_from_only_the_wheel(wheel: Path, tmp_path: Path) -> None:
    environment, home = tmp_path / "venv", tmp_path / "home"
    venv.create(environment, with_pip=True)
    python, program = environment / "bin" / "python", environment / "bin" / "jemmo"
    run(python, "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path)
    where = run(python, "-c", "import jemmo; print(jemmo.__file__)", cwd=tmp_path)
    assert where.startswith(str(environment))

    words = ("up", "--demo", "--exit-when-ready", "--port", str(free_port()))
    try:
        printed = run(program, *words, cwd=tmp_path, JEMMO_HOME=str(home))
        assert "http://" in printed
        status = run(program, "status", "--json", cwd=tmp_path, JEMMO_HOME=str(home))
        assert '"talents"' in status
        run(program, "verify", "--help", cwd=tmp_path, JEMMO_HOME=str(home))
    finally:
        run(program, "down", cwd=tmp_path, JEMMO_HOME=str(home))
