"""Triggers that mark the records written by a statement, so that no statement can forget to.

They run once per statement, over its transition tables, and write one row for all records changed in the same way.
Another trigger sets a record's new ``modified_at`` when a statement changes what the API shows without setting it.
"""

from __future__ import annotations

from collections.abc import Iterator

from jemmo.store.db import schema
from jemmo.store.feed.entities import ENTITIES, FeedEntity

CHANNEL = "jemmo_feed"
"""Notified with the id of an organization that has changes to number."""

_FUNCTION = """CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, "{schema}", pg_temp{settings} AS $$ BEGIN {deed}; RETURN {answer}; END $$"""
_SETTINGS = " SET enable_hashjoin = on SET enable_nestloop = off"
"""Sessions of the data path join only through indexes, so they would compare each old row with each new one."""

_TABLES = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
}
_TRIGGER = """CREATE OR REPLACE TRIGGER {name} AFTER {event} ON {table} {tables}
    FOR EACH STATEMENT EXECUTE FUNCTION {name}()"""

_MARK = """INSERT INTO feed_mark (org_id, entity, ids{more})
    SELECT org_id, '{entity}', array_agg(id){more} FROM ({rows}) marked GROUP BY org_id{more}"""

_CHANGED = """SELECT n.org_id, n.id, CASE WHEN {hidden_o} OR {hidden_n} THEN '{{}}'::text[] ELSE {fields} END AS fields
    FROM new_rows n JOIN old_rows o USING (id)
    WHERE NOT ({hidden_o} AND {hidden_n}) AND (n.modified_at <> o.modified_at
        OR {hidden_o} <> {hidden_n} OR {secret_o} <> {secret_n})"""

_RENAMED = """IF EXISTS (SELECT FROM new_rows n JOIN old_rows o USING (id) WHERE {differs}) THEN
    PERFORM set_config('jemmo.sees', coalesce(current_setting('jemmo.confidential', true), ''), true),
        set_config('jemmo.reads', coalesce(current_setting('jemmo.notes', true), ''), true),
        set_config('jemmo.confidential', 'on', true), set_config('jemmo.notes', 'on', true);
    WITH touched AS (
        UPDATE {table} r SET modified_at = greatest(now(), r.modified_at + interval '1 microsecond')
        WHERE r.{link} = ANY(ARRAY(SELECT id FROM new_rows n JOIN old_rows o USING (id) WHERE {differs}))
        RETURNING r.org_id, r.id)
    {mark};
    PERFORM set_config('jemmo.confidential', current_setting('jemmo.sees'), true),
        set_config('jemmo.notes', current_setting('jemmo.reads'), true); END IF"""
"""Marks confidential records and notes too, whatever rights the writer has."""

_FILES = """UPDATE talent r SET modified_at = greatest(now(), r.modified_at + interval '1 microsecond')
    WHERE r.id = ANY(ARRAY({talents})) AND r.xmin <> pg_current_xact_id()::xid"""
"""A talent written by this transaction already has a new version and its mark."""

_FILE_COLUMNS = (
    *("remote_deleted_at", "kind", "file_name", "content_type", "size", "sha256", "fetch_status"),
)
_VERSION = "NEW.modified_at := greatest(now(), OLD.modified_at + interval '1 microsecond')"
_VERSION_TRIGGER = """CREATE OR REPLACE TRIGGER jemmo_feed_{table}_version BEFORE UPDATE ON {table} FOR EACH ROW
    WHEN (NEW.modified_at <= OLD.modified_at AND ({differs})) EXECUTE FUNCTION jemmo_feed_version()"""


def statements() -> Iterator[str]:
    """Yield the statements that create the triggers."""
    yield _function("jemmo_feed_version", _VERSION, settings="", answer="NEW")
    for entity in ENTITIES.values():
        yield from _of(entity)
    yield from _of_files()
    notify = f"PERFORM pg_notify('{CHANNEL}', org_id::text) FROM (SELECT DISTINCT org_id FROM new_rows) marked"
    yield from _trigger("feed_mark", "insert", notify)


def _of(entity: FeedEntity) -> Iterator[str]:
    table = entity.table
    for event, row in (("insert", "new_rows"), ("delete", "old_rows")):
        rows = f"SELECT org_id, id FROM {row} r WHERE NOT {entity.is_hidden('r')}"
        yield from _trigger(table, event, _MARK.format(entity=entity.name, rows=rows, more=""))
    deeds = [_MARK.format(entity=entity.name, rows=_changed(entity), more=", fields")]
    yield from _trigger(table, "update", "; ".join([*deeds, *_renamed(table)]))
    differs = " OR ".join(_differing(entity))
    yield _VERSION_TRIGGER.format(table=table, differs=differs)


def _changed(entity: FeedEntity) -> str:
    fields = [
        f"CASE WHEN n.{column} IS DISTINCT FROM o.{column} THEN '{name}' END"
        for column, names in entity.columns.items()
        for name in names
    ]
    if entity.sealed:
        # Encrypted again each time it is written. If nothing else explains a new content, an edit kept its length.
        fields.append(
            "CASE WHEN octet_length(n.sealed_texts) IS DISTINCT FROM octet_length(o.sealed_texts) "
            "OR (n.sealed_texts IS NOT NULL AND n.content_hash <> o.content_hash "
            f"AND coalesce({', '.join(fields)}) IS NULL) THEN '{entity.sealed}' END"
        )
    return _CHANGED.format(
        fields=f"array_remove(ARRAY[{', '.join(fields)}], NULL)",
        hidden_o=entity.is_hidden("o"),
        hidden_n=entity.is_hidden("n"),
        secret_o=entity.is_confidential("o"),
        secret_n=entity.is_confidential("n"),
    )


def _differing(entity: FeedEntity) -> Iterator[str]:
    for column in entity.columns:
        yield f"NEW.{column} IS DISTINCT FROM OLD.{column}"
    if entity.sealed:
        yield "(NEW.sealed_texts IS NULL) <> (OLD.sealed_texts IS NULL)"


def _renamed(table: str) -> Iterator[str]:
    """Mark other records that show a name from this table, since they change with it."""
    for entity in ENTITIES.values():
        for source, link, columns, field in entity.names:
            if source == table:
                differs = " OR ".join(f"n.{name} IS DISTINCT FROM o.{name}" for name in columns)
                yield _touch(entity, f"({differs})", link, f"'{{{field}}}'::text[]")
    if table == "talent":  # contact details of people who are not to be contacted are hidden
        differs = "(n.consent_state, n.do_not_contact_at) IS DISTINCT FROM (o.consent_state, o.do_not_contact_at)"
        for entity in ENTITIES.values():
            if entity.sealed:
                yield _touch(entity, f"({differs})", "talent_id", f"'{{{entity.sealed}}}'::text[]")


def _touch(entity: FeedEntity, differs: str, link: str, fields: str) -> str:
    rows = f"SELECT org_id, id, {fields} AS fields FROM touched"
    mark = _MARK.format(entity=entity.name, rows=rows, more=", fields")
    return _RENAMED.format(table=entity.table, differs=differs, link=link, mark=mark)


def _of_files() -> Iterator[str]:
    yield from _trigger("attachment", "insert", _FILES.format(talents=_owners("new_rows")))
    yield from _trigger("attachment", "delete", _FILES.format(talents=_owners("old_rows")))
    differs = " OR ".join(f"n.{name} IS DISTINCT FROM o.{name}" for name in _FILE_COLUMNS)
    changed = f"SELECT n.talent_id FROM new_rows n JOIN old_rows o USING (id) WHERE {differs}"
    yield from _trigger("attachment", "update", _FILES.format(talents=changed))


def _owners(rows: str) -> str:
    return f"SELECT DISTINCT talent_id FROM {rows} WHERE remote_deleted_at IS NULL"


def _trigger(table: str, event: str, deed: str) -> Iterator[str]:
    name = f"jemmo_feed_{table}_{event}"
    yield _function(name, deed, settings=_SETTINGS if event == "update" else "")
    yield _TRIGGER.format(name=name, event=event, table=table, tables=_TABLES[event])


def _function(name: str, deed: str, *, settings: str, answer: str = "NULL") -> str:
    return _FUNCTION.format(
        name=name, schema=schema.name(), deed=deed, settings=settings, answer=answer
    )
