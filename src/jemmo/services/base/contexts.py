"""The encryption context of each kind of value, so that a value can't be decrypted elsewhere."""

from __future__ import annotations

from uuid import UUID

MAIL_CONTEXT = b"queued-mail"
"""The context of an e-mail that waits for the worker."""


def key_context(connection_id: UUID, provider: str, base_url: str) -> bytes:
    """The context of a connection's API key. It includes the address, so that the key can't be sent to another one.

    An empty ``base_url`` is the ATS's own address.
    """
    return b"\0".join((former_key_context(connection_id), provider.encode(), base_url.encode()))


def former_key_context(connection_id: UUID) -> bytes:
    """The context used before keys were bound to an address; see ``api_keys.bind``."""
    return b"api-key:" + connection_id.bytes


def file_context(version_id: UUID) -> bytes:
    """The context of a stored file."""
    return b"file:" + version_id.bytes


def text_context(attachment_id: int) -> bytes:
    return b"text:" + str(attachment_id).encode()


def address_context(connection_id: UUID) -> bytes:
    return b"webhook-address:" + connection_id.bytes


def signing_context(connection_id: UUID) -> bytes:
    return b"webhook-signing-key:" + connection_id.bytes


def body_context(connection_id: UUID) -> bytes:
    return b"webhook-body:" + connection_id.bytes


def picture_context(message_id: int) -> bytes:
    """The context of a picture in a message to support."""
    return b"support-picture:" + str(message_id).encode()


def two_step_context(account_id: UUID) -> bytes:
    """The context of an account's two-step sign-in secrets."""
    return b"two-step:" + account_id.bytes


def chat_context(org_id: UUID) -> bytes:
    """The context of an organization's chat address."""
    return b"chat:" + str(org_id).encode()


def endpoint_context(endpoint_id: UUID) -> bytes:
    """The context of an endpoint's signing secret, and of the previous one after a rotation."""
    return b"outgoing-webhook-secret:" + endpoint_id.bytes
