"""Words errors about paused deletions in English, with the decision made since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jemmo.domain.brake import DECISION_TEXTS, message_of
from jemmo.store.connections.paused_deletions import with_decision
from jemmo.store.models import Connection


def decided_error(
    connection: Connection, error: Mapping[str, Any], ended_at: datetime | None
) -> dict[str, Any]:
    """Return a sync's error. If it was decided, the decision replaces the next step and the request for a review."""
    error = with_decision(connection.id, error, ended_at)
    if decided := error.get("decided"):
        error["message"] = decided_message(connection, error)
        error["next_step"] = DECISION_TEXTS[decided]
    return error


def decided_message(connection: Connection, error: Mapping[str, Any]) -> str:
    """Return the message of such an error after the decision."""
    deleted = error.get("deleted") or {}
    return message_of(error["paused"], deleted, connection.display_name, is_decided=True)
