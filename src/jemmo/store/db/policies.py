"""The policies of row-level security: who may see and change which rows of every table.

``jemmo.store.db.guard`` applies them after each migration. It fails if a table has no line here, so none can be
forgotten. ``jemmo.store.db.scope`` sets the transaction's ``jemmo.*`` settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jemmo.domain import records
from jemmo.domain.entities import ENTITIES
from jemmo.domain.fields import links
from jemmo.store.db import confidential, leases, schema, task_queue
from jemmo.store.db.scope import Reach

EVERYTHING, SIGN_IN = Reach.EVERYTHING, Reach.SIGN_IN
HOOKS, SUPPORT = Reach.HOOKS, Reach.SUPPORT


_ORG = "nullif(current_setting('jemmo.org', true), '')::uuid"
_CONNECTION = "nullif(current_setting('jemmo.connection', true), '')::uuid"
_ACCOUNT = "nullif(current_setting('jemmo.account', true), '')::uuid"
_RIGHT = "coalesce(current_setting('jemmo.{right}', true) = 'on', false)"
_SEES_CONFIDENTIAL = "coalesce(current_setting('jemmo.confidential', true) = 'on', false)"
_REACHES = "coalesce(current_setting('jemmo.reach', true) = ANY({reaches}), false)"
"""Policies contain these expressions instead of calling ``FUNCTIONS``: Postgres would parse and inline those each time
it plans a statement, which made short statements a quarter slower."""


class Policy(NamedTuple):
    """Shows rows that meet ``condition``, and all rows to scopes with one of the ``reaches``.

    With a ``right``, only readers who have it see the rows: to contact details, or to notes (``Scope``).
    """

    condition: str
    reaches: tuple[Reach, ...] = ()
    right: str = ""

    def narrowed(self, *conditions: str) -> Policy:
        """The same policy, limited to rows that also meet these conditions."""
        return self._replace(condition=" AND ".join([f"({self.condition})", *conditions]))

    @property
    def expression(self) -> str:
        """The condition as SQL. Sub-selects make Postgres read the settings once per statement instead of per row."""
        names = ", ".join(f"'{reach}'" for reach in (EVERYTHING, *self.reaches))
        reaches = _REACHES.format(reaches=f"ARRAY[{names}]")
        seen = f"((SELECT {reaches}) OR ({self.condition}))"
        return f"{seen} AND (SELECT {_RIGHT.format(right=self.right)})" if self.right else seen


_OURS = f"org_id = (SELECT {_ORG})"


def _if_bound(condition: str) -> str:
    """Apply a condition only if the scope is bound to a connection.

    Postgres estimates that a CASE matches half of the rows, and an OR almost none.
    """
    return f"CASE WHEN (SELECT {_CONNECTION}) IS NULL THEN true ELSE {condition} END"


_OF_CONNECTION = _if_bound(f"connection_id = (SELECT {_CONNECTION})")
_MINE = f"account_id = (SELECT {_ACCOUNT})"
_MY_LOGIN = f"user_id = (SELECT {_ACCOUNT})"


def _ours(*reaches: Reach, right: str = "") -> Policy:
    return Policy(_OURS, reaches, right)


_OPEN_JOB = f"NOT ({confidential.CONFIDENTIAL['job'].format(row='job')})"
_OPEN_TALENT = f"NOT {confidential.CONFIDENTIAL['talent'].format(row='talent')}"
_CONFIDENTIAL = f"(SELECT id FROM confidential_record WHERE {_OURS})"
_OF_OPEN_JOB = f"(job_id IS NULL OR job_id NOT IN {_CONFIDENTIAL})"
_OF_OPEN_TALENT = f"(talent_id IS NULL OR talent_id NOT IN {_CONFIDENTIAL})"
"""The parts of a confidential record are hidden by its id. There are few such ids, so Postgres reads and hashes them
once per statement, and not at all for readers who may see them."""


def _ours_unless_confidential(*conditions: str, right: str = "") -> Policy:
    """The organization's rows. Those that fail a condition are confidential and require that right."""
    open_to_all = " AND ".join(conditions)
    return Policy(f"{_OURS} AND ((SELECT {_SEES_CONFIDENTIAL}) OR ({open_to_all}))", (), right)


def _of_feed(open_to_all: str) -> Policy:
    """A record's feed rows are visible to whoever may see the record."""
    rights = [
        f"(entity <> '{stream}' OR (SELECT {_RIGHT.format(right=entity.right)}))"
        for stream, entity in ENTITIES.items()
        if entity.right
    ]
    return _ours_unless_confidential(open_to_all).narrowed(_OF_CONNECTION, *rights)


def _belongs_to(parent: str) -> str:
    """The parent row is visible under its own policy."""
    return f"EXISTS (SELECT FROM {parent} p WHERE p.id = {parent}_id)"


def _of(parent: str, *reaches: Reach, column: str = "") -> Policy:
    """Rows with a visible parent of the organization. A reach that shows the parent doesn't show its rows."""
    column = column or f"{parent}_id"
    if parent == "connection":  # an organization has few, so Postgres reads them once per statement
        return Policy(f"{column} IN (SELECT id FROM connection WHERE {_OURS})", reaches)
    return Policy(f"EXISTS (SELECT FROM {parent} p WHERE p.id = {column} AND p.{_OURS})", reaches)


_CONFIDENTIAL_KINDS: dict[type[records.Record], tuple[str, str]] = {
    records.Talent: (_OPEN_TALENT, _OF_OPEN_TALENT),
    records.Job: (_OPEN_JOB, _OF_OPEN_JOB),
}
"""Tables with confidential rows, with the conditions for their own rows and for rows that point to them."""


def _synced() -> Iterator[tuple[str, Policy]]:
    """Policies of each synced record and its parts. A part of a confidential record is confidential too."""
    for entity in ENTITIES.values():
        targets = {link.target for link in links(entity.record)}
        conditions = [
            own if entity.record is kind else pointing
            for kind, (own, pointing) in _CONFIDENTIAL_KINDS.items()
            if entity.record is kind or kind in targets
        ]
        right = entity.right
        policy = (
            _ours_unless_confidential(*conditions, right=right)
            if conditions
            else _ours(right=right)
        )
        yield entity.table, policy.narrowed(_OF_CONNECTION)
        _, belonging = _CONFIDENTIAL_KINDS.get(entity.record, ("", _belongs_to(entity.table)))
        for part in entity.parts:
            policy = _ours_unless_confidential(belonging, right=entity.right)
            yield part.table, policy.narrowed(_if_bound(_belongs_to(entity.table)))


POLICIES: dict[str, Policy] = {
    # memberships
    "organisation": Policy(
        f"id = (SELECT {_ORG}) OR id IN (SELECT org_id FROM membership WHERE {_MINE})",
        (SIGN_IN, SUPPORT),
    ),
    "membership": Policy(f"{_OURS} OR {_MINE}", (SIGN_IN,)),
    "account": Policy(
        f"id = (SELECT {_ACCOUNT}) OR id IN (SELECT account_id FROM membership WHERE {_OURS})",
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
    "api_token": _ours(SIGN_IN),
    "idempotency_key": _ours(),
    "audit_event": _ours(SIGN_IN),
    # synced records
    **dict(_synced()),
    "talent_contacts": _ours_unless_confidential(_OF_OPEN_TALENT, right="contacts").narrowed(
        _if_bound(_belongs_to("talent"))
    ),
    "confidential_record": _ours(),
    "tag": _ours(),
    "file_version": _ours_unless_confidential(_belongs_to("attachment"), right="contacts").narrowed(
        _if_bound(_belongs_to("attachment"))
    ),
    "file_text": _ours_unless_confidential(_OF_OPEN_TALENT, right="contacts").narrowed(
        _if_bound(_belongs_to("talent"))
    ),
    # syncs
    "connection": _ours(HOOKS).narrowed(_if_bound(f"id = (SELECT {_CONNECTION})")),
    leases.TABLE: _of("connection"),
    "quota_use": _of("connection"),
    "request_count": _of("connection"),
    "sync_run": _of("connection"),
    "checkpoint": _of("connection"),
    "rejection": _of("connection"),
    "pending_link": _of("connection"),
    "sighting": _of("connection"),
    "sweep": _of("connection"),
    "held_deletion": _of("connection"),
    "webhook_address": _of("connection", HOOKS),
    "webhook_delivery": _of("connection", HOOKS),
    "webhook_hint": _of("connection", HOOKS),
    "webhook_count": _of("connection", HOOKS),
    # notifications
    "notification": _ours(),
    "notification_read": _of("notification"),
    "organisation_notices": _ours(),
    "member_notices": _of("membership"),
    "notification_delivery": _of("notification"),
    "support_thread": Policy(f"{_OURS} AND ({_MINE} OR (SELECT {_ACCOUNT}) IS NULL)", (SUPPORT,)),
    "support_message": _of("support_thread", SUPPORT, column="thread_id"),
    "support_picture": Policy(
        "EXISTS (SELECT FROM support_message p WHERE p.id = message_id)", (SUPPORT,)
    ),
    # the change feed
    "feed_position": _ours(),
    "feed_mark": _ours(),
    "feed_record": _of_feed("level = 2"),
    "feed_change": _of_feed("(before = 2 OR after = 2)"),
    "feed_reader": _ours(),
    # outgoing webhooks
    "outgoing_endpoint": _ours(),
    "outgoing_message": _ours(),
    "outgoing_attempt": _of("outgoing_message", column="message_id"),
    # privacy
    "access_event": _ours(),
    "erasure": _ours(),
    "suppression": _of("connection"),
    "organisation_deletion": Policy(f"{_OURS} OR {_MINE}"),
}

OPEN: dict[str, str] = {
    "auth_group": "names of groups of support staff",
    "auth_group_permissions": "as above",
    "auth_permission": "names of what the admin pages can do",
    "cache_entry": "counts of attempts to sign in, by digest",
    "django_admin_log": "what support staff did, by id",
    "django_content_type": "names of tables",
    "django_migrations": "the state of the schema",
    "django_session": "nothing: sessions are in a table of their own",
    "pace": "when requests leave, by the digest of an API key",
    **task_queue.TABLES,
    "session": "found by the hash of a secret, and sealed with it",
    "vault_secret": "random values, sealed",
}
"""Tables without data of people or organizations, with a description. They are open to our roles in any scope."""

FUNCTIONS = tuple(
    f"CREATE OR REPLACE FUNCTION {head} LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT {body} $$"
    for head, body in (
        ("jemmo_org() RETURNS uuid", _ORG),
        ("jemmo_account() RETURNS uuid", _ACCOUNT),
        ("jemmo_contacts() RETURNS boolean", _RIGHT.format(right="contacts")),
        ("jemmo_confidential() RETURNS boolean", _SEES_CONFIDENTIAL),
        (
            "jemmo_reaches(VARIADIC reaches text[]) RETURNS boolean",
            _REACHES.format(reaches="reaches"),
        ),
    )
)


class Searched(NamedTuple):
    """A search that is fast only with an index.

    Under a policy, Postgres uses an index only for operators that are marked leakproof, which operators of texts and
    arrays are not. So such a search is a function that belongs to the tables' owner and checks access to the
    organization itself. It must not look up names in a schema where another role can create objects, because Postgres
    would prefer that role's operator for exactly these types to its own generic one.
    """

    name: str
    table: str
    id: str
    operator: str
    type: str
    contacts: bool = False
    column: str = "words"
    condition: str = _OF_OPEN_TALENT

    @property
    def statement(self) -> str:
        column = {"tsquery": "search"}.get(self.type, self.column)
        right = " AND jemmo_contacts()" if self.contacts else ""
        return f"""CREATE OR REPLACE FUNCTION {self.name}(wanted {self.type}, of_org uuid)
            RETURNS SETOF uuid LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
            SET search_path = pg_catalog, "{schema.name()}", pg_temp
            AS $$ SELECT {self.id} FROM {self.table}
                WHERE {column} OPERATOR(pg_catalog.{self.operator}) wanted AND org_id = of_org
                AND (SELECT (jemmo_reaches('{EVERYTHING}') OR of_org = jemmo_org()){right})
                AND ((SELECT {_SEES_CONFIDENTIAL}) OR {self.condition}) $$"""


SEARCHES = (
    Searched("jemmo_talents_saying", "talent", "id", "@@", "tsquery", condition=_OPEN_TALENT),
    Searched("jemmo_jobs_saying", "job", "id", "@@", "tsquery", condition=_OPEN_JOB),
    Searched("jemmo_talents_with_words", "file_text", "talent_id", "@>", "bigint[]", contacts=True),
    Searched(
        "jemmo_talents_with_contact",
        "talent_contacts",
        "talent_id",
        "&&",
        "bigint[]",
        contacts=True,
        column="hashes",
    ),
)


DELIVERIES_NAMING = f"""CREATE OR REPLACE FUNCTION jemmo_deliveries_naming(wanted bigint[], of_connection uuid)
    RETURNS SETOF bigint LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
    SET search_path = pg_catalog, "{schema.name()}", pg_temp SET enable_seqscan = off
    AS $$ WITH found AS MATERIALIZED (
            SELECT id, connection_id FROM webhook_delivery WHERE named OPERATOR(pg_catalog.&&) wanted)
        SELECT d.id FROM (SELECT id, connection_id FROM found
            UNION ALL SELECT id, connection_id FROM webhook_delivery WHERE named IS NULL) d
        WHERE d.connection_id = of_connection
        AND (SELECT jemmo_reaches('{EVERYTHING}')
            OR EXISTS (SELECT FROM connection c WHERE c.id = of_connection AND c.org_id = jemmo_org())) $$"""
"""A search like those of ``Searched``: a connection's webhooks that name a person, or may name anyone.

Names are searched first, in a separate query on their index. Otherwise Postgres compares each webhook of the
connection, or of all connections while many names wait to be indexed."""
