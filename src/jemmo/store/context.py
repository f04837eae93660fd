"""In whose name a run's records are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from jemmo.domain.records import Contact
from jemmo.domain.rules import Exclusion, Rules
from jemmo.domain.streams import Mode

Seal = Callable[[bytes, bytes], bytes]
"""Encrypts a value and binds it to a context: (plain, context) -> sealed."""


Marks = Callable[[Sequence[Contact]], list[int]]
"""What a talent's contact details are found by: keyed hashes, from which nothing can be read."""


class RunContext(Struct, kw_only=True):
    """Who writes: the organisation, the connection, the run and the lease it holds.

    ``mode`` is set once the checkpoints, read under the lease, have told it.
    """

    org_id: UUID
    connection_id: UUID
    run_id: UUID | None
    token: UUID
    began: datetime
    mode: Mode
    rules: Rules

    @property
    def hidden(self) -> str | None:
        """What hides a talent until an active application shows."""
        if self.rules.include_talents_without_active_application:
            return None
        return str(Exclusion.NO_ACTIVE_APPLICATION)


def contact_context(connection_id: UUID, remote_id: str) -> bytes:
    """What a talent's sealed contact details are bound to."""
    return b"contacts:" + connection_id.bytes + remote_id.encode()


def talent_texts_context(connection_id: UUID, remote_id: str) -> bytes:
    """What the texts of a talent that hold contact details are bound to."""
    return b"talent texts:" + connection_id.bytes + remote_id.encode()


def application_texts_context(connection_id: UUID, remote_id: str) -> bytes:
    """The same of an application."""
    return b"application texts:" + connection_id.bytes + remote_id.encode()
