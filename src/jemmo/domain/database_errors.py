"""What a refusal of the database server means: by SQLSTATE, or by the server's words where there is none yet.

The server's own text is never repeated, since it may hold a person's data.
"""

from __future__ import annotations

import re

from msgspec import Struct

from jemmo.domain.errors import TransientError


class Refusal(Struct, frozen=True):
    """One way in which the server refuses.

    Always a ``TransientError``: a ``ConfigError`` is for the customer, who has no say in the database.
    """

    code: str
    message: str
    next_step: str

    def error(self) -> TransientError:
        return TransientError(self.message, code=self.code, next_step=self.next_step)


_GOES_ON = "Syncs go on where they stopped."
_WAIT = f"Wait a minute and try again. {_GOES_ON}"

AWAY = Refusal(
    "database_unavailable",
    "The connection to the database was lost.",
    f"Check that Postgres runs (`jemmo doctor`), then try again. {_GOES_ON}",
)
DISK_FULL = Refusal(
    "database_disk_full",
    "The disk of the database server is full.",
    f"Free some space where Postgres keeps its data, then try again. {_GOES_ON} "
    "Nothing that was saved is lost.",
)
OUT_OF_MEMORY = Refusal(
    "database_out_of_memory",
    "The database server ran out of memory.",
    f"Give Postgres more memory, or lower work_mem or the workers' --concurrency. {_GOES_ON}",
)
TOO_MANY = Refusal(
    "database_connections",
    "The database server accepts no more connections.",
    "Raise max_connections, or run fewer workers: docs/operations.md says how many connections "
    f"each process needs. {_GOES_ON}",
)
LIMIT = Refusal(
    "database_limit",
    "A statement needed more than the database server allows, such as temp_file_limit.",
    "Raise that limit for the role of DATABASE_URL; the server's log names it.",
)
OCCUPIED = Refusal(
    "database_occupied",
    "No database connection was free in time.",
    f"Wait a minute and try again. If it lasts, `jemmo doctor` checks the server, and "
    f"JEMMO_WEB_CONNECTIONS gives the pages more connections. {_GOES_ON}",
)
RESTARTING = Refusal(
    "database_restarting", "The database server is starting, stopping or recovering.", _WAIT
)
TIME_LIMIT = Refusal(
    "database_time_limit",
    "The database server ended the work because it reached a time limit.",
    "Raise statement_timeout, lock_timeout, idle_session_timeout and "
    "idle_in_transaction_session_timeout for the role of DATABASE_URL, or switch them off with 0.",
)
BUSY = Refusal(
    "database_busy", "Two tasks needed the same rows, and the database let one of them wait.", _WAIT
)
READ_ONLY = Refusal(
    "database_read_only",
    "The database is read-only: it is a standby, or its provider has switched writing off.",
    "Let DATABASE_URL name the primary server. If it does, ask the provider why it is read-only: "
    "often because its disk is full.",
)
REFUSED = Refusal(
    "database_access",
    "The database server does not let the role of DATABASE_URL in.",
    "Check role, password and database in DATABASE_URL, and the server's pg_hba.conf.",
)
MISSING = Refusal(
    "database_missing",
    "The database that DATABASE_URL names does not exist.",
    "Create it, or correct the name in DATABASE_URL.",
)
SYSTEM = Refusal(
    "database_system",
    "The database server could not read or write its own files.",
    "Look at the server's log and at its disk.",
)
DAMAGED = Refusal(
    "database_damaged",
    "The database server found damaged data.",
    "Stop Jemmo, check the server's disk, and restore the last backup with `jemmo restore`.",
)

# By whole SQLSTATE, then by class. Absent on purpose: what only a mistake of ours can cause (22, 23, 42, 54 …).
_STATES = {
    "53100": DISK_FULL,
    "53200": OUT_OF_MEMORY,
    "53300": TOO_MANY,
    "57P01": RESTARTING,  # admin_shutdown
    "57P02": RESTARTING,  # crash_shutdown
    "57P03": RESTARTING,  # cannot_connect_now
    "57P04": MISSING,  # database_dropped
    "57P05": TIME_LIMIT,  # idle_session_timeout
    "57014": TIME_LIMIT,  # query_canceled
    "55P03": BUSY,  # lock_not_available
    "25006": READ_ONLY,
    "25P03": TIME_LIMIT,  # idle_in_transaction_session_timeout
    "25P04": TIME_LIMIT,  # transaction_timeout
    "3D000": MISSING,
    "XX001": DAMAGED,
    "XX002": DAMAGED,  # index_corrupted
}
_CLASSES = {
    "08": AWAY,
    "28": REFUSED,
    "40": BUSY,  # deadlock_detected, serialization_failure
    "53": LIMIT,
    "57": RESTARTING,
    "58": SYSTEM,
    "F0": SYSTEM,
}

# While connecting, drivers pass on the server's words and no SQLSTATE. Connection poolers have words of their own.
_WORDS = (
    (r"too many (clients|connections)|connection slots are reserved", TOO_MANY),
    (r"(?i)max[ _]?client|no more connections allowed|query_wait_timeout", TOO_MANY),  # poolers
    (r"couldn't get a connection", OCCUPIED),  # our own pool
    (r"(starting|shutting) up|shutting down|recovery mode|not (yet )?accepting", RESTARTING),
    (r"password authentication failed|no pg_hba\.conf entry|role .* does not exist", REFUSED),
    (r"is not permitted to log in|permission denied for database", REFUSED),
    (r"database .* does not exist", MISSING),
    (r"read-only|session is not read-write", READ_ONLY),
    (r"No space left on device", DISK_FULL),
    (r"out of memory|Cannot allocate memory", OUT_OF_MEMORY),
)


def refusal(state: str | None, words: str = "") -> Refusal | None:
    """What this SQLSTATE means, or these words of the server where there is no state."""
    if state:
        return _STATES.get(state) or _CLASSES.get(state[:2])
    known = (meaning for pattern, meaning in _WORDS if re.search(pattern, words))
    return next(known, AWAY)
