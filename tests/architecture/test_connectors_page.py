"""The docs match the connectors' declarations, and the declarations match the connectors."""

from __future__ import annotations

from pathlib import Path

import pytest

import jemmo
from jemmo.connectors.base import Connector
from jemmo.connectors.registry import OFFERED

ROOT = Path(jemmo.__file__).parent.parent.parent


@pytest.mark.parametrize("one", OFFERED, ids=lambda one: one.name)
def test_declarations_match_the_connectors(one: Connector) -> None:
    assert one.capabilities.webhooks is (one.webhooks is not None)
    assert not one.capabilities.resumes or one.open_files is not None
    assert (ROOT / "src/jemmo/connectors" / one.name / "README.md").exists()


@pytest.mark.parametrize("one", OFFERED, ids=lambda one: one.name)
def test_the_test_basis_is_the_same_everywhere(one: Connector) -> None:
    """Compares docs/connectors.md, the table in the README, and the connector's own page."""
    assert one.evidence is not None
    row = next(
        line for line in (ROOT / "README.md").read_text().splitlines() if f"| [{one.label}]" in line
    )
    assert row.rstrip("| ").endswith(one.evidence.tried_on)
    own = (ROOT / "src/jemmo/connectors" / one.name / "README.md").read_text()
    untried = "Nobody has run this connector against a real account yet" in " ".join(own.split())
    assert untried is (one.evidence.tried_on == "simulator")


def test_a_connector_stays_small_to_add() -> None:
    """Checks the rounded figures in docs/adding-a-connector.md."""
    told = (ROOT / "docs" / "adding-a-connector.md").read_text()
    for place, row in (("connectors", "connector"), ("sandbox", "sandbox")):
        files = list((ROOT / "src/jemmo" / place / "greenhouse").glob("*.py"))
        lines = sum(len(one.read_text().splitlines()) for one in files)
        line = next(one for one in told.splitlines() if one.startswith(f"| {row} |"))
        counted = [int(cell) for cell in line.strip("| ").split("|")[1:]]
        assert counted[0] == len(files)
        assert counted[1] == pytest.approx(lines, rel=0.15)
