"""Idempotency keys: a request runs only once, and repeated attempts get the first response."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from jemmo.domain.errors import JemmoError
from jemmo.store.models import ApiToken, IdempotencyKey

KEPT_FOR = timedelta(hours=24)
MAX_DURATION = timedelta(minutes=5)
"""After this time, a request without a response is considered interrupted and may be retried."""
BATCH = 5000  # rows per statement


class KeyInUse(JemmoError):
    """The same request is in progress."""

    default_code = "idempotency_in_use"


class OtherRequest(JemmoError):
    """The key was used with a different request."""

    default_code = "idempotency_other_request"


class Answered(Struct, frozen=True, kw_only=True):
    """The stored response: a status and JSON."""

    status: int
    content: bytes


def begin(token: ApiToken, key: str, request: list[Any], now: datetime) -> Answered | UUID:
    """Claim a key for a request. Return the row's id, or the stored response.

    ``request`` is what must be identical in each attempt. Raises ``KeyInUse`` and ``OtherRequest``.
    """
    claim = IdempotencyKey(
        org_id=token.org_id,
        token=token,
        key_hash=_hash(key.encode()),
        request_hash=_hash(msgspec.json.encode(request, order="sorted")),
        begun_at=now,
    )
    mine = IdempotencyKey.objects.filter(token=token, key_hash=claim.key_hash)
    mine.filter(begun_at__lte=now - KEPT_FOR).delete()
    IdempotencyKey.objects.bulk_create([claim], ignore_conflicts=True)
    kept = mine.first()
    if kept is None:  # the other attempt has just failed
        raise KeyInUse
    return claim.id if kept.id == claim.id else _resume(kept, claim, now)


def _resume(before: IdempotencyKey, claim: IdempotencyKey, now: datetime) -> Answered | UUID:
    if before.request_hash != claim.request_hash:
        raise OtherRequest
    if before.status is not None:
        return Answered(status=before.status, content=(before.answer or "").encode())
    cut_off = IdempotencyKey.objects.filter(
        id=before.id, status=None, begun_at=before.begun_at, begun_at__lte=now - MAX_DURATION
    )
    if not cut_off.update(begun_at=now):
        raise KeyInUse
    return before.id


def finish(row_id: UUID, answered: Answered) -> None:
    """Store the response in case the request is repeated."""
    IdempotencyKey.objects.filter(id=row_id).update(
        status=answered.status, answer=answered.content.decode()
    )


def abandon(row_id: UUID) -> None:
    """Free the key of a failed request, so that it can be retried."""
    IdempotencyKey.objects.filter(id=row_id, status=None).delete()


def forget(now: datetime) -> int:
    """Delete one batch of expired keys. Return their number."""
    old = IdempotencyKey.objects.filter(begun_at__lte=now - KEPT_FOR).order_by("begun_at")
    ids = list(old.values_list("id", flat=True)[:BATCH])
    if ids:
        IdempotencyKey.objects.filter(id__in=ids).delete()
    return len(ids)


def _hash(plain: bytes) -> str:
    return hashlib.sha256(plain).hexdigest()
