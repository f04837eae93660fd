"""Who may see and change which rows: row-level security for every table, written down in one place.

After each migration the tables are made to follow (``apply``). A table without a line here stops it, so that none is
ever forgotten. The settings ``jemmo.*`` of a transaction are told by ``jemmo.store.scope``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from jemmo.store.scope import Reach

EVERYTHING, SIGN_IN = Reach.EVERYTHING, Reach.SIGN_IN
HOOKS, SUPPORT = Reach.HOOKS, Reach.SUPPORT


class Policy(NamedTuple):
    """Rows for which ``condition`` holds, and all rows for who has one of the ``reaches``.

    With ``contacts``, only for who has the right to people's contact details.
    """

    condition: str
    reaches: tuple[Reach, ...] = ()
    contacts: bool = False

    @property
    def expression(self) -> str:
        """Settings are read once for a statement, not for each row: hence the sub-selects."""
        reaches = ", ".join(f"'{one}'" for one in (EVERYTHING, *self.reaches))
        seen = f"((SELECT jemmo_reaches({reaches})) OR ({self.condition}))"
        return f"{seen} AND (SELECT jemmo_contacts())" if self.contacts else seen


_OURS = "org_id = (SELECT jemmo_org())"
_MINE = "account_id = (SELECT jemmo_account())"
_MY_LOGIN = "user_id = (SELECT jemmo_account())"


def _ours(*reaches: Reach, contacts: bool = False) -> Policy:
    return Policy(_OURS, reaches, contacts)


def _of(parent: str, *reaches: Reach, column: str = "") -> Policy:
    """Rows of a parent that is the organisation's and seen; a reach to the parent is none to its rows."""
    column = column or f"{parent}_id"
    if parent == "connection":  # an organisation has a few: read once for a statement
        return Policy(f"{column} IN (SELECT id FROM connection WHERE {_OURS})", reaches)
    return Policy(f"EXISTS (SELECT FROM {parent} p WHERE p.id = {column} AND p.{_OURS})", reaches)


POLICIES: dict[str, Policy] = {
    # who belongs where
    "organisation": Policy(
        "id = (SELECT jemmo_org()) OR id IN (SELECT org_id FROM membership WHERE " + _MINE + ")",
        (SIGN_IN, SUPPORT),
    ),
    "membership": Policy(f"{_OURS} OR {_MINE}", (SIGN_IN,)),
    "account": Policy(
        "id = (SELECT jemmo_account()) OR id IN (SELECT account_id FROM membership WHERE "
        + _OURS
        + ")",
        (SIGN_IN, SUPPORT),
    ),
    "account_groups": Policy("false", (SIGN_IN, SUPPORT)),
    "account_user_permissions": Policy("false", (SIGN_IN, SUPPORT)),
    "account_emailaddress": Policy(_MY_LOGIN, (SIGN_IN,)),
    "account_emailconfirmation": Policy(
        f"email_address_id IN (SELECT id FROM account_emailaddress WHERE {_MY_LOGIN})", (SIGN_IN,)
    ),
    "mfa_authenticator": Policy(_MY_LOGIN, (SIGN_IN,)),
    "invitation": _ours(SIGN_IN),
    "audit_event": _ours(SIGN_IN),
    # what is synced
    "department": _ours(),
    "ats_user": _ours(),
    "reject_reason": _ours(),
    "job": _ours(),
    "job_location": _ours(),
    "job_compensation": _ours(),
    "stage": _ours(),
    "talent": _ours(),
    "talent_contacts": _ours(contacts=True),
    "application": _ours(),
    "stage_event": _ours(),
    "tag": _ours(),
    "attachment": _ours(),
    "file_version": _ours(contacts=True),
    "file_text": _ours(contacts=True),
    # how it is synced
    "connection": _ours(HOOKS),
    "lease": _of("connection"),
    "quota_use": _of("connection"),
    "sync_run": _of("connection"),
    "checkpoint": _of("connection"),
    "rejection": _of("connection"),
    "pending_link": _of("connection"),
    "sighting": _of("connection"),
    "held_deletion": _of("connection"),
    "webhook_address": _of("connection", HOOKS),
    "webhook_delivery": _of("connection", HOOKS),
    "webhook_hint": _of("connection", HOOKS),
    "webhook_count": _of("connection", HOOKS),
    # what is told
    "notification": _ours(),
    "notification_read": _of("notification"),
    "organisation_notices": _ours(),
    "member_notices": _of("membership"),
    "notification_delivery": _of("notification"),
    "support_thread": Policy(
        f"{_OURS} AND ({_MINE} OR (SELECT jemmo_account()) IS NULL)", (SUPPORT,)
    ),
    "support_message": _of("support_thread", SUPPORT, column="thread_id"),
    # privacy
    "access_event": _ours(),
    "erasure": _ours(),
    "suppression": _of("connection"),
}

OPEN: dict[str, str] = {
    "auth_group": "names of groups of support staff",
    "auth_group_permissions": "as above",
    "auth_permission": "names of what the admin pages can do",
    "cache_entry": "counts of attempts to sign in, by digest",
    "django_admin_log": "what support staff did, by id",
    "django_content_type": "names of tables",
    "django_migrations": "the state of the schema",
    "django_session": "found by a secret key alone",
    "pace": "when requests leave, by the digest of an API key",
    "procrastinate_events": "states of tasks",
    "procrastinate_jobs": "tasks, which name connections by id",
    "procrastinate_periodic_defers": "the clock of tasks",
    "procrastinate_workers": "signs of life",
    "vault_secret": "random values, sealed",
}
"""Tables without a person's or an organisation's data, and what is in them instead."""

FUNCTIONS = (
    """CREATE OR REPLACE FUNCTION jemmo_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT nullif(current_setting('jemmo.org', true), '')::uuid $$""",
    """CREATE OR REPLACE FUNCTION jemmo_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT nullif(current_setting('jemmo.account', true), '')::uuid $$""",
    """CREATE OR REPLACE FUNCTION jemmo_contacts() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT coalesce(current_setting('jemmo.contacts', true) = 'on', false) $$""",
    """CREATE OR REPLACE FUNCTION jemmo_reaches(VARIADIC reaches text[]) RETURNS boolean
        LANGUAGE sql STABLE PARALLEL SAFE
        AS $$ SELECT coalesce(current_setting('jemmo.reach', true) = ANY(reaches), false) $$""",
)


class Searched(NamedTuple):
    """A search that only an index makes fast.

    Postgres does not use an index below a policy for an operator that might tell what it was given, and those of
    texts and arrays might. Such a search is a function of the tables' owner, which itself asks who may see that
    organisation.
    """

    name: str
    table: str
    id: str
    operator: str
    type: str
    contacts: bool = False

    @property
    def statement(self) -> str:
        column = {"tsquery": "search"}.get(self.type, "words")
        right = " AND jemmo_contacts()" if self.contacts else ""
        return f"""CREATE OR REPLACE FUNCTION {self.name}(wanted {self.type}, of_org uuid)
            RETURNS SETOF uuid LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
            SET search_path = public, pg_catalog, pg_temp
            AS $$ SELECT {self.id} FROM {self.table} WHERE {column} {self.operator} wanted AND org_id = of_org
                AND (SELECT (jemmo_reaches('{EVERYTHING}') OR of_org = jemmo_org()){right}) $$"""


SEARCHES = (
    Searched("jemmo_talents_saying", "talent", "id", "@@", "tsquery"),
    Searched("jemmo_jobs_saying", "job", "id", "@@", "tsquery"),
    Searched("jemmo_talents_with_words", "file_text", "talent_id", "@>", "bigint[]", contacts=True),
)


class TableWithoutPolicy(Exception):
    """A table that ``POLICIES`` and ``OPEN`` do not name."""


def statements(tables: set[str]) -> Iterator[str]:
    """What makes the tables of a database follow the policies, however they were before."""
    if unnamed := tables - POLICIES.keys() - OPEN.keys():
        raise TableWithoutPolicy(
            f"Add to jemmo.store.policies who may see the rows of: {', '.join(sorted(unnamed))}."
        )
    yield from FUNCTIONS
    yield from (one.statement for one in SEARCHES)
    for table, policy in POLICIES.items():
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"DROP POLICY IF EXISTS jemmo_scope ON {table}"
        yield f"CREATE POLICY jemmo_scope ON {table} USING ({policy.expression})"


_TABLES = """
    SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
        AND c.relkind IN ('r', 'p') AND pg_has_role(c.relowner, 'USAGE')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"""


def apply(cursor: Any) -> None:
    """As the tables' owner, with all migrations applied. Raises ``TableWithoutPolicy``."""
    cursor.execute(_TABLES)
    for statement in statements({row[0] for row in cursor.fetchall()}):
        cursor.execute(statement)
