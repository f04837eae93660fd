"""The SQL of the data path. Made once per table from ``tables.py``; every value is a parameter.

A commit stages its rows by COPY into a temporary table, then one statement inserts, updates or skips them all and
writes what belongs to them: contacts, files, places, stage moves, links that must wait.
"""

from __future__ import annotations

from functools import cache

from jemmo.domain.streams import Stream
from jemmo.store.tables import TABLES, Column, Link, Table

NO_ACTIVE = "no_active_application"
SEARCHED = 10_000  # characters of each value that search knows; a tsvector has a limit

FILE_COLUMNS = (
    Column("remote_id"),
    Column("kind"),
    Column("file_name"),
    Column("content_type"),
    Column("remote_version"),
    Column("remote_updated_at", "timestamptz"),
)
LOCATION_COLUMNS = (
    *(Column(name) for name in ("raw", "street", "postal_code", "city", "region", "country_code")),
    Column("lat", "float8"),
    Column("lon", "float8"),
    Column("is_primary", "bool"),
)
PAY_COLUMNS = (
    Column("kind"),
    Column("min", "float8"),
    Column("max", "float8"),
    Column("currency"),
    Column("period"),
    Column("is_public", "bool"),
    Column("original"),
)


class Child:
    """Rows that belong to a staged row and are staged beside it, keyed by its remote id."""

    def __init__(self, name: str, table: str, attribute: str, columns: tuple[Column, ...]) -> None:
        self.name = name
        self.table = table
        self.attribute = attribute
        self.columns = columns
        self.staged = [Column("owner"), Column("position", "int2"), *columns]


CHILDREN: dict[Stream, tuple[Child, ...]] = {
    Stream.JOBS: (
        Child("locations", "job_location", "locations", LOCATION_COLUMNS),
        Child("pay", "job_compensation", "compensations", PAY_COLUMNS),
    ),
    Stream.TALENTS: (Child("files", "attachment", "attachments", FILE_COLUMNS),),
}


def staging_name(table: Table) -> str:
    return f"staged_{table.name}"


@cache
def create_staging(stream: Stream) -> list[str]:
    """Temporary tables of this session, indexed by what they are joined by."""
    return [
        f"CREATE TEMP TABLE IF NOT EXISTS {name} "
        f"({', '.join(f'{column.name} {column.type}' for column in columns)})"
        for name, _, columns in _staging(stream)
    ] + [
        f"CREATE INDEX IF NOT EXISTS {name}_{key} ON {name} ({key})"
        for name, key, _ in _staging(stream)
    ]


@cache
def empty_staging(stream: Stream, *, thoroughly: bool) -> list[str]:
    """Deleting is quicker, but leaves the space in use, so now and then the tables are truncated."""
    verb = "TRUNCATE" if thoroughly else "DELETE FROM"
    return [f"{verb} {name}" for name, _, _ in _staging(stream)]


def _staging(stream: Stream) -> list[tuple[str, str, list[Column]]]:
    """A stream's staging tables: name, the column they are joined by, all columns."""
    table = TABLES[stream]
    children = CHILDREN.get(stream, ())
    return [
        (staging_name(table), "remote_id", table.staged + _sealed(stream)),
        *((f"staged_{child.name}", "owner", child.staged) for child in children),
    ]


@cache
def copy_into(name: str, columns: tuple[Column, ...]) -> str:
    listed = ", ".join(column.name for column in columns)
    return f"COPY {name} ({listed}) FROM STDIN (FORMAT BINARY)"


def _sealed(stream: Stream) -> list[Column]:
    return [Column("sealed", "bytea")] if stream is Stream.TALENTS else []


def staged_columns(stream: Stream) -> tuple[Column, ...]:
    return (*TABLES[stream].staged, *_sealed(stream))


@cache
def upsert(stream: Stream) -> str:
    """One statement that writes a staged batch and answers its counts.

    Parameters: ``org``, ``connection``, ``force`` (also over a newer version of ours: the ATS was restored), ``hidden``
    (what a new talent is hidden by until an active application shows). A row is written only when
    its content differs, and never by an older version than the one we hold.
    """
    table = TABLES[stream]
    parts = [_write(table), *_children(stream)]
    parts += [_wait_for(table, place) for place in range(len(table.links))]
    waits = " + ".join(f"(SELECT count(*) FROM wait_{i})" for i in range(len(table.links))) or "0"
    return (
        f"WITH {', '.join(parts)} "
        "SELECT count(*) FILTER (WHERE created), count(*) FILTER (WHERE NOT created), "
        f"{waits}, {_talents(table)} FROM written"
    )


def _searched(table: Table, name: str) -> str:
    listed = next(one for one in table.columns if one.name == name).type.endswith("[]")
    text = f"array_to_string(s.{name}, ' ')" if listed else f"s.{name}"
    return f"coalesce(left({text}, {SEARCHED}), '')"


def _talents(table: Table) -> str:
    """The talents whose visibility is to be decided again."""
    if table.stream is Stream.APPLICATIONS:
        return "array_agg(DISTINCT talent_id) FILTER (WHERE talent_id IS NOT NULL)"
    if table.stream is Stream.TALENTS:
        return "array_agg(id) FILTER (WHERE NOT created)"
    return "NULL::uuid[]"


def _write(table: Table) -> str:
    names = [column.name for column in table.staged]
    values = [_value(table, column) for column in table.staged]
    for link in table.links:
        names.append(link.column)
        values.append(_linked(link))
    if table.search:
        names.append("search")
        words = " || ' ' || ".join(_searched(table, name) for name in table.search)
        # Without angle brackets, in which the parser would see a tag and skip it.
        values.append(f"to_tsvector('simple', translate(unaccent({words}), '<>', '  '))")
    changes = ", ".join(_change(table, name) for name in names if name not in ("id", "remote_id"))
    returned = ", ".join(f"t.{name}" for name in _returned(table))
    return (
        f"written AS (INSERT INTO {table.name} AS t "
        f"(org_id, connection_id, created_at, modified_at, {', '.join(names)}) "
        f"SELECT %(org)s, %(connection)s, now(), now(), {', '.join(values)} "
        f"FROM {staging_name(table)} s "
        "ON CONFLICT (connection_id, remote_id) DO UPDATE SET "
        f"{changes}, remote_deleted_at = NULL, modified_at = now() "
        f"WHERE ({_differs(table)}) AND {_may_replace(table)} "
        f"RETURNING {returned}, (xmax = 0) AS created)"
    )


def _linked(link: Link) -> str:
    """The row that a relation points to, by a subquery of its own.

    A join would be planned by what Postgres knows of the tables, and of fresh ones it knows nothing: it then compares
    each new row with all that are there.
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
    """Never an older version, unless everything is read again, and then not what was looked up since it began.

    A page that was fetched before a webhook's record was looked up may be written after it. It must neither turn
    that record back nor raise it from the dead.
    """
    looked_up = (
        f"EXISTS (SELECT FROM webhook_hint h WHERE h.connection_id = t.connection_id "
        f"AND h.stream = '{table.stream}' AND h.remote_id = t.remote_id "
        "AND h.applied_at >= %(began)s)"
    )
    return (
        "(coalesce(excluded.remote_updated_at >= t.remote_updated_at, true) "
        f"OR (%(force)s AND NOT {looked_up})) "
        "AND (t.remote_deleted_at IS NULL "
        f"OR excluded.remote_updated_at > t.remote_updated_at OR NOT %(guarded)s OR NOT {looked_up})"
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
        "DO UPDATE SET target_remote_id = excluded.target_remote_id RETURNING 1)"
    )


def _children(stream: Stream) -> list[str]:
    if stream is Stream.APPLICATIONS:
        return [_MOVES]
    if stream is Stream.TALENTS:
        return [_CONTACTS, _NO_CONTACTS, _FILES, _FILES_GONE]
    return [part for child in CHILDREN.get(stream, ()) for part in _replace(child)]


def _replace(child: Child) -> list[str]:
    names = ", ".join(column.name for column in child.columns)
    values = ", ".join(f"c.{column.name}" for column in child.columns)
    old = f"""old_{child.name} AS (
        DELETE FROM {child.table} WHERE job_id IN (SELECT id FROM written WHERE NOT created))"""
    new = f"""new_{child.name} AS (
        INSERT INTO {child.table} (job_id, position, {names}) SELECT w.id, c.position, {values}
        FROM written w JOIN staged_{child.name} c ON c.owner = w.remote_id)"""
    return [old, new]


_MOVES = """moves AS (
    INSERT INTO stage_event (application_id, from_stage_remote_id, to_stage_remote_id,
        from_status, to_status, at, origin)
    SELECT w.id, b.stage_remote_id, w.stage_remote_id, b.status, w.status,
        CASE WHEN b.stage_remote_id IS DISTINCT FROM w.stage_remote_id
            THEN coalesce(w.stage_entered_at, now()) ELSE coalesce(w.rejected_at, now()) END,
        'OBSERVED'
    FROM written w CROSS JOIN LATERAL (
        SELECT a.stage_remote_id, a.status FROM application a WHERE a.id = w.id OFFSET 0) b
    WHERE NOT w.created AND (b.stage_remote_id, b.status)
        IS DISTINCT FROM (w.stage_remote_id, w.status))"""
"""The table still shows what was there before; ``OFFSET 0`` keeps it one look-up by id for each changed row."""

_CONTACTS = """sealed AS (
    INSERT INTO talent_contacts (talent_id, sealed)
    SELECT w.id, s.sealed FROM written w JOIN staged_talent s USING (remote_id)
    WHERE s.sealed IS NOT NULL
    ON CONFLICT (talent_id) DO UPDATE SET sealed = excluded.sealed)"""

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
        remote_version = excluded.remote_version, remote_updated_at = excluded.remote_updated_at,
        remote_deleted_at = NULL,
        fetch_status = CASE WHEN f.remote_version IS NOT NULL
            AND f.remote_version = excluded.remote_version AND f.fetch_status <> 'GONE'
            THEN f.fetch_status ELSE 'PENDING' END,
        tries = 0, next_try_at = NULL)"""
"""Where the ATS gives no sign of another file, any change of its talent may be one: it is fetched and compared."""

_FILES_GONE = """files_gone AS (
    UPDATE attachment f SET remote_deleted_at = now() FROM written w
    WHERE f.talent_id = w.id AND NOT w.created AND f.remote_deleted_at IS NULL AND NOT EXISTS (
        SELECT FROM staged_files c WHERE c.owner = w.remote_id AND c.remote_id = f.remote_id))"""

HIDDEN_UNCHANGED = """
    SELECT count(*) FROM {table} t JOIN {staged} s USING (remote_id)
    WHERE t.connection_id = %(connection)s AND t.excluded_reason IS NOT NULL
        AND t.remote_deleted_at IS NULL AND t.created_at < %(began)s"""
"""Of a staged batch, the rows that were there before this run and are hidden now."""

SHOW_BY_APPLICATIONS = f"""
    WITH decided AS (
        SELECT t.id, CASE WHEN %(hidden)s::text IS NULL OR EXISTS (
                SELECT FROM application a WHERE a.talent_id = t.id
                AND a.status = ANY(%(active)s) AND a.remote_deleted_at IS NULL)
            THEN NULL ELSE %(hidden)s END AS reason
        FROM talent t
        WHERE t.id = ANY(%(talents)s)
            AND (t.excluded_reason IS NULL OR t.excluded_reason = '{NO_ACTIVE}'))
    UPDATE talent t SET excluded_reason = d.reason, modified_at = now()
    FROM decided d WHERE t.id = d.id AND t.excluded_reason IS DISTINCT FROM d.reason"""
"""Decide again whether these talents have an active application."""

SHOW_ALL_BY_APPLICATIONS = SHOW_BY_APPLICATIONS.replace(
    "t.id = ANY(%(talents)s)", "t.connection_id = %(connection)s"
)
"""The same for every talent of the connection."""

CHECKPOINT = """
    WITH held AS (
        UPDATE lease SET expires_at = clock_timestamp() + %(lease)s
        WHERE connection_id = %(connection)s AND token = %(token)s RETURNING 1)
    INSERT INTO checkpoint AS c (connection_id, stream, watermark, mode, cursor, pass_started_at,
        seen, total, done, complete, saved_at)
    SELECT %(connection)s, %(stream)s, %(watermark)s, %(mode)s, %(cursor)s, %(pass_started_at)s,
        %(seen)s, %(total)s, %(done)s, %(complete)s, now() FROM held
    ON CONFLICT (connection_id, stream) DO UPDATE SET watermark = excluded.watermark,
        mode = excluded.mode, cursor = excluded.cursor,
        pass_started_at = excluded.pass_started_at, seen = excluded.seen,
        total = excluded.total, done = excluded.done, complete = excluded.complete,
        saved_at = now()"""
"""Saves where a stream stands and renews the lease; no row is written when the lease is lost."""

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
    """Count what this transaction wrote of a staged batch although no webhook had named it; see ``WebhookAddress``."""
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
    DELETE FROM rejection r USING {staged} s
    WHERE r.connection_id = %(connection)s AND r.stream = %(stream)s
        AND r.remote_id = s.remote_id"""
"""A record that is accepted now is no longer rejected."""


@cache
def resolve(stream: Stream, place: int) -> str:
    """Link rows that waited for the batch just staged; answers the ids of what they now point to."""
    source = TABLES[stream]
    link = source.links[place]
    target = TABLES[link.target]
    return f"""
        WITH arrived AS (
            SELECT p.id, p.remote_id, t.id AS target_id, p.target_remote_id
            FROM pending_link p JOIN {staging_name(target)} s ON s.remote_id = p.target_remote_id
            JOIN {target.name} t ON t.connection_id = p.connection_id
                AND t.remote_id = p.target_remote_id
            WHERE p.connection_id = %(connection)s AND p.stream = '{stream}'
                AND p.target = '{link.target}'),
        linked AS (
            UPDATE {source.name} r SET {link.column} = a.target_id, modified_at = now()
            FROM arrived a WHERE r.connection_id = %(connection)s AND r.remote_id = a.remote_id
                AND r.{link.via} = a.target_remote_id),
        cleared AS (DELETE FROM pending_link WHERE id IN (SELECT id FROM arrived))
        SELECT count(*), array_agg(DISTINCT target_id) FROM arrived"""


def links_to(target: Stream) -> list[tuple[Stream, int]]:
    """Which relations point at a stream, as (stream, place of the link)."""
    return [
        (table.stream, place)
        for table in TABLES.values()
        for place, link in enumerate(table.links)
        if link.target is target
    ]
