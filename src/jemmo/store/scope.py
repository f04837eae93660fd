"""For whom the database is asked: row-level security shows each transaction what its scope may see, and else nothing.

The scope follows the flow of a request or task (a context variable). Django's connection tells it to Postgres in every
transaction (``jemmo.store.backend``), connections of the data path when they are opened (``jemmo.store.postgres``).
What a scope shows is written in ``jemmo.store.policies``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from uuid import UUID

from msgspec import Struct


class Reach(StrEnum):
    """What is seen besides an organisation's own rows."""

    NONE = ""
    SIGN_IN = "sign-in"
    """Accounts, memberships, invitations: before it is known who asks."""
    HOOKS = "hooks"
    """Webhook addresses and what came to them."""
    SUPPORT = "support"
    """Conversations with support, of whichever organisation."""
    EVERYTHING = "everything"
    """All organisations: the schedule, keys that are changed, an operator's command."""


class Scope(Struct, frozen=True, kw_only=True):
    """``contacts`` is the right to people's contact details and files. Nothing set: nothing seen."""

    org: UUID | None = None
    account: UUID | None = None
    contacts: bool = False
    reach: Reach = Reach.NONE

    @property
    def settings(self) -> tuple[str, str, str, str]:
        """The values for ``TELL``, in its order."""
        return (
            str(self.org or ""),
            str(self.account or ""),
            "on" if self.contacts else "",
            self.reach.value,
        )


TELL = """
    SELECT set_config('jemmo.org', %s, {local}), set_config('jemmo.account', %s, {local}),
        set_config('jemmo.contacts', %s, {local}), set_config('jemmo.reach', %s, {local})"""
TELL_TRANSACTION = TELL.format(local="true")
TELL_SESSION = TELL.format(local="false")

NOBODY = Scope()
SIGN_IN = Scope(reach=Reach.SIGN_IN)
EVERYTHING = Scope(contacts=True, reach=Reach.EVERYTHING)

_current: ContextVar[Scope | None] = ContextVar("jemmo_scope", default=NOBODY)


def of_organisation(org_id: UUID) -> Scope:
    """For work in the background that is one organisation's."""
    return Scope(org=org_id, contacts=True)


def current() -> Scope | None:
    """The scope in force; ``None`` while the owner of the tables changes their shape, which needs none."""
    return _current.get()


@contextmanager
def under(scope: Scope | None) -> Iterator[None]:
    """Ask the database in this scope while the block lasts."""
    before = _current.set(scope)
    try:
        yield
    finally:
        _current.reset(before)


def enter(scope: Scope) -> None:
    """Ask in this scope from here on: for a command, which has one from its beginning to its end."""
    _current.set(scope)
