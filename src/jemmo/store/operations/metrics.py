"""The queries for the metrics, one per subject, over all connections."""

from __future__ import annotations

from jemmo.store.db import leases

# Connections in use: id, ATS, state, failures in a row, age of the data, seconds overdue, whether a run is in progress.
CONNECTIONS = f"""
    SELECT c.id::text, c.provider, c.state, c.failures,
        extract(epoch FROM now() - c.last_success_at)::float8,
        extract(epoch FROM now() - c.due_at)::float8,
        {leases.UNEXPIRED}
    FROM connection c WHERE c.state <> 'disconnected'"""

# API keys: connection, ATS, days since the key was set, days until it expires.
KEYS = """
    SELECT id::text, provider, extract(epoch FROM now() - key_set_at) / 86400,
        extract(epoch FROM key_expires_at - now()) / 86400
    FROM connection WHERE state NOT IN ('disconnected', 'leaving') AND length(sealed_key) > 0"""

# Runs of a period: ATS, mode, status, error class, count, requests to the ATS.
RUNS = """
    SELECT c.provider, r.mode, r.status, coalesce(r.report ->> 'failure', ''), count(*),
        sum(CASE jsonb_typeof(r.report -> 'requests') WHEN 'number' THEN (r.report -> 'requests')::numeric ELSE 0 END)
    FROM sync_run r JOIN connection c ON c.id = r.connection_id
    WHERE r.started_at > now() - %s GROUP BY 1, 2, 3, 4"""

# Records of a period's runs: ATS, stream, outcome, count. Reports written by another version may contain anything.
RECORDS = """
    SELECT c.provider, s.key, o.key, sum(o.value::numeric)
    FROM sync_run r JOIN connection c ON c.id = r.connection_id,
        jsonb_each(CASE jsonb_typeof(r.report -> 'streams') WHEN 'object' THEN r.report -> 'streams' ELSE '{}' END) s,
        jsonb_each(CASE jsonb_typeof(s.value) WHEN 'object' THEN s.value ELSE '{}' END) o
    WHERE r.started_at > now() - %s AND jsonb_typeof(o.value) = 'number' GROUP BY 1, 2, 3"""

# API keys by digest: the ATS's limit, seconds on hold, requests in the last minute, requests left in the window.
QUOTA = """
    SELECT encode(p.key, 'hex'), p.told_limit, greatest(0, p.held_until - extract(epoch FROM now()))::float8,
        (SELECT count(*) FROM unnest(p.sent) s WHERE s > extract(epoch FROM now()) - 60),
        greatest(0, p.told_limit - (SELECT count(*) FROM unnest(p.sent) s
            WHERE s > extract(epoch FROM now()) - p.per))
    FROM pace p"""

# Seconds of the ATS's time that each connection used in a period, if the ATS counts that.
TIME_USED = """
    SELECT c.id::text, c.provider, sum(q.seconds)
    FROM quota_use q JOIN connection c ON c.id = q.connection_id
    WHERE q.at > now() - %s GROUP BY 1, 2"""

# Refetch requests that are due.
WAITING_HINTS = "SELECT count(*) FROM webhook_hint WHERE due_at IS NOT NULL"

# Outgoing webhooks that wait or failed.
OUTGOING = """
    SELECT state, count(*) FROM outgoing_message WHERE state IN ('waiting', 'failed') GROUP BY 1"""
