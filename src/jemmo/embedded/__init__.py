"""The bundled Postgres, for users without a server of their own.

Most callers need only ``database_url()``. The server listens only on a private socket, starts in well under a second,
and keeps running after the command that started it, until ``stop()``.
"""

from jemmo.embedded.checks import Problem, check_server
from jemmo.embedded.errors import PostgresError
from jemmo.embedded.server import database_url, ensure_running, is_alive, is_running, stop

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
