"""The caller of a tool, and what they may read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import ClassVar

from django.utils import timezone
from msgspec import Struct

from jemmo.domain.access import Action
from jemmo.domain.errors import ConfigError
from jemmo.domain.tokens import PART_SCOPES, ApiScope
from jemmo.services.accounts import tokens
from jemmo.services.base.access_log import log_access, log_program_read
from jemmo.store.db import scope
from jemmo.store.db.scope import Scope
from jemmo.store.models import ApiToken, Organisation
from jemmo.store.records.export import Reader
from jemmo.store.records.redaction import Unseal
from jemmo.vault import default_vault


class Caller(Struct, frozen=True, kw_only=True):
    """An organization and the rights of one token. Without a token, only the scope ``records``."""

    org: Organisation
    token: ApiToken | None = None

    current: ClassVar[ContextVar[Caller]] = ContextVar("mcp_caller")

    def has(self, right: ApiScope) -> bool:
        return right in (self.token.scopes if self.token else {ApiScope.RECORDS})

    def has_part(self, name: str) -> bool:
        """Whether records include this part."""
        return name not in PART_SCOPES or self.has(PART_SCOPES[name])

    @property
    def unseal(self) -> Unseal | None:
        """Decrypts contact details; ``None`` for readers who may not see them."""
        return default_vault().open if self.has(ApiScope.CONTACTS) else None

    @property
    def reader(self) -> Reader:
        return Reader(unseal=self.unseal, sees_withheld=False)

    @property
    def scope(self) -> Scope:
        return tokens.scope_of(self.token) if self.token else Scope(org=self.org.pk)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Limit code inside the block to what this caller may see."""
        before = self.current.set(self)
        try:
            with scope.acting_in(self.scope):
                yield
        finally:
            self.current.reset(before)

    def log_read(self, what: str) -> None:
        log_program_read(
            self.org,
            what,
            actor=self.token.created_by if self.token else None,
            contacts=self.has(ApiScope.CONTACTS),
            program=str(self.token.pk) if self.token else "mcp",
        )

    def log_search(self, count: int) -> None:
        """Log a search for a person by address or number."""
        actor = self.token.created_by if self.token else None
        log_access(self.org, Action.SEARCHED, actor=actor, by="mcp", found=count)


def of_secret(org: Organisation, secret: str, now: datetime | None = None) -> Caller:
    """Return the caller with this token. Raises ``ConfigError``, also if it was revoked or has expired."""
    token = tokens.recognize(secret, now or timezone.now())
    if token is None or token.org_id != org.pk:
        raise ConfigError("token_refused", variant="mcp")
    if ApiScope.RECORDS not in token.scopes:
        raise ConfigError("scope_missing", scope=ApiScope.RECORDS)
    return Caller(org=token.org, token=token)
