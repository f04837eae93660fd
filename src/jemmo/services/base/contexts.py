"""What each sealed value is bound to, so that it opens nowhere else."""

from __future__ import annotations

from uuid import UUID


def key_context(connection_id: UUID, provider: str, base_url: str) -> bytes:
    """What a connection's API key is bound to: where it is sent too, so that no other address gets it.

    An empty ``base_url`` stands for the ATS's own.
    """
    return b"\0".join((former_key_context(connection_id), provider.encode(), base_url.encode()))


def former_key_context(connection_id: UUID) -> bytes:
    """What it was bound to before it was bound to an address: see ``api_keys.bind``."""
    return b"api-key:" + connection_id.bytes


def file_context(version_id: UUID) -> bytes:
    """What a kept file is bound to."""
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
    """What a picture in a message to support is bound to."""
    return b"support-picture:" + str(message_id).encode()


def two_step_context(account_id: UUID) -> bytes:
    """What an account's secrets of two-step sign-in are bound to."""
    return b"two-step:" + account_id.bytes


def chat_context(org_id: UUID) -> bytes:
    """What an organization's chat address is bound to."""
    return b"chat:" + str(org_id).encode()


def endpoint_context(endpoint_id: UUID) -> bytes:
    """What the secret that signs an endpoint's webhooks is bound to; the former one, after a rotation, too."""
    return b"outgoing-webhook-secret:" + endpoint_id.bytes
