"""The application's access on servers with fewer rights than ours; the policies apply on each of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import msgspec
import psycopg
import pytest
from psycopg import sql

from jemmo import conninfo
from jemmo.store.db import roles
from jemmo.store.db.roles import Access

pytestmark = pytest.mark.versions

ORGANISATIONS = "SELECT count(*) FROM organisation"
OURS = """
    SELECT format('ALTER TABLE %s', oid::regclass) FROM pg_class
    WHERE relnamespace = 'jemmo'::regnamespace AND relkind IN ('r', 'p')
    UNION ALL SELECT format('ALTER ROUTINE %s', oid::regprocedure) FROM pg_proc p
    WHERE pronamespace = 'jemmo'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')"""
RIGHTS = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


def as_it_is(value: bytes) -> bytes:
    """Seal nothing, since encryption doesn't matter here."""
    return value


def way_in(url: str) -> Access:
    return roles.access(url, seal=as_it_is, open_sealed=as_it_is)


def counted(url: str, *, reach: str | None = None) -> int:
    """Return the number of visible organizations, by default without a scope."""
    with psycopg.connect(url) as db:
        if reach:
            db.execute("SELECT set_config('jemmo.reach', %s, true)", [reach])
        row = db.execute(ORGANISATIONS).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def filled(owner_url: str) -> str:
    with psycopg.connect(owner_url) as db:
        db.execute(
            "INSERT INTO organisation (id, slug, name, time_zone, created_at) "
            "VALUES (gen_random_uuid(), 'acme', 'Acme', 'UTC', now())"
        )
    return owner_url


@pytest.fixture
def plain(filled: str) -> Iterator[str]:
    """The database's URL for an owner of its tables who may not create roles."""
    name = sql.Identifier(f"jemmo_plain_{secrets.token_hex(4)}")
    with psycopg.connect(filled, autocommit=True) as db:
        db.execute(sql.SQL("CREATE ROLE {} NOCREATEROLE").format(name))
        db.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
        db.execute(sql.SQL("GRANT ALL ON SCHEMA jemmo TO {}").format(name))
        for (alter,) in db.execute(OURS).fetchall():
            db.execute(sql.SQL(alter + " OWNER TO {}").format(name))
        yield with_role(filled, name.as_string(None).strip('"'))
        db.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(name))
        db.execute(sql.SQL("DROP ROLE {}").format(name))


def with_role(url: str, name: str) -> str:
    return conninfo.changed(url, options=f"{conninfo.parse(url)['options']} -c role={name}")


def test_policies_apply_to_an_owner_who_may_not_create_roles(plain: str) -> None:
    assert counted(plain) == 1  # policies don't apply to an owner

    found = way_in(plain)

    assert not found.is_apart
    assert found.url == plain
    assert counted(plain) == 0
    assert counted(plain, reach="everything") == 1
    assert way_in(plain) == found  # the same the second time


@pytest.fixture
def closed(filled: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A server that lets only the owner sign in, like some hosts."""
    monkeypatch.setattr(roles, "_opens", lambda url: "role=" in url)
    return filled


def drop_role_of(url: str) -> None:
    """Drop the role that was created for a database, since it outlives the database."""
    with psycopg.connect(url, autocommit=True) as db:
        row = db.execute("SELECT sealed FROM vault_secret WHERE name = %s", [roles.NAME]).fetchone()
        assert row is not None
        name = sql.Identifier(msgspec.json.decode(bytes(row[0]), type=roles.Role).name)
        db.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
        db.execute(sql.SQL("DROP OWNED BY {}").format(name))
        db.execute(sql.SQL("DROP ROLE {}").format(name))


def test_the_owners_sessions_switch_to_a_role_that_may_not_sign_in(closed: str) -> None:
    found = way_in(closed)

    assert found.is_apart
    assert "role=jemmo_app_" in conninfo.parse(found.url)["options"]
    assert counted(closed) == 1
    assert counted(found.url) == 0
    assert counted(found.url, reach="everything") == 1
    with psycopg.connect(found.url) as db:
        assert db.execute(RIGHTS).fetchone() == (False,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("CREATE TABLE more (id int)")
    assert way_in(closed) == found  # the same role again
    drop_role_of(closed)


def test_an_existing_role_is_reused_and_is_no_owner(filled: str) -> None:
    found = way_in(filled)

    assert found.is_apart
    assert counted(found.url) == 0
    assert way_in(found.url) == Access(url=found.url)  # not the owner, so the URL stays the same
    with psycopg.connect(found.url) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("ALTER TABLE organisation DISABLE ROW LEVEL SECURITY")
    drop_role_of(filled)
