"""Jemmo's tables are in their own schema, and no other role of the server can read them."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from conftest import MIGRATE
from django.db import connection
from fakes.one_of_each import one_of_each
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

from jemmo import conninfo
from jemmo.domain.errors import ConfigError
from jemmo.store.db import guard, roles, schema, scope
from jemmo.store.db.policies import OPEN, POLICIES
from jemmo.store.models import Connection

pytestmark = pytest.mark.versions

FOUND = (
    "INSERT INTO organisation (id, slug, name, time_zone, created_at) "
    "VALUES (gen_random_uuid(), 'acme', 'Acme', 'UTC', now())"
)
OBJECTS = """
    SELECT format('TABLE %s', oid::regclass) FROM pg_class
    WHERE relnamespace = 'jemmo'::regnamespace AND relkind = 'r'
    UNION ALL SELECT format('ROUTINE %s', oid::regprocedure) FROM pg_proc p
    WHERE pronamespace = 'jemmo'::regnamespace AND proname <> 'unaccent'
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
    UNION ALL SELECT format('TYPE %s', t.oid::regtype) FROM pg_type t
    LEFT JOIN pg_class c ON c.oid = typrelid
    WHERE typnamespace = 'jemmo'::regnamespace AND (typtype = 'e' OR c.relkind = 'c')"""
WHERE = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r'"


@pytest.fixture
def anon(owner_url: str) -> Iterator[str]:
    """A role for anonymous users, with every right that a database host gives it."""
    name = f"anon_{secrets.token_hex(4)}"
    role = sql.Identifier(name)
    with psycopg.connect(owner_url, autocommit=True) as db:
        db.execute(FOUND)
        db.execute(sql.SQL("CREATE ROLE {}").format(role))
        db.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
        for right in ("USAGE ON SCHEMA jemmo", "ALL ON ALL TABLES IN SCHEMA jemmo"):
            db.execute(sql.SQL(f"GRANT {right} TO {{}}").format(role))
        for (kind,) in db.execute(OBJECTS).fetchall():
            if kind.startswith("ROUTINE"):
                db.execute(sql.SQL(f"GRANT ALL ON {kind} TO {{}}").format(role))
        yield name
        db.execute(sql.SQL("DROP OWNED BY {}").format(role))
        db.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_role_that_was_granted_every_table_sees_no_row(owner_url: str, anon: str) -> None:
    tables = sorted(POLICIES.keys() | OPEN.keys())
    with psycopg.connect(owner_url) as db:
        db.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(anon)))
        db.execute("SELECT set_config('jemmo.reach', 'everything', true)")
        db.execute("SELECT set_config('jemmo.contacts', 'on', true)")
        for table in tables:
            count = db.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            assert count.fetchone() == (0,), table


def test_its_rights_are_reported_and_revoked(owner_url: str, anon: str) -> None:
    with psycopg.connect(owner_url) as db, db.cursor() as cursor:
        assert ("TABLE django_session", anon) in guard.exposed(cursor)
        guard.apply(cursor)
        assert guard.exposed(cursor) == []
        assert guard.unguarded(cursor) == []
        db.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(anon)))
        with pytest.raises(InsufficientPrivilege, match="schema jemmo"):
            db.execute("SELECT session_key FROM jemmo.django_session")


def test_no_other_role_has_rights_on_new_tables(database_url: str) -> None:
    with connection.cursor() as cursor:
        assert guard.exposed(cursor) == []
        assert guard.unguarded(cursor) == []


# --- the extensions' schema, in which others may create objects ---

TROJANS = (
    "CREATE FUNCTION public.trojan(bigint[], bigint[]) RETURNS boolean LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'a trojan ran as %', current_user; END $$",
    "CREATE OPERATOR public.@> (FUNCTION = public.trojan, LEFTARG = bigint[], RIGHTARG = bigint[])",
    "CREATE OPERATOR public.&& (FUNCTION = public.trojan, LEFTARG = bigint[], RIGHTARG = bigint[])",
    "CREATE FUNCTION public.quote_ident(name) RETURNS text LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'a trojan ran as %', current_user; END $$",
    "CREATE FUNCTION public.concat_ws(text, text, text, text) RETURNS text LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'a trojan ran as %', current_user; END $$",
)

ELSEWHERE = """
    SELECT extname FROM pg_extension
    WHERE extname IN ('pg_trgm', 'unaccent') AND extnamespace <> 'public'::regnamespace"""


@pytest.fixture
def maker(owner_url: str) -> Iterator[str]:
    """Another role that may create objects in ``public``, like all roles in databases from PostgreSQL 14 or older."""
    name = f"maker_{secrets.token_hex(4)}"
    role = sql.Identifier(name)
    with psycopg.connect(owner_url, autocommit=True) as db:
        db.execute(sql.SQL("CREATE ROLE {}").format(role))
        db.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
        db.execute(sql.SQL("GRANT CREATE, USAGE ON SCHEMA public TO {}").format(role))
        for (extension,) in db.execute(ELSEWHERE).fetchall():
            move = sql.SQL("ALTER EXTENSION {} SET SCHEMA public")
            db.execute(move.format(sql.Identifier(extension)))
        yield name
        db.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role))
        db.execute(sql.SQL("DROP ROLE {}").format(role))


@pytest.fixture
def trojans(owner_url: str, maker: str) -> None:
    """An operator and functions by that role, with more specific types than ours and Postgres's own."""
    with psycopg.connect(owner_url) as db:
        db.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(maker)))
        for trojan in TROJANS:
            db.execute(trojan.encode())


@pytest.mark.parametrize(
    ("function", "column", "of", "found"),
    [
        ("jemmo_talents_with_words", "file_text.words", "organisation", "talent"),
        ("jemmo_talents_with_contact", "talent_contacts.hashes", "organisation", "talent"),
        ("jemmo_deliveries_naming", "webhook_delivery.named", "connection", "webhook_delivery"),
    ],
)
def test_foreign_operators_never_run_with_the_owners_rights(
    database_url: str, trojans: None, function: str, column: str, of: str, found: str
) -> None:
    rows = one_of_each("acme")
    table, name = column.split(".")
    with scope.acting_in(scope.EVERYTHING), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {name} = '{{7}}'")
        cursor.execute(f"SELECT {function}('{{7}}', %s)", [rows[of].pk])
        assert cursor.fetchall() == [(rows[found].pk,)]


def test_foreign_functions_never_run_while_the_search_path_is_set(
    owner_url: str, trojans: None
) -> None:
    with psycopg.connect(conninfo.changed(owner_url, options=None)) as db:
        schema.set_search_path(db)
        assert db.execute("SHOW search_path").fetchone() == ("jemmo, pg_temp",)


def test_search_functions_with_a_wider_path_are_recreated(
    owner_url: str, database_url: str, trojans: None
) -> None:
    """As in an update, whose last step creates them."""
    old = "ALTER FUNCTION jemmo_talents_with_words SET search_path FROM CURRENT"
    paths = """
        SELECT DISTINCT (SELECT said FROM unnest(proconfig) said WHERE said LIKE 'search_path=%')
        FROM pg_proc WHERE prosecdef AND pronamespace = 'jemmo'::regnamespace"""
    with psycopg.connect(owner_url) as db, db.cursor() as cursor:
        db.execute(old)
        guard.apply(cursor)
        assert db.execute(paths).fetchall() == [("search_path=pg_catalog, jemmo, pg_temp",)]
        assert db.execute("SHOW search_path").fetchone() == ("jemmo, pg_temp",)


def test_statements_never_use_foreign_objects(
    owner_url: str, database_url: str, maker: str
) -> None:
    """Wherever a name is looked up, a function with exactly the column's type takes precedence over Postgres's own."""
    with psycopg.connect(owner_url) as db:
        db.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(maker)))
        for trojan in COMMON:
            db.execute(trojan.encode())
    rows = one_of_each("acme")
    asked = "SELECT lower(provider) FROM connection WHERE id = %s AND provider = label"
    with scope.acting_in(scope.EVERYTHING), connection.cursor() as cursor:
        cursor.execute("UPDATE connection SET label = provider")
        cursor.execute(asked, [rows["connection"].pk])
        assert cursor.fetchone() == (Connection.objects.get().provider,)
        cursor.execute("SHOW search_path")
        assert cursor.fetchone() == ("jemmo, pg_temp",)


COMMON = (
    "CREATE FUNCTION public.lower(varchar) RETURNS text LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'a trojan ran as %', current_user; END $$",
    "CREATE FUNCTION public.same(varchar, varchar) RETURNS boolean LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'a trojan ran as %', current_user; END $$",
    "CREATE OPERATOR public.= (FUNCTION = public.same, LEFTARG = varchar, RIGHTARG = varchar)",
)

INLINED = "EXPLAIN (VERBOSE, COSTS OFF) SELECT unaccent(name) FROM organisation"


@pytest.mark.long
def test_the_unaccent_wrapper_costs_nothing(owner_url: str, database_url: str, maker: str) -> None:
    migrate(owner_url)  # moves the extension out of our schema
    with connection.cursor() as cursor:
        cursor.execute("SELECT unaccent('Zoé')")
        assert cursor.fetchone() == ("Zoe",)
        cursor.execute(INLINED)
        assert "public.unaccent(" in "".join(row[0] for row in cursor.fetchall())


# --- from ``public``, where Jemmo's tables used to be ---


@pytest.fixture
def former(owner_url: str) -> str:
    """A database from a Jemmo version without its own schema, shared with another program."""
    with psycopg.connect(owner_url) as db:
        db.execute(FOUND)
        for table in sorted(POLICIES.keys() | OPEN.keys()):
            name = sql.Identifier(table)
            db.execute(sql.SQL("DROP POLICY jemmo_scope ON {}").format(name))
            if table in POLICIES:
                shown = sql.SQL("CREATE POLICY jemmo_scope ON {} USING (true)").format(name)
                db.execute(shown)
            else:
                db.execute(sql.SQL("ALTER TABLE {} DISABLE ROW LEVEL SECURITY").format(name))
        for (kind,) in db.execute(OBJECTS).fetchall():
            db.execute(sql.SQL(f"ALTER {kind} SET SCHEMA public"))
        db.execute("DROP SCHEMA jemmo CASCADE")
        db.execute("CREATE TABLE public.jobs_of_theirs (id int)")
        db.execute("CREATE FUNCTION public.of_theirs() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    return conninfo.changed(owner_url, options=None)


def migrate(url: str) -> None:
    env = {**os.environ, "DATABASE_URL": url}
    subprocess.run([sys.executable, "-c", MIGRATE], env=env, check=True)


def tables_in(db: psycopg.Connection, where: str) -> set[str]:
    return {name for (name,) in db.execute(WHERE, [where]).fetchall()}


def as_it_is(value: bytes) -> bytes:
    return value


@pytest.mark.long
def test_our_objects_in_public_are_moved_once_and_others_stay(former: str) -> None:
    for _ in range(2):
        migrate(former)
        with psycopg.connect(former) as db:
            assert tables_in(db, "jemmo") == POLICIES.keys() | OPEN.keys()
            assert tables_in(db, "public") == {"jobs_of_theirs"}
            assert db.execute("SELECT public.of_theirs()").fetchone() == (1,)
            assert db.execute("SELECT count(*) FROM jemmo.organisation").fetchone() == (1,)
            left = "SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'"
            assert db.execute(left.encode()).fetchall() == []


@pytest.mark.long
def test_the_application_works_in_a_schema_that_was_moved(former: str) -> None:
    with psycopg.connect(former) as db:  # as in the older version
        db.execute("GRANT SELECT ON public.jobs_of_theirs TO PUBLIC")
    migrate(former)
    found = roles.access(former, seal=as_it_is, open_sealed=as_it_is)
    try:
        assert found.is_apart
        with psycopg.connect(found.url) as db:
            db.execute("SELECT set_config('jemmo.reach', 'everything', true)")
            assert db.execute("SELECT count(*) FROM organisation").fetchone() == (1,)
            db.execute("SELECT jemmo_talents_saying('x'::tsquery, gen_random_uuid())")
            deferred = (
                "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('schedule', 'task', 0, NULL, NULL, '{}', NULL)"
                "::procrastinate_job_to_defer_v1])"
            )
            db.execute(deferred.encode())
            assert db.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (1,)
    finally:
        drop_role_of(former)


@pytest.mark.long
def test_the_role_loses_its_rights_on_other_programs(former: str) -> None:
    migrate(former)
    found = roles.access(former, seal=as_it_is, open_sealed=as_it_is)
    name = conninfo.parse(found.url)["user"]
    grants = (
        "GRANT SELECT, INSERT ON public.jobs_of_theirs TO {}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {}",
        "REVOKE SELECT ON jemmo.tag FROM {}",
    )
    try:
        with psycopg.connect(former, autocommit=True) as db:
            for grant in grants:  # as the older version left it
                db.execute(sql.SQL(grant).format(sql.Identifier(name)))
            roles.access(former, seal=as_it_is, open_sealed=as_it_is)
            db.execute("CREATE TABLE public.more_of_theirs (id int)")
            for table in ("jobs_of_theirs", "more_of_theirs"):
                asked = "SELECT has_table_privilege(%s, %s, 'SELECT')"
                assert db.execute(asked, [name, f"public.{table}"]).fetchone() == (False,)
    finally:
        drop_role_of(former)


def drop_role_of(url: str) -> None:
    """Drop the role that was created for a database, since it outlives the database."""
    with psycopg.connect(url, autocommit=True) as db:
        schema.set_search_path(db)
        role = roles._stored(db, as_it_is)
        assert role is not None
        name = sql.Identifier(role.name)
        db.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
        db.execute(sql.SQL("DROP OWNED BY {}").format(name))
        db.execute(sql.SQL("DROP ROLE {}").format(name))


# --- refused ---


@pytest.mark.parametrize("name", ["public", "extensions", "Jemmo", "a-b", "pg_x", "x;y"])
def test_a_schema_that_cannot_be_exclusively_ours(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("JEMMO_SCHEMA", name)
    with pytest.raises(ConfigError):
        schema.name()


def test_a_schema_with_foreign_objects_is_refused(
    owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JEMMO_SCHEMA", "theirs")
    with psycopg.connect(owner_url) as db:
        db.execute("CREATE SCHEMA theirs")
        db.execute("CREATE TABLE theirs.customers (id int)")
        with pytest.raises(ConfigError, match="customers") as raised:
            schema._make(db.cursor())
    assert "JEMMO_SCHEMA" in raised.value.next_step


def test_an_empty_schema_of_another_role_is_refused(owner_url: str, maker: str) -> None:
    with psycopg.connect(owner_url) as db:
        db.execute("DROP SCHEMA jemmo CASCADE")
        db.execute(sql.SQL("CREATE SCHEMA jemmo AUTHORIZATION {}").format(sql.Identifier(maker)))
        with pytest.raises(ConfigError, match=maker) as raised:
            schema._make(db.cursor())
        assert "DROP SCHEMA jemmo" in raised.value.next_step
        db.execute("ALTER SCHEMA jemmo OWNER TO CURRENT_USER")
        schema._make(db.cursor())
