"""The help bubble's initial findings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jemmo.domain.diagnosis import ConnectionFacts, findings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DECISION = {"code": "mass_deletion_held"}
ERROR = {"code": "x", "message": "No.", "next_step": "Do."}


def facts(**changes: Any) -> ConnectionFacts:
    well = {"state": "active", "running": False, "last_success_at": NOW, "error": None}
    well["begun"] = True
    return ConnectionFacts(**{"id": "1", "name": "Acme", "since": NOW, **well, **changes})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "well"),
        ({"state": "paused", "begun": False, "last_success_at": None}, "not_started"),
        ({"state": "refused", "error": ERROR}, "refused"),
        ({"state": "paused", "error": ERROR}, "paused"),
        ({"error": ERROR}, "failed"),
        ({"running": True}, "running"),
        ({"last_success_at": None}, "never"),
        ({"last_success_at": NOW - timedelta(hours=25)}, "overdue"),
        ({"late": True}, "late"),
        ({"last_success_at": NOW - timedelta(hours=25), "late": True}, "late"),
        ({"running": True, "slow": True}, "slow"),
        ({"decision": DECISION}, "held"),
        ({"files_error": ERROR}, "files"),
    ],
)
def test_each_state_has_its_finding(changes: dict[str, Any], code: str) -> None:
    found = findings([facts(**changes)], now=NOW)

    assert [one.kind for one in found] == [code]
    assert found[0].name == ("" if code == "well" else "Acme")


def test_a_slow_sync_is_shown_even_after_a_failure() -> None:
    found = findings([facts(error=ERROR, running=True, slow=True)], now=NOW)
    assert [finding.kind for finding in found] == ["failed", "slow"]


def test_a_missing_connection_is_the_finding() -> None:
    assert [one.kind for one in findings([], now=NOW)] == ["nothing_connected"]


def test_the_most_serious_finding_comes_first() -> None:
    found = findings([facts(state="paused"), facts(error=ERROR, decision=DECISION)], now=NOW)

    assert [one.kind for one in found] == ["failed", "paused", "held"]
    assert found[0].error == ERROR
