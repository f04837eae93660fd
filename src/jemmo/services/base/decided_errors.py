"""Errors about paused deletions in English, with the connection's name and the decision made since."""

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
    """Return the error of a sync that ended then. A decision replaces the next step and the request for a review."""
    error = with_decision(connection, error, ended_at)
    decided = error.get("decided")
    if error.get("paused"):
        error["message"] = paused_message(connection, error, is_decided=bool(decided))
    if decided:
        error["next_step"] = DECISION_TEXTS[decided]
    return error


def paused_message(connection: Connection, error: Mapping[str, Any], *, is_decided: bool) -> str:
    """Return what an error about paused deletions says: under the connection's present name, whatever was stored."""
    deleted = error.get("deleted") or {}
    return message_of(error["paused"], deleted, connection.display_name, is_decided=is_decided)
