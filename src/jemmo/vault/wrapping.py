"""The form of a keyset on disk: plain in a private file, or encrypted with an external key.

A key management service can provide that key: anything that implements Tink's ``Aead`` can wrap the keyset. The
built-in implementation reads the key from the environment, where a secret manager or an init container puts it.
"""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import tink
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tink import aead, json_proto_keyset_format, secret_key_access

VARIABLE = "JEMMO_KEYSET_KEY"
CONTEXT = b"jemmo keyset"
NONCE = 12


class WrongWrapping(Exception):
    """The keyset can't be decrypted, or the wrapping key is invalid. ``variant`` is the variant of the error's text."""

    def __init__(self, variant: str) -> None:
        super().__init__(variant)
        self.variant = variant


class EnvironmentKey(aead.Aead):  # type: ignore[misc]  # tink has no types
    """AES-256-GCM with a key from the environment."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def encrypt(self, plaintext: bytes, associated_data: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, plaintext, associated_data)

    def decrypt(self, ciphertext: bytes, associated_data: bytes) -> bytes:
        try:
            nonce, rest = ciphertext[:NONCE], ciphertext[NONCE:]
            return self._cipher.decrypt(nonce, rest, associated_data)
        except (InvalidTag, ValueError):
            raise tink.TinkError("not this key") from None


def wrapping_key() -> EnvironmentKey | None:
    """Return the key that keysets are wrapped with, if one is configured. Raises ``WrongWrapping`` if it is invalid."""
    encoded = os.environ.get(VARIABLE)
    if not encoded:
        return None
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise WrongWrapping("wrapping")
    return EnvironmentKey(key)


def serialize(handle: tink.KeysetHandle) -> str:
    key = wrapping_key()
    if key is None:
        return str(json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN))
    return str(json_proto_keyset_format.serialize_encrypted(handle, key, CONTEXT))


def parse(text: str) -> tink.KeysetHandle:
    """Return the keys in a file. A plain file opens even with a wrapping key, so that it can be wrapped later."""
    if not is_wrapped(text):
        return json_proto_keyset_format.parse(text, secret_key_access.TOKEN)
    key = wrapping_key()
    if key is None:
        raise WrongWrapping("wrapped")
    try:
        return json_proto_keyset_format.parse_encrypted(text, key, CONTEXT)
    except tink.TinkError:
        raise WrongWrapping("other_wrapping") from None


def is_wrapped(text: str) -> bool:
    """Whether the keys in a file are encrypted. Raises ``ValueError`` if it contains no JSON."""
    keyset = json.loads(text)
    return isinstance(keyset, dict) and "encryptedKeyset" in keyset


def primary_of(handle: tink.KeysetHandle) -> int:
    return int(handle.keyset_info().primary_key_id)


def ids_of(handle: tink.KeysetHandle) -> list[int]:
    return [int(key.key_id) for key in handle.keyset_info().key_info]


def with_new_primary(handle: tink.KeysetHandle) -> tink.KeysetHandle:
    """Return the same keys and a new one that encrypts everything from now on."""
    keys, fresh = _plain(handle), _plain(tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM))
    if fresh["primaryKeyId"] in ids_of(handle):  # ids are random: one in four billion
        return with_new_primary(handle)
    return _handle({"primaryKeyId": fresh["primaryKeyId"], "key": [*keys["key"], *fresh["key"]]})


def without(handle: tink.KeysetHandle, gone: set[int]) -> tink.KeysetHandle:
    """Return the keys except those in ``gone``. The primary always stays."""
    keys = _plain(handle)
    kept = [key for key in keys["key"] if key["keyId"] not in gone - {keys["primaryKeyId"]}]
    return _handle({**keys, "key": kept})


def _plain(handle: tink.KeysetHandle) -> dict[str, Any]:
    keyset: dict[str, Any] = json.loads(
        json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
    )
    return keyset


def _handle(keys: dict[str, Any]) -> tink.KeysetHandle:
    return json_proto_keyset_format.parse(json.dumps(keys), secret_key_access.TOKEN)
