"""Fills a database with invented companies by a few statements, where only their number matters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from jemmo.store.models import Connection, Organisation

BIG = (
    *("talent", "talent_contacts", "application", "attachment", "file_version", "file_text"),
    *("sync_run", "rejection", "notification", "notification_delivery", "webhook_delivery"),
    *("webhook_hint", "sighting", "access_event", "stage_event", "pending_link"),
)
"""Tables that grow with the companies, so that periodic statements must not scan them."""

_FILL = (
    """INSERT INTO talent (id, org_id, connection_id, remote_id, content_hash, first_name, last_name,
           consent_state, excluded_reason, remote_deleted_at)
       SELECT gen_random_uuid(), %(org)s, %(connection)s, n, '', 'Odile', 'Martin ' || n, 'UNKNOWN',
           CASE WHEN n %% 5 = 0 THEN 'no_active_application' END,
           CASE WHEN n %% 50 = 0 THEN now() END
       FROM generate_series(1, %(talents)s) n""",
    """INSERT INTO talent_contacts (talent_id, org_id, sealed, hashes)
       SELECT id, org_id, '', '{}' FROM talent WHERE connection_id = %(connection)s""",
    """INSERT INTO application (id, org_id, connection_id, remote_id, content_hash, talent_id,
           talent_remote_id, status)
       SELECT gen_random_uuid(), org_id, connection_id, remote_id, '', id, remote_id, 'ACTIVE'
       FROM talent WHERE connection_id = %(connection)s""",
    """INSERT INTO attachment (talent_id, org_id, remote_id, kind, fetch_status, current_version)
       SELECT id, org_id, remote_id, 'RESUME',
           CASE WHEN excluded_reason IS NULL THEN 'STORED' ELSE 'PENDING' END, gen_random_uuid()
       FROM talent WHERE connection_id = %(connection)s""",
    """INSERT INTO file_version (id, org_id, attachment_id, sha256, size, content_type, state,
           text_status)
       SELECT a.current_version, a.org_id, a.id, 'x', 1, 'application/pdf', 'stored', 'DONE'
       FROM attachment a JOIN talent t ON t.id = a.talent_id
       WHERE t.connection_id = %(connection)s AND a.fetch_status = 'STORED'""",
    """INSERT INTO sync_run (id, connection_id, mode, trigger, status, started_at, finished_at, report)
       SELECT gen_random_uuid(), %(connection)s, CASE n WHEN 1 THEN 'initial' ELSE 'incremental' END,
           'schedule', 'succeeded', now() - n * interval '6 hours', now() - n * interval '6 hours',
           '{"streams": {"talents": {"fetched": 3}}}'
       FROM generate_series(1, 400) n""",
    """INSERT INTO notification (org_id, connection_id, kind, facts, created_at, last_at)
       SELECT %(org)s, %(connection)s, 'sync_failed', '{}', now() - n * interval '1 day',
           now() - n * interval '1 day'
       FROM generate_series(1, 200) n""",
    """INSERT INTO rejection (connection_id, stream, remote_id, code, message, at)
       SELECT %(connection)s, 'talents', n, 'no_name', '', now() - n * interval '1 day'
       FROM generate_series(1, 400) n""",
    """INSERT INTO webhook_delivery (connection_id, outcome, event, sealed_body, received_at)
       SELECT %(connection)s, 'accepted', 'x', repeat('x', 400)::bytea, now() - n * interval '3 minutes'
       FROM generate_series(1, 16000) n""",
    """INSERT INTO webhook_hint (connection_id, stream, remote_id, heard_at, applied_at, due_at)
       SELECT connection_id, 'talents', remote_id, now() - interval '1 day', now(), NULL
       FROM talent WHERE connection_id = %(connection)s""",
    """INSERT INTO access_event (org_id, action, talent)
       SELECT org_id, 'viewed', id FROM talent WHERE connection_id = %(connection)s""",
)


def fill(url: str, companies: int, talents: int) -> Sequence[UUID]:
    """Add companies with talents and a history; return the connections, none of which is due for a sync."""
    made = []
    never = datetime(9999, 1, 1, tzinfo=UTC)
    for _ in range(companies):
        org = Organisation.objects.create(slug=f"filled-{Organisation.objects.count()}")
        connection = Connection.objects.create(
            org=org, provider="teamtailor", sealed_key=b"x", key_set_at=never, due_at=never
        )
        made.append(connection.id)
        with psycopg.connect(url, autocommit=True) as db:
            for statement in _FILL:
                db.execute(
                    statement.encode(),
                    {"org": org.id, "connection": connection.id, "talents": talents},
                )
    return made
