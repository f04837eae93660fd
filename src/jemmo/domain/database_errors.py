"""Classifies database errors by SQLSTATE, or by the server's message if it has none.

The server's message is never shown, since it may contain personal data.
"""

from __future__ import annotations

import re
from enum import StrEnum

from jemmo.domain.errors import TransientError


class Refusal(StrEnum):
    """Why the server refused, derived from the error's code.

    Always a ``TransientError``: a ``ConfigError`` is for customers, who can't change the database.
    """

    AWAY = "database_unavailable"
    DISK_FULL = "database_disk_full"
    OUT_OF_MEMORY = "database_out_of_memory"
    TOO_MANY = "database_connections"
    LIMIT = "database_limit"
    OCCUPIED = "database_occupied"
    RESTARTING = "database_restarting"
    TIME_LIMIT = "database_time_limit"
    BUSY = "database_busy"
    READ_ONLY = "database_read_only"
    REFUSED = "database_access"
    MISSING = "database_missing"
    SYSTEM = "database_system"
    DAMAGED = "database_damaged"

    def error(self) -> TransientError:
        return TransientError(self.value)


# By full SQLSTATE, then by class. Errors that only our own bugs can cause (22, 23, 42, 54 …) are missing on purpose.
_STATES = {
    "53100": Refusal.DISK_FULL,
    "53200": Refusal.OUT_OF_MEMORY,
    "53300": Refusal.TOO_MANY,
    "57P01": Refusal.RESTARTING,  # admin_shutdown
    "57P02": Refusal.RESTARTING,  # crash_shutdown
    "57P03": Refusal.RESTARTING,  # cannot_connect_now
    "57P04": Refusal.MISSING,  # database_dropped
    "57P05": Refusal.TIME_LIMIT,  # idle_session_timeout
    "57014": Refusal.TIME_LIMIT,  # query_canceled
    "55P03": Refusal.BUSY,  # lock_not_available
    "25006": Refusal.READ_ONLY,
    "25P03": Refusal.TIME_LIMIT,  # idle_in_transaction_session_timeout
    "25P04": Refusal.TIME_LIMIT,  # transaction_timeout
    "3D000": Refusal.MISSING,
    "XX001": Refusal.DAMAGED,
    "XX002": Refusal.DAMAGED,  # index_corrupted
}
_CLASSES = {
    "08": Refusal.AWAY,
    "28": Refusal.REFUSED,
    "40": Refusal.BUSY,  # deadlock_detected, serialization_failure
    "53": Refusal.LIMIT,
    "57": Refusal.RESTARTING,
    "58": Refusal.SYSTEM,
    "F0": Refusal.SYSTEM,
}

# While connecting, drivers report only the server's message, without an SQLSTATE. Poolers have their own messages.
_WORDS = (
    (r"too many (clients|connections)|connection slots are reserved", Refusal.TOO_MANY),
    (
        r"(?i)max[ _]?client|no more connections allowed|query_wait_timeout",
        Refusal.TOO_MANY,
    ),  # poolers
    (r"couldn't get a connection", Refusal.OCCUPIED),  # our own pool
    (
        r"(starting|shutting) up|shutting down|recovery mode|not (yet )?accepting",
        Refusal.RESTARTING,
    ),
    (
        r"password authentication failed|no pg_hba\.conf entry|role .* does not exist",
        Refusal.REFUSED,
    ),
    (r"is not permitted to log in|permission denied for database", Refusal.REFUSED),
    (r"database .* does not exist", Refusal.MISSING),
    (r"read-only|session is not read-write", Refusal.READ_ONLY),
    (r"No space left on device", Refusal.DISK_FULL),
    (r"out of memory|Cannot allocate memory", Refusal.OUT_OF_MEMORY),
)


def refusal(state: str | None, words: str = "") -> Refusal | None:
    """Classify an error by SQLSTATE, or by the server's message if there is no SQLSTATE."""
    if state:
        return _STATES.get(state) or _CLASSES.get(state[:2])
    known = (meaning for pattern, meaning in _WORDS if re.search(pattern, words))
    return next(known, Refusal.AWAY)
