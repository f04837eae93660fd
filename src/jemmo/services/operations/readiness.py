"""Checks whether this process is ready: database, tables, keys, and a recently seen worker."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError, connection

from jemmo.domain.errors import ConfigError, JemmoError
from jemmo.store.db import task_queue, versions
from jemmo.store.db.postgres import explain, ping
from jemmo.vault import default_vault

WORKER_SEEN = "2 minutes"


def checks() -> dict[str, str]:
    """Return each check with ``ok`` or the problem, without secrets.

    Without a database, checks that need one are skipped, since each would wait for a connection.
    """
    outcomes: dict[str, str] = {}
    for name, check in CHECKS.items():
        database = outcomes.get("database", "ok")
        outcomes[name] = _outcome(check) if database == "ok" or check is _keyset else database
    return outcomes


def _outcome(check: Callable[[], str]) -> str:
    try:
        return check()
    except DatabaseError as error:
        known = explain(error)
        return known.message if known else "the database isn't responding"
    except (JemmoError, OSError, ValueError) as error:
        return f"failed: {type(error).__name__}"


def _database() -> str:
    ping()
    return "ok"


def _migrations() -> str:
    try:
        missing = versions.count_missing(connection)
    except ConfigError as error:
        return error.message
    return f"{missing} migrations have not been applied. Run `jemmo migrate`." if missing else "ok"


def _keyset() -> str:
    vault = default_vault()
    fine = vault.open(vault.seal(b"ready", b"readyz"), b"readyz") == b"ready"
    return "ok" if fine else "the keys can't decrypt existing data"


def worker_seen() -> bool:
    """Whether a worker reported recently."""
    return task_queue.worker_seen(WORKER_SEEN)


def _worker() -> str:
    return "ok" if worker_seen() else "no worker was active recently. Start `jemmo worker`."


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "keyset": _keyset,
    "worker": _worker,
}
