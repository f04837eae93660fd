"""In whose name a run's records are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from jemmo.domain.records import Contact
from jemmo.domain.rules import Exclusion, Rules
from jemmo.domain.streams import Mode, Stream

Seal = Callable[[bytes, bytes], bytes]
"""Encrypts a value and binds it to a context: (plain, context) -> sealed."""


ContactHasher = Callable[[Sequence[Contact]], list[int]]
"""Keyed hashes for finding a talent's contact details, which reveal nothing."""


class AnonymizedTalent(Struct, frozen=True, kw_only=True):
    """A talent who is about to be anonymised: what they are found by, still sealed."""

    id: UUID
    remote_ids: list[str]
    sealed: bytes | None
    sealed_texts: bytes | None


MentionHasher = Callable[[Sequence[AnonymizedTalent], Sequence[str]], list[int]]
"""(people, remote ids of their applications) -> the keyed hashes that webhooks about one of them are found by."""


def unknown(_people: Sequence[AnonymizedTalent], _applications: Sequence[str]) -> list[int]:
    """For processes without keys: only webhooks that may be about anyone are found."""
    return []


SuppressionHasher = Callable[[Stream, str], bytes]
"""The keyed hash of an erased record: (stream, remote id) -> keyed hash."""


class Hashers(Struct, frozen=True, kw_only=True):
    """The keyed hashes that writing records takes.

    Without them no one is suppressed, and no one is found by contact.
    """

    suppression: SuppressionHasher | None = None
    contacts: ContactHasher | None = None
    mentions: MentionHasher = unknown


class Policy(StrEnum):
    """Which version of a record wins where its content differs from ours.

    A newer one always does; one without a date counts as equally new. What a refetch wrote since the run began gives
    way to a newer version alone: any later change announces itself and is refetched too.
    """

    SYNC = "sync"
    """The page, unless ours is newer."""
    FULL = "full"
    """The page: everything is read again, and the ATS may have been restored to an older state."""
    REFETCH = "refetch"
    """What was just read, because of a webhook or because a person asked, unless ours is newer."""


class RunContext(Struct, kw_only=True):
    """Who writes: the organization, the connection, the run and the lease it holds.

    ``mode`` is set once the checkpoints, read under the lease, have told it. The history begins at ``limit``.
    """

    org_id: UUID
    connection_id: UUID
    run_id: UUID | None
    token: UUID
    began: datetime
    mode: Mode
    rules: Rules
    limit: datetime | None = None

    @property
    def policy(self) -> Policy:
        """The policy of a sync in this mode."""
        return Policy.SYNC if self.mode is Mode.INCREMENTAL else Policy.FULL

    @property
    def hidden(self) -> str | None:
        """What hides a talent until an active application shows."""
        if self.rules.include_talents_without_active_application:
            return None
        return str(Exclusion.NO_ACTIVE_APPLICATION)


def contact_context(connection_id: UUID, remote_id: str) -> bytes:
    """What a talent's sealed contact details are bound to."""
    return b"contacts:" + connection_id.bytes + remote_id.encode()


def texts_context(table: str) -> Callable[[UUID, str], bytes]:
    """What the texts of a record of this table are bound to, where they hold contact details."""

    def context(connection_id: UUID, remote_id: str) -> bytes:
        return f"{table} texts:".encode() + connection_id.bytes + remote_id.encode()

    return context


talent_texts_context = texts_context("talent")
