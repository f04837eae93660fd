"""Roles, schemas and default privileges as in Supabase, and databases shared with other programs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import psycopg
import pytest
from fakes.deployments import Customer, run
from fakes.processes import Done, jemmo

from jemmo.sandbox import run_sandbox
from jemmo.store.db.policies import OPEN, POLICIES

WEB_ROLES = ("anon", "authenticated", "service_role")
EVERYTHING = "SELECT set_config('jemmo.reach', 'everything', false)"


@pytest.fixture
def supabase(server: str, make_customer: Callable[..., Customer]) -> Customer:
    """The postgres role is no superuser, extensions have a schema, and the web API's roles can access new tables."""
    for role in WEB_ROLES:
        with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            run(server, f"CREATE ROLE {role} NOLOGIN")
    made = make_customer(rights="CREATEROLE CREATEDB BYPASSRLS")
    everybody, owner = ", ".join(WEB_ROLES), made.name
    run(
        made.admin_url,
        f"CREATE SCHEMA extensions AUTHORIZATION {owner}",
        f"GRANT USAGE ON SCHEMA extensions, public TO {everybody}",
        "CREATE EXTENSION unaccent SCHEMA extensions",
        "CREATE EXTENSION pg_trgm SCHEMA extensions",
        f"REVOKE CREATE ON SCHEMA public FROM {owner}",
        *(
            f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} {where} GRANT ALL ON {kind} TO {everybody}"
            for kind in ("TABLES", "SEQUENCES", "FUNCTIONS")
            for where in ("IN SCHEMA public", "")
        ),
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT ALL ON SCHEMAS TO {everybody}",
    )
    return made


async def synced(env: dict[str, str]) -> Done:
    async with run_sandbox(talents=40, seed=9, switches={"rate_limit": False}) as ats:
        address = ("--base-url", ats.base_url, "--option", "pacing=off")
        words = ("connect", "teamtailor", "--org", "acme", "--key-stdin", *address, "--json")
        made = await jemmo(*words, stdin=ats.key + "\n", env=env)
        assert made.status == 0, made
        done = await jemmo("sync", "--org", "acme", "--json", env=env)
        assert done.status == 0, done
        told = await jemmo("doctor", env=env)
        assert told.status == 0, told
        return told


async def test_supabase_syncs_and_its_web_roles_read_nothing(supabase: Customer) -> None:
    told = await synced({"DATABASE_URL": supabase.url})

    for word in ("COPY", "unaccent", "pg_trgm", "prepared", "advisory", "LISTEN", "schema jemmo"):
        assert word in told.out
    with psycopg.connect(supabase.admin_url, autocommit=True) as db:
        assert db.execute("SELECT count(*) FROM jemmo.talent").fetchone() == (40,)
        db.execute(EVERYTHING)
        for role in WEB_ROLES:
            db.execute(f"SET ROLE {role}".encode())
            for table in POLICIES.keys() | OPEN.keys():
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    db.execute(f"SELECT FROM jemmo.{table}".encode())
            db.execute("RESET ROLE")
        # Even if someone grants access again, row-level security shows nothing.
        for right in ("USAGE ON SCHEMA jemmo", "ALL ON ALL TABLES IN SCHEMA jemmo"):
            db.execute(f"GRANT {right} TO anon".encode())
        db.execute("SET ROLE anon")
        for table in POLICIES.keys() | OPEN.keys():
            with suppress(psycopg.errors.InsufficientPrivilege):  # a function used by a policy
                seen = db.execute(f"SELECT count(*) FROM jemmo.{table}".encode()).fetchone()
                assert seen == (0,), table
    again = await jemmo("migrate", env={"DATABASE_URL": supabase.url})
    assert again.status == 0, again  # every start revokes it
    with psycopg.connect(supabase.admin_url) as db:
        asked = db.execute("SELECT has_schema_privilege('anon', 'jemmo', 'USAGE')")
        assert asked.fetchone() == (False,)


async def test_another_program_in_public_is_left_alone(
    make_customer: Callable[..., Customer],
) -> None:
    """A Django project with some of the same table names, and extensions in ``public``."""
    shared = make_customer()
    run(
        shared.admin_url,
        "CREATE EXTENSION unaccent",
        "CREATE EXTENSION pg_trgm",
        f"GRANT ALL ON SCHEMA public TO {shared.name}",
    )
    theirs = ("job", "account", "tag", "django_migrations", "procrastinate_jobs")
    run(
        shared.url,
        *(f"CREATE TABLE public.{name} (id int, app text, name text)" for name in theirs),
    )
    run(shared.url, "ALTER TABLE public.django_migrations ADD applied timestamptz DEFAULT now()")
    run(shared.url, "INSERT INTO public.django_migrations VALUES (1, 'auth', '0001_initial')")

    await synced({"DATABASE_URL": shared.url})

    with psycopg.connect(shared.admin_url) as db:
        for name in theirs:
            rows = db.execute(f"SELECT count(*) FROM public.{name}".encode()).fetchone()
            assert rows == (1 if name == "django_migrations" else 0,)
            assert db.execute(f"SELECT count(*) FROM jemmo.{name}".encode()).fetchone()
        asked = db.execute(
            "SELECT count(*) FROM pg_roles, pg_class WHERE rolname ~ '^jemmo_app_' "
            "AND relnamespace = 'public'::regnamespace AND relkind = 'r' "
            "AND has_table_privilege(pg_roles.oid, pg_class.oid, 'SELECT')"
        )
        assert asked.fetchone() == (0,)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
async def test_a_database_in_another_encoding_is_explained(
    make_customer: Callable[..., Customer], encoding: str
) -> None:
    done = await jemmo("migrate", env={"DATABASE_URL": make_customer(encoding=encoding).url})

    assert done.status == 4
    assert encoding in done.err
    assert "ENCODING 'UTF8'" in done.err


async def test_without_the_right_to_create_a_schema_the_statement_is_shown(
    customer: Customer,
) -> None:
    run(customer.admin_url, f"ALTER DATABASE {customer.name} OWNER TO CURRENT_USER")

    done = await jemmo("migrate", env={"DATABASE_URL": customer.url})

    assert done.status == 4
    statement = f"CREATE SCHEMA jemmo AUTHORIZATION {customer.name};"
    assert statement in done.err
    run(customer.admin_url, statement)
    done = await jemmo("migrate", env={"DATABASE_URL": customer.url})
    assert "CREATE EXTENSION pg_trgm" in done.err, (
        done
    )  # trusted extensions, which a database's owner may create
    run(customer.admin_url, "CREATE EXTENSION pg_trgm", "CREATE EXTENSION unaccent")
    assert (await jemmo("migrate", env={"DATABASE_URL": customer.url})).status == 0
