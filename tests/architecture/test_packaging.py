"""What newcomers see first: metadata, the public workflow, issue forms, and the contributor's page."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import jemmo

SOURCE = Path(jemmo.__file__).parent
ROOT = SOURCE.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WITHOUT_CAP = {"tzdata"}  # its versions are dates, and the newest time zones are always needed


def required() -> list[Requirement]:
    lists = (
        ROOT / "requirements" / f"{name}.in" for name in ("run", "mcp", "otel", "parquet", "s3")
    )
    lines = [line for path in lists for line in path.read_text().splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]


@pytest.mark.parametrize("package", required(), ids=lambda package: package.name)
def test_dependencies_have_a_minimum_and_a_cap(package: Requirement) -> None:
    operators = {specifier.operator for specifier in package.specifier}
    assert operators == ({">="} if package.name in WITHOUT_CAP else {">=", "<"})


PYTHONS = [name.rsplit(" ", 1)[-1] for name in PROJECT["classifiers"] if " Python :: 3." in name]


@pytest.mark.parametrize("python", PYTHONS)
def test_the_wheels_requirements_match_the_pins_on_every_python(python: str) -> None:
    lines = (ROOT / "requirements" / "run.txt").read_text().replace("\\", "").splitlines()
    pins = [Requirement(line) for line in lines if re.match(r"\w", line)]
    here = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    pinned = {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in pins
        if pin.marker is None or pin.marker.evaluate(here)
    }
    for package in required():
        if package.marker is None or package.marker.evaluate(here):
            version = pinned[canonicalize_name(package.name)]
            assert package.specifier.contains(version), f"{package} is pinned to {version}"


def test_the_workflow_runs_every_supported_python() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert re.findall(r'"(3\.\d+)"', workflow) == PYTHONS
    assert "run: .ci/run" in workflow


def test_bug_reports_ask_for_the_output_of_doctor() -> None:
    for form in ("bug", "connector"):
        text = (ROOT / ".github" / "ISSUE_TEMPLATE" / f"{form}.yml").read_text()
        assert "jemmo doctor --json" in text


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def test_the_contributors_page_names_every_layer() -> None:
    table = CONTRIBUTING.split("| layer |")[1].split("\n\n")[0]
    named = set(
        re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in table.splitlines()[2:]))
    )
    folders = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert named - folders == {"bootstrap", "home"}, "single modules"
    assert named >= folders


def test_the_contributors_page_names_existing_files_and_functions() -> None:
    outside = re.sub(r"```.*?```", "", CONTRIBUTING, flags=re.DOTALL)
    for name in re.findall(r"`((?:\.?[\w-]+/)+[\w.*-]*)`", outside):
        assert list(ROOT.glob(name.rstrip("/"))), name
    for name in re.findall(r"`(?:\w+\.)+(\w+)\(`", outside):
        assert any(f"def {name}(" in path.read_text() for path in SOURCE.rglob("*.py")), name
