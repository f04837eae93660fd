"""Creates API tokens, shows each secret once, recognizes tokens and revokes them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from msgspec import Struct

from jemmo.domain.errors import ConfigError
from jemmo.domain.tokens import PREFIX, ApiScope
from jemmo.domain.typed_values import uuid_or_none
from jemmo.domain.validation import one_line
from jemmo.services.base.audit import log_audit_event
from jemmo.store.accounts import api_tokens
from jemmo.store.connections.connections import find_connection
from jemmo.store.db.scope import Scope
from jemmo.store.models import Account, ApiToken, Organisation

SECRET_BYTES = 32
MAX_TOKEN_LENGTH = 200  # characters; longer ones are rejected before hashing
MAX_TOKENS = 100  # per organization
USED_EVERY = timedelta(
    minutes=1
)  # how often ``last_used_at`` is updated, since each update writes a row


class NewToken(Struct, frozen=True, kw_only=True):
    """A new token with the ``secret`` that a program sends, which is available only now."""

    token: ApiToken
    secret: str


def create(
    org: Organisation,
    scopes: Collection[str],
    *,
    name: str,
    now: datetime,
    expires_at: datetime | None = None,
    actor: Account | None = None,
    connection_id: UUID | None = None,
) -> NewToken:
    """Create a token for an organization, or for one of its connections. Raises ``ConfigError``.

    ``actor=None`` is the operator.
    """
    rights = _known(scopes)
    if connection_id is not None and find_connection(org, connection_id) is None:
        raise ConfigError("no_connection")
    if expires_at is not None and expires_at <= now:
        raise ConfigError("token_expiry")
    if api_tokens.count_live(org, now) >= MAX_TOKENS:
        raise ConfigError("too_many_tokens", most=MAX_TOKENS)
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        token = ApiToken.objects.create(
            org=org,
            connection_id=connection_id,
            name=one_line(name)[:100] or "API token",
            scopes=rights,
            secret_hash=_hash(secret),
            created_by=actor,
            created_at=now,
            expires_at=expires_at,
        )
        subject = ("token", token.id)
        detail = {"connection": str(connection_id)} if connection_id else {}
        log_audit_event(
            org, "token.created", actor=actor, now=now, subject=subject, scopes=rights, **detail
        )
    return NewToken(token=token, secret=secret)


def recognize(secret: str, now: datetime) -> ApiToken | None:
    """Return the live token with this secret and record its use; ``None`` for any other text."""
    if not secret.startswith(PREFIX) or len(secret) > MAX_TOKEN_LENGTH:
        return None
    token = api_tokens.with_hash(_hash(secret), now)
    if token and (token.last_used_at is None or now - token.last_used_at >= USED_EVERY):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def still_live(token: ApiToken, now: datetime) -> ApiToken | None:
    """Return the token's current row; ``None`` if it was revoked or has expired."""
    return of_id(token.pk, now)


def of_id(token_id: UUID, now: datetime) -> ApiToken | None:
    """Return the live token with this id, to check what it signed earlier."""
    return api_tokens.with_id(token_id, now)


def scope_of(token: ApiToken) -> Scope:
    """Return the database scope of a program with this token."""
    return Scope(
        org=token.org_id,
        connection=token.connection_id,
        contacts=ApiScope.CONTACTS in token.scopes,
        confidential=ApiScope.CONFIDENTIAL in token.scopes,
        notes=ApiScope.NOTES in token.scopes,
    )


def listed(org: Organisation) -> Sequence[ApiToken]:
    """Return the organization's tokens that were not revoked, newest first."""
    tokens = ApiToken.objects.filter(org=org, revoked_at=None).select_related(
        "created_by", "connection"
    )
    return list(tokens.order_by("-created_at", "id"))


def made_by(org: Organisation, account: Account) -> bool:
    """Whether this person created tokens that still exist, and so may know their secrets."""
    return ApiToken.objects.filter(org=org, revoked_at=None, created_by=account).exists()


def revoke(
    org: Organisation, token_id: str, *, now: datetime, actor: Account | None = None
) -> ApiToken:
    """Revoke a token at once, unless it is already revoked. Raises ``ConfigError``."""
    key = uuid_or_none(token_id)
    token = ApiToken.objects.filter(org=org, pk=key).first() if key else None
    if token is None:
        raise ConfigError("unknown_token")
    with transaction.atomic():
        changed = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
        if changed:
            log_audit_event(org, "token.revoked", actor=actor, now=now, subject=("token", token.id))
    return token


def _known(scopes: Collection[str]) -> list[str]:
    unknown = sorted(set(scopes) - set(ApiScope))
    if unknown or not scopes:
        raise ConfigError(
            "scope",
            variant="unknown" if unknown else "",
            scope=unknown[0] if unknown else None,
            scopes=", ".join(ApiScope),
        )
    return [scope.value for scope in ApiScope if scope in scopes]


def _hash(secret: str) -> str:
    """Hash a secret. A plain hash is enough, since 256 random bits can't be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()
