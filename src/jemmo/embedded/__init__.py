"""The bundled Postgres, for users without a server of their own.

``database_url()`` is what nearly everyone wants. The server listens on a private socket only,
starts in well under a second, and continues after the command that started it, until ``stop()``.
"""

from jemmo.embedded.checks import Problem, check_server
from jemmo.embedded.errors import PostgresError
from jemmo.embedded.server import (
    database_url,
    ensure_running,
    is_alive,
    is_running,
    stop,
)

__all__ = [
    "PostgresError",
    "Problem",
    "check_server",
    "database_url",
    "ensure_running",
    "is_alive",
    "is_running",
    "stop",
]
