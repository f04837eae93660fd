"""Which talents are older than their connection's history limit: see ``domain.history``."""

from __future__ import annotations

OLDER = "older_than_history"


def is_older(row: str) -> str:
    """Return the condition that neither a talent nor any of its applications has changed since the history begins.

    Parameter: ``limit``, the start of the history; ``NULL`` means no limit.
    """
    return (
        f"coalesce({row}.remote_updated_at < %(limit)s::timestamptz AND NOT EXISTS ("
        f"SELECT FROM application o WHERE o.talent_id = {row}.id AND o.remote_deleted_at IS NULL "
        "AND coalesce(o.remote_updated_at >= %(limit)s::timestamptz, true)), false)"
    )
