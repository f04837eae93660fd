"""The lease, which decides which run may write to a connection. No other module names its table."""

from __future__ import annotations

from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from jemmo.store.db.query import afetch_value

TABLE = "lease"

# Whether the holder's database session still exists.
_HOLDER = """SELECT FROM pg_stat_activity a
                WHERE a.pid = l.holder_pid AND a.backend_start = l.holder_since"""

# Whether a run holds the connection ``c``. The lease of a killed holder doesn't count.
HELD = f"""EXISTS (SELECT FROM lease l WHERE l.connection_id = c.id
            AND l.expires_at > clock_timestamp() AND (l.holder_pid IS NULL OR EXISTS ({_HOLDER})))"""

# Whether the connection ``c`` has an unexpired lease, even if its holder is gone.
UNEXPIRED = "EXISTS (SELECT FROM lease l WHERE l.connection_id = c.id AND l.expires_at > now())"

# Whether the lease of connection ``c`` waits for the next slice of its run.
BETWEEN_SLICES = (
    "EXISTS (SELECT FROM lease l WHERE l.connection_id = c.id AND l.holder_pid IS NULL)"
)

# Take the lease for a new run, unless another run has it.
TAKE = f"""
    INSERT INTO lease AS l (connection_id, token, run_id, expires_at, holder_pid, holder_since)
    SELECT %s, %s, %s, clock_timestamp() + %s, pid, backend_start
    FROM pg_stat_activity WHERE pid = pg_backend_pid()
    ON CONFLICT (connection_id) DO UPDATE SET token = excluded.token,
        run_id = excluded.run_id, expires_at = excluded.expires_at,
        holder_pid = excluded.holder_pid, holder_since = excluded.holder_since
    WHERE l.expires_at < clock_timestamp()
        OR (l.holder_pid IS NOT NULL AND NOT EXISTS ({_HOLDER}))
    RETURNING 1"""

# Take the lease for the next slice of a run, with a new token.
TAKE_UP = """
    UPDATE lease l SET token = %s, expires_at = clock_timestamp() + %s,
        holder_pid = a.pid, holder_since = a.backend_start
    FROM pg_stat_activity a
    WHERE a.pid = pg_backend_pid() AND l.connection_id = %s AND l.token = %s"""

# Keep the lease for the next slice; until then it has no holder.
HAND_OVER = """
    UPDATE lease SET holder_pid = NULL, holder_since = NULL, expires_at = clock_timestamp() + %s
    WHERE connection_id = %s AND token = %s"""

RENEW = """
    UPDATE lease SET expires_at = clock_timestamp() + %(lease)s
    WHERE connection_id = %(connection)s AND token = %(token)s"""

RELEASE = "DELETE FROM lease WHERE connection_id = %s AND token = %s"


RELEASE_BETWEEN_SLICES = "DELETE FROM lease WHERE connection_id = ANY(%s) AND holder_pid IS NULL"


async def is_held(db: AsyncConnection[TupleRow], connection_id: UUID) -> bool:
    """Whether a run holds the connection's lease, and so has priority."""
    held = "SELECT true FROM lease WHERE connection_id = %s AND expires_at > clock_timestamp()"
    return bool(await afetch_value(db, held, [connection_id]))
