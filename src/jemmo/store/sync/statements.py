"""The SQL of the data path, built once per table from ``tables.py``. Every value is a parameter.

A commit first compares content hashes (``known``). Rows that differ are staged by COPY into a temporary table. Then one
statement inserts, updates or skips them all and writes their parts: contacts, files, places, stage moves, and links
that must wait.
"""

from __future__ import annotations

from functools import cache

from jemmo.domain.entities import ENTITIES
from jemmo.domain.records import PLACEHOLDER, Move
from jemmo.domain.streams import Stream
from jemmo.store.db import leases
from jemmo.store.db.run_context import Policy
from jemmo.store.sync.activity import counts_as_active
from jemmo.store.sync.children import CHILDREN, Child
from jemmo.store.sync.history_limit import OLDER, is_older
from jemmo.store.sync.tables import (
    TABLES,
    Column,
    Link,
    Table,
    can_be_hidden,
    columns_of,
    is_hidden,
)

NO_ACTIVE = "no_active_application"
SEARCHED = 10_000  # characters of each value that are searchable; a tsvector has a limit


def staging_name(table: Table) -> str:
    return f"staged_{table.name}"


def _sealed(stream: Stream) -> list[Column]:
    """The encrypted values of a record next to its columns: a talent's contact details, and original texts."""
    if stream is Stream.TALENTS:
        return [Column("sealed", "bytea"), Column("hashes", "int8[]"), _TEXTS]
    return [_TEXTS] if ENTITIES[stream].has_sealed_texts else []


_TEXTS = Column("sealed_texts", "bytea")


def staged_columns(stream: Stream) -> tuple[Column, ...]:
    return (*TABLES[stream].staged, *_sealed(stream))


SITUATION = """
    SELECT EXISTS (SELECT FROM rejection WHERE connection_id = %(connection)s AND stream = %(stream)s),
        EXISTS (SELECT FROM pending_link WHERE connection_id = %(connection)s AND target = %(stream)s),
        EXISTS (SELECT FROM webhook_address
            WHERE connection_id = %(connection)s AND %(stream)s = ANY(streams))"""
"""Whether a stream has rejections, whether links wait for its records, and whether webhooks announce its changes."""


@cache
def known(stream: Stream) -> str:
    """Select the stored rows, with what is needed to detect another version from the ATS.

    The ids are looked up in one pass over the index. The last columns say whether a row from before this run is hidden,
    and whether the record was rejected since it was stored.
    """
    table = TABLES[stream]
    hidden = (
        f"t.created_at < %(began)s AND {is_hidden(stream)}" if can_be_hidden(stream) else "false"
    )
    return (
        f"SELECT t.remote_id, t.content_hash, {'t.excluded_reason' if table.hides else 'NULL'}, "
        f"t.remote_deleted_at IS NOT NULL, {hidden} AND t.remote_deleted_at IS NULL, "
        "EXISTS (SELECT FROM rejection r WHERE r.connection_id = t.connection_id "
        f"AND r.stream = '{stream}' AND r.remote_id = t.remote_id) "
        f"FROM {table.name} t WHERE t.connection_id = %(connection)s AND t.remote_id = ANY(%(ids)s::text[])"
    )


@cache
def upsert(stream: Stream) -> str:
    """Return the statement that writes a staged batch and returns its counts.

    Parameters: ``org``, ``connection``, ``policy`` (see ``run_context.Policy``), ``began``, ``hidden`` (the exclusion
    of a new talent that has no active application yet), ``unlisted`` (talents whose stored files stay, see
    ``records.Talent.lists_all_files``). A row is written only when its content differs and the policy allows replacing
    ours.
    """
    table = TABLES[stream]
    return (
        f"WITH {', '.join([_write(table), *_children(stream), *waiting(table)])} "
        "SELECT count(*) FILTER (WHERE created), count(*) FILTER (WHERE NOT created), "
        f"{_talents(table)} FROM written"
    )


def _searched(table: Table, name: str) -> str:
    listed = next(column for column in table.columns if column.name == name).type.endswith("[]")
    text = f"array_to_string(s.{name}, ' ')" if listed else f"s.{name}"
    return f"coalesce(left({text}, {SEARCHED}), '')"


def waiting(table: Table) -> list[str]:
    """Store the links of ``written`` rows whose target is missing so far."""
    return [_wait_for(table, place) for place in range(len(table.links))]


def _talents(table: Table) -> str:
    """Select the talents whose visibility must be decided again."""
    if table.stream is Stream.APPLICATIONS:
        return "array_agg(DISTINCT talent_id) FILTER (WHERE talent_id IS NOT NULL)"
    if table.stream is Stream.TALENTS:
        return "array_agg(id) FILTER (WHERE NOT created)"
    return "NULL::uuid[]"


def inserted(table: Table) -> str:
    """Insert a staged batch."""
    values = _values(table)
    return (
        f"INSERT INTO {table.name} AS t "
        f"(org_id, connection_id, created_at, modified_at, {', '.join(values)}) "
        f"SELECT %(org)s, %(connection)s, now(), now(), {', '.join(values.values())} "
        f"FROM {staging_name(table)} s"
    )


def _values(table: Table) -> dict[str, str]:
    """Return the SQL expression of each column's value."""
    expressions = {column.name: _value(table, column) for column in table.staged}
    expressions |= {link.column: _linked(link) for link in table.links}
    if ENTITIES[table.stream].has_sealed_texts:
        expressions["sealed_texts"] = "s.sealed_texts"
    if table.search:
        words = " || ' ' || ".join(_searched(table, name) for name in table.search)
        # Remove angle brackets: the parser would take them for a tag and skip the text.
        expressions["search"] = f"to_tsvector('simple', translate(unaccent({words}), '<>', '  '))"
    return expressions


def _write(table: Table) -> str:
    kept = ("id", "remote_id")
    changes = ", ".join(_change(table, name) for name in _values(table) if name not in kept)
    returned = ", ".join(f"t.{name}" for name in _returned(table))
    return (
        f"written AS ({inserted(table)} "
        "ON CONFLICT (connection_id, remote_id) DO UPDATE SET "
        f"{changes}, remote_deleted_at = NULL, modified_at = now() "
        f"WHERE ({_differs(table)}) AND {_may_replace(table)} "
        f"RETURNING {returned}, (xmax = 0) AS created)"
    )


def _linked(link: Link) -> str:
    """Return a subquery for the row that a relation points to.

    Without statistics about fresh tables, Postgres would plan a join that compares each new row with all existing ones.
    """
    return (
        f"(SELECT l.id FROM {TABLES[link.target].name} l "
        f"WHERE l.connection_id = %(connection)s AND l.remote_id = s.{link.via})"
    )


def _value(table: Table, column: Column) -> str:
    if column.name == "excluded_reason" and table.stream is Stream.TALENTS:
        return "coalesce(s.excluded_reason, %(hidden)s)"
    return f"s.{column.name}::{column.cast}" if column.cast else f"s.{column.name}"


def _change(table: Table, name: str) -> str:
    if name == "excluded_reason" and table.stream is Stream.TALENTS:
        return (
            f"excluded_reason = CASE WHEN excluded.excluded_reason = '{NO_ACTIVE}' "
            "AND t.excluded_reason IS NULL THEN NULL ELSE excluded.excluded_reason END"
        )
    return f"{name} = excluded.{name}"


def _may_replace(table: Table) -> str:
    """Return the condition that a ``run_context.Policy`` allows replacing the stored row.

    A page that was fetched before a refetch may be written after it. Unless it is newer, it must neither revert the
    record nor undo its deletion. A placeholder never replaces a record that the ATS once sent itself.
    """
    ours, theirs = "t.remote_updated_at", "excluded.remote_updated_at"
    refetched = (
        f"EXISTS (SELECT FROM webhook_hint h WHERE h.connection_id = t.connection_id "
        f"AND h.stream = '{table.stream}' AND h.remote_id = t.remote_id "
        "AND h.applied_at >= %(began)s)"
    )
    placeholder = f"'{PLACEHOLDER.isoformat()}'::timestamptz"
    real = (
        f"({theirs} IS DISTINCT FROM {placeholder} OR {ours} IS NOT DISTINCT FROM {placeholder} "
        "OR t.remote_deleted_at IS NOT NULL)"
    )
    return (
        f"{real} AND ({theirs} > {ours} "
        f"OR ((%(policy)s = '{Policy.FULL}' OR coalesce({theirs} >= {ours}, true)) "
        f"AND (%(policy)s = '{Policy.REFETCH}' OR NOT {refetched})))"
    )


def _differs(table: Table) -> str:
    tests = ["t.content_hash <> excluded.content_hash", "t.remote_deleted_at IS NOT NULL"]
    if table.hides and table.stream is not Stream.TALENTS:
        tests.append("t.excluded_reason IS DISTINCT FROM excluded.excluded_reason")
    return " OR ".join(tests)


def _returned(table: Table) -> list[str]:
    names = ["id", "remote_id"]
    for link in table.links:
        names += [link.column, link.via]
    if table.stream is Stream.APPLICATIONS:
        names += ["status", "stage_entered_at", "rejected_at"]
    return names


def _wait_for(table: Table, place: int) -> str:
    link = table.links[place]
    return (
        f"wait_{place} AS (INSERT INTO pending_link "
        "(connection_id, stream, remote_id, target, target_remote_id) "
        f"SELECT %(connection)s, '{table.stream}', remote_id, '{link.target}', {link.via} FROM written "
        f"WHERE {link.column} IS NULL AND {link.via} IS NOT NULL "
        "ON CONFLICT (connection_id, stream, remote_id, target) "
        "DO UPDATE SET target_remote_id = excluded.target_remote_id)"
    )


def _children(stream: Stream) -> list[str]:
    if stream is Stream.APPLICATIONS:
        return [_MOVES, _OLD_MOVES, _NEW_MOVES]
    if stream is Stream.TALENTS:
        return [_CONTACTS, _NO_CONTACTS, _FILES, _FILES_GONE]
    return [part for child in CHILDREN.get(stream, ()) for part in _replace(child)]


def _replace(child: Child) -> list[str]:
    names = ", ".join(column.name for column in child.columns)
    values = ", ".join(f"c.{column.name}" for column in child.columns)
    old = f"""old_{child.name} AS (
        DELETE FROM {child.table} WHERE {child.owner} IN (SELECT id FROM written WHERE NOT created))"""
    new = f"""new_{child.name} AS (
        INSERT INTO {child.table} ({child.owner}, position, {names}) SELECT w.id, c.position, {values}
        FROM written w JOIN staged_{child.name} c ON c.owner = w.remote_id)"""
    return [old, new]


_REPORTED = "EXISTS (SELECT FROM staged_moves m WHERE m.owner = w.remote_id)"
"""The ATS reports all of an application's moves between stages, so observed ones are not kept."""

_MOVES = f"""observed AS (
    INSERT INTO stage_event (application_id, from_stage_remote_id, to_stage_remote_id,
        from_status, to_status, at, origin)
    SELECT w.id, b.stage_remote_id, w.stage_remote_id, b.status, w.status,
        CASE WHEN b.stage_remote_id IS DISTINCT FROM w.stage_remote_id
            THEN coalesce(w.stage_entered_at, now()) ELSE coalesce(w.rejected_at, now()) END,
        'OBSERVED'
    FROM written w CROSS JOIN LATERAL (
        SELECT CASE WHEN {_REPORTED} THEN w.stage_remote_id ELSE a.stage_remote_id END AS stage_remote_id, a.status
        FROM application a WHERE a.id = w.id OFFSET 0) b
    WHERE NOT w.created AND (b.stage_remote_id, b.status)
        IS DISTINCT FROM (w.stage_remote_id, w.status))"""
"""The table still shows the state before this statement. ``OFFSET 0`` makes it one lookup by id per changed row."""

_OLD_MOVES = f"""old_moves AS (
    DELETE FROM stage_event WHERE application_id IN (SELECT w.id FROM written w WHERE NOT w.created AND {_REPORTED})
        AND (origin = 'REPORTED' OR from_status = to_status))"""

_MOVE_COLUMNS = columns_of(Move)
_NEW_MOVES = f"""new_moves AS (
    INSERT INTO stage_event (application_id, {", ".join(column.name for column in _MOVE_COLUMNS)})
    SELECT w.id, {", ".join(f"m.{column.name}" for column in _MOVE_COLUMNS)}
    FROM written w JOIN staged_moves m ON m.owner = w.remote_id)"""

_CONTACTS = """sealed AS (
    INSERT INTO talent_contacts (talent_id, sealed, hashes, hashes_outdated, sealed_texts)
    SELECT w.id, s.sealed, s.hashes, s.hashes IS NULL, s.sealed_texts
    FROM written w JOIN staged_talent s USING (remote_id)
    WHERE s.sealed IS NOT NULL
    ON CONFLICT (talent_id) DO UPDATE SET sealed = excluded.sealed, hashes = excluded.hashes,
        hashes_outdated = excluded.hashes_outdated, sealed_texts = excluded.sealed_texts)"""

_NO_CONTACTS = """unsealed AS (
    DELETE FROM talent_contacts c USING written w JOIN staged_talent s USING (remote_id)
    WHERE c.talent_id = w.id AND NOT w.created AND s.sealed IS NULL)"""

_FILES = """files AS (
    INSERT INTO attachment AS f (talent_id, remote_id, kind, file_name, content_type,
        remote_version, remote_updated_at)
    SELECT w.id, c.remote_id, c.kind, c.file_name, c.content_type, c.remote_version,
        c.remote_updated_at
    FROM written w JOIN staged_files c ON c.owner = w.remote_id
    ON CONFLICT (talent_id, remote_id) DO UPDATE SET kind = excluded.kind,
        file_name = excluded.file_name,
        content_type = CASE WHEN f.current_version IS NULL
            THEN excluded.content_type ELSE f.content_type END,
        remote_version = CASE WHEN excluded.remote_version = '' AND f.remote_version <> ''
            THEN f.remote_version ELSE excluded.remote_version END,
        remote_updated_at = excluded.remote_updated_at, remote_deleted_at = NULL,
        fetch_status = CASE WHEN f.remote_version <> '' AND f.fetch_status <> 'GONE'
            AND excluded.remote_version IN (f.remote_version, '')
            THEN f.fetch_status ELSE 'PENDING' END,
        reason = CASE WHEN f.remote_version <> '' AND f.fetch_status <> 'GONE'
            AND excluded.remote_version IN (f.remote_version, '') THEN f.reason END,
        tries = 0, next_try_at = NULL)"""
"""If the ATS has no version of a file, any change of its talent may be a new file: it is downloaded and compared.

An empty version is ``records.VERSION_UNKNOWN``: the known version stays."""

_FILES_GONE = """files_gone AS (
    UPDATE attachment f SET remote_deleted_at = now() FROM written w
    WHERE f.talent_id = w.id AND NOT w.created AND f.remote_deleted_at IS NULL
        AND w.remote_id <> ALL(%(unlisted)s::text[]) AND NOT EXISTS (
        SELECT FROM staged_files c WHERE c.owner = w.remote_id AND c.remote_id = f.remote_id))"""

SHOW_BY_APPLICATIONS = f"""
    WITH decided AS (
        SELECT t.id, CASE WHEN %(hidden)s::text IS NOT NULL AND NOT EXISTS (
                SELECT FROM application a WHERE a.talent_id = t.id
                AND {counts_as_active("a")} AND a.remote_deleted_at IS NULL)
            THEN %(hidden)s WHEN {is_older("t")} THEN '{OLDER}' END AS reason
        FROM talent t
        WHERE t.id = ANY(%(talents)s)
            AND (t.excluded_reason IS NULL OR t.excluded_reason IN ('{NO_ACTIVE}', '{OLDER}')))
    UPDATE talent t SET excluded_reason = d.reason, modified_at = now()
    FROM decided d WHERE t.id = d.id AND t.excluded_reason IS DISTINCT FROM d.reason"""
"""Decides again whether these talents have an active application and are within the history."""

SHOW_ALL_BY_APPLICATIONS = SHOW_BY_APPLICATIONS.replace(
    "t.id = ANY(%(talents)s)", "t.connection_id = %(connection)s"
)
"""The same for every talent of the connection."""

CHECKPOINTS = f"""
    WITH held AS ({leases.RENEW} RETURNING 1)
    INSERT INTO checkpoint AS c (connection_id, stream, watermark, mode, cursor, pass_started_at,
        seen, total, short, done, complete, basis, synced_at, reaches, saved_at)
    SELECT %(connection)s, stream, watermark, mode, cursor, pass_started_at, seen, total, short,
        done, complete, basis, synced_at, reaches, now()
    FROM held, json_to_recordset(%(points)s::json) AS p (stream text, watermark timestamptz, mode text,
        cursor text, pass_started_at timestamptz, seen int8, total int8, short int8, done bool, complete bool,
        basis text, synced_at timestamptz, reaches timestamptz)
    ON CONFLICT (connection_id, stream) DO UPDATE SET watermark = excluded.watermark,
        mode = excluded.mode, cursor = excluded.cursor,
        pass_started_at = excluded.pass_started_at, seen = excluded.seen,
        total = excluded.total, short = excluded.short, done = excluded.done,
        complete = excluded.complete, basis = excluded.basis, synced_at = excluded.synced_at,
        reaches = excluded.reaches, saved_at = now()"""
"""Saves checkpoints and renews the lease. Writes no row if the lease is lost."""

REJECT = """
    INSERT INTO rejection AS r (connection_id, stream, remote_id, code, message, field,
        sealed_raw, run_id)
    VALUES (%(connection)s, %(stream)s, %(remote_id)s, %(code)s, %(message)s, %(field)s,
        %(sealed_raw)s, %(run)s)
    ON CONFLICT (connection_id, stream, remote_id, code) DO UPDATE SET
        message = excluded.message, field = excluded.field, sealed_raw = excluded.sealed_raw,
        run_id = excluded.run_id, at = now(), times = r.times + 1"""


@cache
def unannounced(stream: Stream) -> str:
    """Count the rows of a staged batch that changed without a webhook; see ``WebhookAddress.missed``."""
    table = TABLES[stream]
    return f"""
        WITH found AS (
            SELECT count(*) AS number FROM {staging_name(table)} s
            JOIN {table.name} t ON t.connection_id = %(connection)s AND t.remote_id = s.remote_id
            JOIN webhook_address a ON a.connection_id = t.connection_id
            WHERE t.modified_at = now() AND t.remote_updated_at >= a.made_at
                AND (t.created_at = now() OR NOT a.only_new) AND NOT EXISTS (
                    SELECT FROM webhook_hint h WHERE h.connection_id = t.connection_id
                    AND h.stream = '{stream}' AND h.remote_id = t.remote_id
                    AND h.heard_at >= %(began)s::timestamptz - interval '1 day')),
        counted AS (
            INSERT INTO webhook_count AS w (connection_id, day, what, count)
            SELECT %(connection)s, (now() AT TIME ZONE 'UTC')::date, 'unannounced', number
            FROM found WHERE number > 0
            ON CONFLICT (connection_id, day, what) DO UPDATE SET count = w.count + excluded.count)
        UPDATE webhook_address SET missed = missed + number FROM found
        WHERE connection_id = %(connection)s AND number > 0"""


FORGIVE = """
    DELETE FROM rejection
    WHERE connection_id = %(connection)s AND stream = %(stream)s AND remote_id = ANY(%(ids)s::text[])"""
"""A record that is accepted now is no longer rejected."""
