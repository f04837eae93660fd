"""The context in which a run writes records."""

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
    """A talent about to be anonymized, with the encrypted contacts by which their webhooks are found."""

    id: UUID
    remote_ids: list[str]
    sealed: bytes | None
    sealed_texts: bytes | None


MentionHasher = Callable[[Sequence[AnonymizedTalent], Sequence[str]], list[int]]
"""(people, remote ids of their applications) -> the keyed hashes that find webhooks about any of them."""


def unknown(_people: Sequence[AnonymizedTalent], _applications: Sequence[str]) -> list[int]:
    """For processes without keys: find only webhooks that may be about anyone."""
    return []


SuppressionHasher = Callable[[Stream, str], bytes]
"""The keyed hash of an erased record: (stream, remote id) -> keyed hash."""


class Hashers(Struct, frozen=True, kw_only=True):
    """The keyed hashes needed to write records.

    Without them, no one is suppressed and no one is found by contact.
    """

    suppression: SuppressionHasher | None = None
    contacts: ContactHasher | None = None
    mentions: MentionHasher = unknown


class Policy(StrEnum):
    """Which version of a record wins if its content differs from ours.

    A newer one always wins; one without a date counts as equally new. Records refetched since the run started are
    replaced only by a newer version, because a later change triggers another refetch.
    """

    SYNC = "sync"
    """The page's version wins, unless ours is newer."""
    FULL = "full"
    """The page's version wins: everything is read again, and the ATS may have been restored to an older state."""
    REFETCH = "refetch"
    """The record just read for a webhook or a person's request wins, unless ours is newer."""


class RunContext(Struct, kw_only=True):
    """The writer: the organization, the connection, the run and its lease.

    ``mode`` is set once the checkpoints have been read under the lease. The history begins at ``limit``.
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
        """The exclusion of a talent that has no active application yet."""
        if self.rules.include_talents_without_active_application:
            return None
        return str(Exclusion.NO_ACTIVE_APPLICATION)


def contact_context(connection_id: UUID, remote_id: str) -> bytes:
    """The encryption context of a talent's contact details."""
    return b"contacts:" + connection_id.bytes + remote_id.encode()


def texts_context(table: str) -> Callable[[UUID, str], bytes]:
    """The encryption context of texts with contact details, for records of this table."""

    def context(connection_id: UUID, remote_id: str) -> bytes:
        return f"{table} texts:".encode() + connection_id.bytes + remote_id.encode()

    return context


talent_texts_context = texts_context("talent")
