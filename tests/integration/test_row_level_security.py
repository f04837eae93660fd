"""The database shows each transaction only the rows in its scope, and nothing if no scope is set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from fakes.effort import examples
from fakes.one_of_each import Rows, one_of_each
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jemmo.store.db import guard, scope
from jemmo.store.db.policies import OPEN, POLICIES
from jemmo.store.db.scope import NOBODY, SIGN_IN, Reach, Scope, acting_in, organization_scope
from jemmo.store.webhooks import deliveries

pytestmark = pytest.mark.versions

CONTACTS = {table for table, policy in POLICIES.items() if policy.right == "contacts"}
NOTES = {table for table, policy in POLICIES.items() if policy.right == "notes"}
EMPTY = {
    "account_groups",
    "account_user_permissions",
}  # permissions of support staff, which belong to no organization


@pytest.fixture
def both(database_url: str) -> tuple[Rows, Rows]:
    """Two organizations with a row in each table."""
    with transaction.atomic():
        return one_of_each("acme"), one_of_each("globex")


def member(rows: Rows, *, contacts: bool = True, notes: bool = True) -> Scope:
    org, account = rows["organisation"].pk, rows["account"].pk
    return Scope(org=org, account=account, contacts=contacts, notes=notes)


def seen(table: str, rows: Rows) -> bool:
    """Whether the organization's row in a table is visible in the current scope."""
    model, row = type(rows[table]), rows[table]
    return model._base_manager.filter(pk=row.pk).exists()


def tables_seen(rows: Rows) -> set[str]:
    return {table for table in rows if seen(table, rows)}


def test_every_table_has_a_policy_or_a_reason(owner_url: str) -> None:
    with psycopg.connect(owner_url) as db:
        found: dict[str, bool] = dict(
            db.execute(
                "SELECT relname, relrowsecurity FROM pg_class WHERE relkind IN ('r', 'p') "
                "AND relnamespace = 'jemmo'::regnamespace"
            ).fetchall()
        )
    assert found.keys() == POLICIES.keys() | OPEN.keys()
    assert all(found.values())
    assert all(OPEN.values())


def test_no_policy_calls_a_function_of_ours(owner_url: str) -> None:
    """Postgres would parse and inline the function whenever it plans a statement on the table."""
    with psycopg.connect(owner_url) as db:
        expressions = db.execute("SELECT pg_get_expr(polqual, polrelid) FROM pg_policy").fetchall()
    assert len(expressions) == len(POLICIES) + len(OPEN)
    assert [text for (text,) in expressions if "jemmo_" in text] == []


def test_a_forgotten_table_stops_the_migration(owner_url: str) -> None:
    with psycopg.connect(owner_url) as db:
        db.execute("CREATE TABLE forgotten (id int)")
        with pytest.raises(guard.TableWithoutPolicy, match="forgotten"):
            guard.apply(db.cursor())


def test_the_fixture_has_a_row_in_every_table(both: tuple[Rows, Rows]) -> None:
    for rows in both:
        assert rows.keys() | EMPTY == POLICIES.keys()
        with acting_in(scope.EVERYTHING):
            assert tables_seen(rows) == rows.keys()


def test_the_application_owns_nothing_and_bypasses_nothing(database_url: str) -> None:
    with psycopg.connect(database_url) as db:
        told = db.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, "
            "(SELECT count(*) FROM pg_class WHERE relowner = r.oid), "
            "(SELECT count(*) FROM pg_auth_members WHERE member = r.oid) "
            "FROM pg_roles r WHERE rolname = current_user"
        ).fetchone()
        assert told == (False, False, False, False, False, 0, 0)
        for forbidden in (
            "ALTER TABLE talent DISABLE ROW LEVEL SECURITY",
            "DROP POLICY jemmo_scope ON talent",
            "CREATE TABLE of_mine (id int)",
            "TRUNCATE talent",
            "DELETE FROM django_migrations",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction():
                db.execute(forbidden.encode())


def test_without_a_scope_nothing_is_visible(both: tuple[Rows, Rows]) -> None:
    with acting_in(NOBODY):
        assert tables_seen(both[0]) | tables_seen(both[1]) == set()


def test_a_session_without_settings_sees_nothing(both: tuple[Rows, Rows], app_url: str) -> None:
    with psycopg.connect(app_url, autocommit=True) as db:
        for table in POLICIES:
            assert db.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (0,), table
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            db.execute("INSERT INTO tag (org_id, name) SELECT gen_random_uuid(), 'x'")


@pytest.fixture
def app_url(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The application's URL, which contains no scope."""
    return os.environ["DATABASE_URL"]


@pytest.mark.parametrize("contacts", [True, False])
def test_a_member_sees_only_their_organization(both: tuple[Rows, Rows], contacts: bool) -> None:
    for mine, theirs in (both, both[::-1]):
        with acting_in(member(mine, contacts=contacts)):
            assert tables_seen(mine) == mine.keys() - (set() if contacts else CONTACTS)
            assert tables_seen(theirs) == set()


def test_background_work_sees_its_organization(both: tuple[Rows, Rows]) -> None:
    mine, theirs = both
    logins = {"account_emailaddress", "account_emailconfirmation", "mfa_authenticator"}
    with acting_in(organization_scope(mine["organisation"].pk)):
        assert tables_seen(mine) == mine.keys() - logins
        assert tables_seen(theirs) == set()


REACHED = {
    Reach.SIGN_IN: {
        *("organisation", "membership", "account", "invitation", "api_token", "audit_event"),
        *("account_emailaddress", "account_emailconfirmation", "mfa_authenticator"),
    },
    Reach.HOOKS: {
        *("connection", "webhook_address", "webhook_delivery", "webhook_hint", "webhook_count"),
    },
    Reach.SUPPORT: {
        *("organisation", "account", "support_thread", "support_message", "support_picture"),
    },
}


@pytest.mark.parametrize("reach", REACHED)
def test_a_reach_has_exactly_its_rows(both: tuple[Rows, Rows], reach: Reach) -> None:
    with acting_in(Scope(reach=reach)):
        for rows in both:
            assert tables_seen(rows) == REACHED[reach]


def test_invisible_rows_cannot_be_changed_or_deleted(both: tuple[Rows, Rows]) -> None:
    mine, theirs = both
    with acting_in(member(mine)):
        for table, row in theirs.items():
            with connection.cursor() as cursor:
                fields = row._meta.pk_fields
                key = fields[0].column
                condition = " AND ".join(f"{field.column} = %s" for field in fields)
                values = [getattr(row, field.attname) for field in fields]
                cursor.execute(f"UPDATE {table} SET {key} = {key} WHERE {condition}", values)
                assert cursor.rowcount == 0, table
                cursor.execute(f"DELETE FROM {table} WHERE {condition}", values)
                assert cursor.rowcount == 0, table
    assert tables_seen(theirs) == theirs.keys()


def test_nothing_can_be_written_into_another_organization(both: tuple[Rows, Rows]) -> None:
    mine, theirs = both
    with acting_in(member(mine)):
        for table, row in theirs.items():
            copy = type(row)._base_manager.model
            values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
            row_again = copy(**values)
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                type(row)._base_manager.bulk_create([row_again])
            assert seen(table, mine) or table in EMPTY


def test_a_viewer_cannot_read_contact_details(both: tuple[Rows, Rows]) -> None:
    rows = both[0]
    with acting_in(member(rows, contacts=False)):
        assert {table for table in CONTACTS if seen(table, rows)} == set()
        with connection.cursor() as cursor:
            cursor.execute("SELECT jemmo_talents_with_words('{}', %s)", [rows["organisation"].pk])
            assert cursor.fetchall() == []


def test_notes_require_a_separate_right(both: tuple[Rows, Rows]) -> None:
    rows = both[0]
    assert NOTES == {"note"}
    with acting_in(member(rows, notes=False)):
        assert tables_seen(rows) == rows.keys() - NOTES


UNBOUND = {
    *("organisation", "membership", "account", "account_groups", "account_user_permissions"),
    *("account_emailaddress", "account_emailconfirmation", "mfa_authenticator", "invitation"),
    *("api_token", "idempotency_key", "audit_event", "confidential_record", "tag"),
    *("notification", "notification_read", "notification_delivery"),
    *("organisation_notices", "member_notices", "support_thread", "support_message"),
    *("support_picture", "feed_position", "feed_mark", "feed_reader"),
    *("outgoing_endpoint", "outgoing_message", "outgoing_attempt"),
    *("access_event", "erasure", "organisation_deletion"),
}
"""Tables whose rows don't come from a connection."""


def test_a_bound_scope_sees_nothing_of_other_connections(both: tuple[Rows, Rows]) -> None:
    mine, theirs = both
    everything = member(mine)
    with acting_in(replace(everything, connection=mine["connection"].pk)):
        assert tables_seen(mine) == mine.keys()
    for other in (uuid4(), theirs["connection"].pk):
        with acting_in(replace(everything, connection=other)):
            assert tables_seen(mine) == mine.keys() & UNBOUND
            assert tables_seen(theirs) == set()
            with acting_in(organization_scope(mine["organisation"].pk)):
                assert not seen("talent", mine)


def test_a_search_is_bound_to_the_organisation(both: tuple[Rows, Rows]) -> None:
    mine, theirs = both
    with connection.cursor() as cursor:
        cursor.execute("UPDATE talent SET search = to_tsvector('simple', 'welder')")
    for rows, expected in ((mine, [(mine["talent"].pk,)]), (theirs, [])):
        with acting_in(member(mine)), connection.cursor() as cursor:
            cursor.execute(
                "SELECT jemmo_talents_saying('welder'::tsquery, %s)", [rows["organisation"].pk]
            )
            assert cursor.fetchall() == expected


def test_webhooks_are_found_by_name_only_in_the_own_organization(
    both: tuple[Rows, Rows],
) -> None:
    mine, theirs = both
    with connection.cursor() as cursor:
        cursor.execute("UPDATE webhook_delivery SET named = '{7}'")
    for wanted, rows, expected in (
        ([7], mine, [mine["webhook_delivery"].pk]),
        ([8], mine, []),
        ([7], theirs, []),
    ):
        with acting_in(member(mine)):
            assert deliveries.naming(rows["connection"].pk, wanted) == expected


def test_a_pooled_session_keeps_nothing_of_its_previous_user(both: tuple[Rows, Rows]) -> None:
    with acting_in(member(both[0])):
        assert seen("talent", both[0])
    raw = connection.connection
    assert raw.execute("SELECT current_setting('jemmo.org', true)").fetchone() == ("",)
    with acting_in(member(both[0])), suppress(DatabaseError), transaction.atomic():
        assert seen("talent", both[0])
        connection.cursor().execute("SELECT 1/0")
    with acting_in(NOBODY):
        assert not seen("talent", both[0])


class Left(Exception):
    """Raised to leave a transaction's block and roll it back."""


STEPS = st.lists(
    st.sampled_from(["mine", "theirs", "nobody", "block", "leave", "take back", "look"]),
    max_size=25,
)


@pytest.mark.soak
@examples(20)
@given(steps=STEPS)
def test_the_current_scope_decides_in_any_nesting(
    both: tuple[Rows, Rows], steps: list[str]
) -> None:
    mine, theirs = both
    scopes = {"mine": member(mine), "theirs": member(theirs), "nobody": NOBODY}
    _walk(iter(steps), lambda: _check(mine, theirs), scopes)


def _walk(steps: Iterator[str], look: Callable[[], None], scopes: dict[str, Scope]) -> None:
    """Nest scopes and transactions according to the steps, and check the visible rows after each."""
    with ExitStack() as stack:
        for step in steps:
            if step in scopes:
                stack.enter_context(acting_in(scopes[step]))
            elif step == "block":
                try:
                    with transaction.atomic():
                        _walk(steps, look, scopes)
                except Left:
                    pass
            elif step == "leave":
                return
            elif step == "take back" and connection.in_atomic_block:
                raise Left
            look()


def _check(mine: Rows, theirs: Rows) -> None:
    wanted = scope.current()
    assert wanted is not None
    everything = wanted.reach is Reach.EVERYTHING
    for rows in (mine, theirs):
        expected = everything or wanted.org == rows["organisation"].pk
        assert seen("talent", rows) == expected
        assert seen("talent_contacts", rows) == expected


def test_before_signing_in_no_recruiting_data_is_seen(both: tuple[Rows, Rows]) -> None:
    with acting_in(SIGN_IN):
        assert not tables_seen(both[0]) & {"job", "talent", "application", "talent_contacts"}
