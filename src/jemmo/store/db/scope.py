"""The scope of a database transaction: row-level security shows only rows within it.

The scope follows a request or task (a context variable). Django's connection sends it to Postgres in every transaction
(``jemmo.store.db.backend``); connections of the data path set it when they open (``jemmo.store.db.postgres``).
``jemmo.store.db.policies`` defines what a scope shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from uuid import UUID

from msgspec import Struct


class Reach(StrEnum):
    """Access to rows beyond one organization's own."""

    NONE = ""
    SIGN_IN = "sign-in"
    """Accounts, memberships and invitations, before the account is known."""
    HOOKS = "hooks"
    """Webhook addresses and their deliveries."""
    SUPPORT = "support"
    """Conversations with support, of every organization."""
    EVERYTHING = "everything"
    """All organizations: for the schedule, key rotation, and an operator's command."""


class Scope(Struct, frozen=True, kw_only=True):
    """The rows that a transaction may see. An empty scope sees none.

    ``contacts`` is the right to people's contact details and files, ``confidential`` the right to confidential jobs and
    private talents, ``notes`` the right to what the team wrote about people. With a ``connection``, the organization's
    other connections are invisible.

    ``housekeeping`` is for statements that each read little. Postgres cancels any that takes longer than this many
    seconds, and uses indexes even for tables without statistics.
    """

    org: UUID | None = None
    connection: UUID | None = None
    account: UUID | None = None
    contacts: bool = False
    confidential: bool = False
    notes: bool = False
    reach: Reach = Reach.NONE
    housekeeping: int | None = None

    @property
    def settings(self) -> tuple[str, ...]:
        """The values for ``SET_SCOPE``, in its order."""
        return (
            str(self.org or ""),
            str(self.connection or ""),
            str(self.account or ""),
            "on" if self.contacts else "",
            "on" if self.confidential else "",
            "on" if self.notes else "",
            self.reach.value,
            f"{self.housekeeping}s" if self.housekeeping else "",
            *(["off" if self.housekeeping else ""] * len(_PLANS)),
        )

    @property
    def statement(self) -> tuple[str, tuple[str, ...]]:
        """The statement that sets the scope, with its values. Limits that would not change are omitted."""
        if self.housekeeping:
            return SET_FOR_TRANSACTION, self.settings
        return _SET_ROWS.format(local="true"), self.settings[:_ROWS]


_PLANS = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit")
_LIMITS = "".join(
    f", set_config('{name}', coalesce(nullif(%s, ''), current_setting('{name}')), {{local}})"
    for name in ("statement_timeout", *_PLANS)
)
_SET_ROWS = """
    SELECT set_config('jemmo.org', %s, {local}), set_config('jemmo.connection', %s, {local}),
        set_config('jemmo.account', %s, {local}),
        set_config('jemmo.contacts', %s, {local}), set_config('jemmo.confidential', %s, {local}),
        set_config('jemmo.notes', %s, {local}), set_config('jemmo.reach', %s, {local})"""
_ROWS = _SET_ROWS.count("%s")
SET_SCOPE = _SET_ROWS + _LIMITS
SET_FOR_TRANSACTION = SET_SCOPE.format(local="true")
SET_FOR_SESSION = SET_SCOPE.format(local="false")

NOBODY = Scope()
SIGN_IN = Scope(reach=Reach.SIGN_IN)
EVERYTHING = Scope(contacts=True, confidential=True, notes=True, reach=Reach.EVERYTHING)

_current: ContextVar[Scope | None] = ContextVar("jemmo_scope", default=NOBODY)


def organization_scope(org_id: UUID) -> Scope:
    """The scope of work for one organization, whoever requested it. It stays bound to a connection if it is."""
    asking = _current.get()
    connection = asking.connection if asking and asking.org == org_id else None
    return Scope(org=org_id, connection=connection, contacts=True, confidential=True, notes=True)


def current() -> Scope | None:
    """The current scope; ``None`` while the tables' owner changes their structure, which needs no scope."""
    return _current.get()


@contextmanager
def acting_in(scope: Scope | None) -> Iterator[None]:
    """Use this scope for database access inside the block."""
    before = _current.set(scope)
    try:
        yield
    finally:
        _current.reset(before)


def enter(scope: Scope) -> None:
    """Use this scope from here on, for a command that needs only one."""
    _current.set(scope)
