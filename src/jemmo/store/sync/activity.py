"""Which applications count as active: active ones in the ATS and, for some days, those that led to a hire."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jemmo.domain.rules import Rules

HIRED_AT = ("hired_at", "stage_entered_at", "remote_updated_at", "created_at")
"""When an application was hired: the first of these dates that the ATS reported."""


def counts_as_active(row: str) -> str:
    """Return the condition that an application makes its talent visible.

    It takes the parameters that ``parameters`` returns. Without ``hired_since``, no hire counts.
    """
    hired_at = ", ".join(f"{row}.{name}" for name in HIRED_AT)
    return (
        f"({row}.status = ANY(%(active)s) OR ({row}.status = 'HIRED' "
        f"AND coalesce({hired_at}) >= %(hired_since)s::timestamptz))"
    )


def parameters(rules: Rules, now: datetime) -> dict[str, Any]:
    return {
        "active": [str(status) for status in rules.active_statuses],
        "hired_since": rules.hired_since(now),
    }
