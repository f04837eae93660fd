"""Sessions that a copy of the table can't open.

The cookie holds the only copy of the session's key. The table holds a keyed hash of that key, to find the row, and the
data, encrypted with another secret derived from the key.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from typing import Any
from uuid import UUID

import msgspec
from asgiref.sync import sync_to_async
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils.crypto import salted_hmac

from jemmo.store.db.sign_ins import SignIn, find_sign_in
from jemmo.store.models import Session

NONCE = 12  # bytes


def hashed(session_key: str) -> str:
    """The hash of a session's key in the table."""
    return str(salted_hmac("jemmo.session.row", session_key, algorithm="sha256").hexdigest())


def _cipher(session_key: str) -> AESGCM:
    return AESGCM(salted_hmac("jemmo.session.data", session_key, algorithm="sha256").digest())


class SessionStore(db.SessionStore):
    """Django's database sessions, found by a hash and encrypted."""

    _sign_in: SignIn | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    @property
    def sign_in(self) -> SignIn | None:
        """The account and memberships that were read along with the session; ``None`` if it isn't valid."""
        self._get_session()  # type: ignore[attr-defined]  # missing in the stubs
        return self._sign_in

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key
        self._sign_in = find_sign_in(hashed(key)) if key else None
        if self._sign_in is None:
            self._session_key = None
            return None
        return self._sign_in.session

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=hashed(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        owner = data.get(SESSION_KEY)
        return Session(
            session_key=hashed(self._key()),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            account_id=UUID(owner) if owner else None,
        )

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            Session.objects.filter(session_key=hashed(key)).delete()

    def encode(self, session_dict: dict[str, Any]) -> str:
        nonce = os.urandom(NONCE)
        plain = msgspec.json.encode(session_dict)
        sealed = _cipher(self._key()).encrypt(nonce, plain, None)
        return b64encode(nonce + sealed).decode()

    def _key(self) -> str:
        return str(self._get_or_create_session_key())  # type: ignore[attr-defined]  # missing in the stubs

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        try:
            raw = b64decode(session_data, validate=True)
            plain = _cipher(self.session_key or "").decrypt(raw[:NONCE], raw[NONCE:], None)
            return msgspec.json.decode(plain, type=dict[str, Any])
        except (ValueError, InvalidTag):
            return {}

    async def _aget_session_from_db(self) -> Session | None:
        return await sync_to_async(self._get_session_from_db)()

    async def aexists(self, session_key: str) -> bool:
        return await sync_to_async(self.exists)(session_key)

    async def adelete(self, session_key: str | None = None) -> None:
        await sync_to_async(self.delete)(session_key)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        return await sync_to_async(self.create_model_instance)(data)


def end(account_id: UUID, *, but: str | None = None) -> int:
    """Sign an account out everywhere except in the session ``but``, given by its key. Return the number of sessions."""
    others = Session.objects.filter(account_id=account_id)
    if but:
        others = others.exclude(session_key=hashed(but))
    return others.delete()[0]
