"""The reference pages are up to date with the code; `make reference` generates them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

import jemmo

ROOT = Path(jemmo.__file__).parent.parent.parent
STALE = "`make reference` brings it up to date"


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_line_is_as_described(reference: ModuleType) -> None:
    assert (ROOT / "docs" / "cli.md").read_text() == reference.command_line(), STALE


def test_connectors_are_as_described(reference: ModuleType) -> None:
    assert (ROOT / "docs" / "connectors.md").read_text() == reference.connectors_page() + "\n", (
        STALE
    )


def test_the_data_model_is_as_described(reference: ModuleType) -> None:
    page = (ROOT / "docs" / "data-model.md").read_text()
    assert page == reference.data_model(page), STALE


def test_every_column_and_table_has_a_meaning() -> None:
    rows = (ROOT / "docs" / "data-model.md").read_text().splitlines()
    assert [row for row in rows if row.startswith("| `") and row.endswith("|  |")] == []
