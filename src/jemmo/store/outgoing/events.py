"""Events for endpoints, written in the transaction that causes them.

Triggers write the events that follow from a change of a row, whichever code or version ends a run or changes a
connection's state. Nothing depends on the notification, since workers also poll every few seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

import msgspec

from jemmo.domain.outgoing import Event
from jemmo.store.db import schema
from jemmo.store.db.query import execute

CHANNEL = "jemmo_outgoing"
MAX_PEOPLE = 500  # per message

_FUNCTION = """CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, "{schema}", pg_temp AS $$ BEGIN {body} RETURN NULL; END $$"""
_TRIGGER = """CREATE OR REPLACE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW
    WHEN ({condition}) EXECUTE FUNCTION {name}()"""
_SEND = f"""
    INSERT INTO outgoing_message (id, org_id, endpoint_id, event, data)
    SELECT gen_random_uuid(), e.org_id, e.id, {{event}}, {{data}} FROM outgoing_endpoint e
    WHERE e.org_id = {{org}} AND e.state = 'active' AND {{event}} = ANY(e.events)
        AND (e.connections = '{{{{}}}}' OR {{connection}} = ANY(e.connections));
    IF FOUND THEN PERFORM pg_notify('{CHANNEL}', ''); END IF;"""

_ORG_OF_CONNECTION = "(SELECT org_id FROM connection WHERE id = NEW.connection_id)"
_RUN = """jsonb_build_object('connection_id', NEW.connection_id, 'run_id', NEW.id, 'mode', NEW.mode,
    'scope', nullif(NEW.scope, ''), 'trigger', NEW.trigger, 'status', NEW.status, 'started_at', NEW.started_at,
    'finished_at', NEW.finished_at, 'error', NEW.report -> 'error' -> 'code')"""
_REJECTED = """jsonb_build_object('connection_id', NEW.connection_id, 'run_id', NEW.id,
    'issue', 'rejected_records')"""
_STATE = """jsonb_build_object('connection_id', NEW.id, 'provider', NEW.provider, 'state', NEW.state,
    'before', OLD.state)"""
_STALLED = "jsonb_build_object('connection_id', NEW.connection_id, 'noticed_at', NEW.created_at)"
_DECISION = """jsonb_build_object('connection_id', NEW.connection_id, 'run_id', NEW.run_id,
    'issue', coalesce(NEW.facts -> 'error' ->> 'code', 'unknown'))"""


def statements() -> Iterator[str]:
    """Yield the statements that create the triggers."""
    yield from _trigger(
        "sync_run",
        "UPDATE OF status",
        "OLD.status = 'running' AND NEW.status <> 'running'",
        _send(f"'{Event.SYNC}'", _RUN, _ORG_OF_CONNECTION)
        + " IF jsonb_path_exists(NEW.report, '$.streams.*.rejected ? (@ > 0)') THEN"
        + _send(f"'{Event.ISSUE}'", _REJECTED, _ORG_OF_CONNECTION)
        + " END IF;",
    )
    yield from _trigger(
        "connection",
        "UPDATE OF state",
        "OLD.state <> NEW.state",
        _send(f"'{Event.CONNECTION}'", _STATE, "NEW.org_id", connection_id="NEW.id"),
    )
    late = f"CASE NEW.kind WHEN 'sync_late' THEN '{Event.LATE}' ELSE '{Event.SLOW}' END"
    yield from _trigger(
        "notification",
        "INSERT",
        "NEW.kind IN ('sync_late', 'sync_slow', 'sync_attention')",
        "IF NEW.kind = 'sync_attention' THEN"
        + _send(f"'{Event.ISSUE}'", _DECISION, "NEW.org_id")
        + " ELSE"
        + _send(late, _STALLED, "NEW.org_id")
        + " END IF;",
    )


def _send(event: str, data: str, org: str, *, connection_id: str = "NEW.connection_id") -> str:
    return _SEND.format(event=event, data=data, org=org, connection=connection_id)


def _trigger(table: str, event: str, condition: str, body: str) -> Iterator[str]:
    name = f"jemmo_outgoing_{table}"
    yield _FUNCTION.format(name=name, schema=schema.name(), body=body)
    yield _TRIGGER.format(name=name, event=event, table=table, condition=condition)


_ERASED = """
    INSERT INTO outgoing_message (id, org_id, endpoint_id, event, data)
    SELECT gen_random_uuid(), e.org_id, e.id, %(event)s, %(data)s::jsonb FROM outgoing_endpoint e
    WHERE e.org_id = %(org)s AND %(event)s = ANY(e.events)
        AND (e.connections = '{}' OR e.connections && %(connections)s)"""
_CLEAR_RESPONSES = """
    UPDATE outgoing_attempt SET response = '' WHERE response <> ''
        AND message_id IN (SELECT id FROM outgoing_message WHERE org_id = %s)"""


def note_erased(
    org_id: UUID,
    erasure_id: UUID,
    kind: str,
    talents: Collection[UUID],
    connections: Collection[UUID],
) -> None:
    """Tell endpoints which talents were erased, in the erasure's transaction.

    The message waits even for an endpoint that is off, since its receiver still has the data.
    Stored responses are deleted, because receivers may have repeated data about these people.
    """
    listed = sorted(talents)
    execute(_CLEAR_RESPONSES, [org_id])
    for start in range(0, len(listed), MAX_PEOPLE):
        people = listed[start : start + MAX_PEOPLE]
        data = {"erasure_id": erasure_id, "cause": kind, "talent_ids": people}
        params: dict[str, Any] = {
            "org": org_id,
            "event": str(Event.ERASED),
            "data": msgspec.json.encode(data).decode(),
            "connections": list(connections),
        }
        execute(_ERASED, params)
    wake()


def wake() -> None:
    """Wake the workers when this transaction is committed."""
    execute("SELECT pg_notify(%s, '')", [CHANNEL])
