"""The part of an organization's feed that a token may read. A feed starts when it is first read."""

from __future__ import annotations

import time
from collections.abc import Collection
from uuid import UUID

from msgspec.structs import replace

from jemmo.domain.tokens import ApiScope
from jemmo.services.accounts import tokens
from jemmo.services.base import costly
from jemmo.store.db import scope
from jemmo.store.feed import housekeeping, numbering, reading
from jemmo.store.feed.entities import CONTACTS
from jemmo.store.feed.reading import EVERY_ID, Change, Changes, Digest, Range, Visibility
from jemmo.store.models import ApiToken

RIGHTS = (ApiScope.CONTACTS, ApiScope.CONFIDENTIAL, ApiScope.NOTES)
"""Scopes that change how a record looks, or whether it is visible."""
ATTEMPTS = 20  # to find a moment at which everything is numbered
SECONDS = 10.0  # after which none begins: a digest of a large organization takes as long


class CursorExpired(Exception):
    """The feed can't continue from this number: it has expired, or it never belonged to this token."""


class FeedBusy(Exception):
    """Records are written too fast to compare them at one moment."""


def position(token: ApiToken) -> int:
    """Return the number of the last change."""
    known, _ = _read(token, 0, limit=0)
    return known.seq


def changes(token: ApiToken, after: int, limit: int) -> tuple[list[Change], int]:
    """Return the changes after a number, and the number to continue from. Raises ``CursorExpired``."""
    known, since = _read(token, after, limit)
    if not max(known.oldest, since) <= after <= known.seq:
        raise CursorExpired
    page = known.changes
    last = page[-1].seq if len(page) == limit else known.seq
    return [_as_seen(token, change) for change in page], last


def digest(
    token: ApiToken,
    entities: Collection[str],
    *,
    at: int | None = None,
    ids: Range = EVERY_ID,
    parts: int = 1,
) -> Digest:
    """Return the digest of what the token may read, now or at a number.

    Raises ``CursorExpired``, ``FeedBusy`` and ``Crowded``.

    It is computed from the tables and not from the feed, because it must prove the feed.
    """
    if at is not None:
        changes(token, at, limit=1)
    visibility = replace(visibility_of(token), entities=tuple(entities))
    ends = time.monotonic() + SECONDS
    with costly.places().place(token.org_id):
        for _ in range(ATTEMPTS):
            _follow(token)
            with scope.acting_in(tokens.scope_of(token)):
                computed = reading.digest(token.org, visibility, at=at, ids=ids, parts=parts)
            if computed and computed.is_current:
                return computed
            if time.monotonic() > ends:
                break
    raise FeedBusy


def _read(token: ApiToken, after: int, limit: int) -> tuple[Changes, int]:
    since = _follow(token)
    with scope.acting_in(tokens.scope_of(token)):
        known = reading.changes(token.org_id, after, limit, visibility_of(token))
    if known is None:  # deleted between two statements, because nothing had read it for days
        raise CursorExpired
    return known, since


def _follow(token: ApiToken) -> int:
    """Number the organization's committed changes. Return the number from which the token may continue."""
    rights = [right.value for right in RIGHTS if right in token.scopes]
    if token.connection_id is not None:
        rights.append(f"connection {token.connection_id}")
    whole = replace(scope.organization_scope(token.org_id), connection=None)
    with scope.acting_in(whole):
        if not numbering.number(token.org_id):
            numbering.begin(token.org_id)
        housekeeping.note_use(token.org_id)
        return reading.readable_since(token.org_id, token.pk, rights)


def visibility_of(token: ApiToken) -> Visibility:
    """Return the token's access to the feed, in addition to its database scope."""
    return reading.visibility_of(token.scopes, token.connection_id)


def _as_seen(token: ApiToken, change: Change) -> Change:
    """Hide which contact details changed from readers who may not see them."""
    if ApiScope.CONTACTS in token.scopes or not set(change.fields) & set(CONTACTS):
        return change
    fields = [field for field in change.fields if field not in CONTACTS]
    return replace(change, fields=fields)


def records_of(changes: Collection[Change]) -> dict[str, list[UUID]]:
    """Return the ids of the records that still exist, by entity."""
    ids: dict[str, list[UUID]] = {}
    for change in changes:
        if change.op != "deleted":
            ids.setdefault(change.entity, []).append(change.id)
    return ids
