"""Builds a webhook: its body, and its headers by the Standard Webhooks specification."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from standardwebhooks import Webhook

from jemmo.store.models import OutgoingMessage

PREFIX = "whsec_"
SECRET_BYTES = 32
USER_AGENT = "Jemmo-Webhooks/1"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def message_id(message: OutgoingMessage) -> str:
    """Return the message id. It is the same for every attempt, so the receiver can detect duplicates."""
    return f"msg_{message.pk.hex}"


def body_of(message: OutgoingMessage) -> bytes:
    """Return the body. It is the same for every attempt, although Postgres returns the data in another order."""
    return msgspec.json.encode(
        {
            "type": message.event,
            "timestamp": message.created_at.astimezone(UTC),
            "data": message.data,
        },
        order="sorted",
    )


def headers_of(
    identifier: str, body: bytes, live_secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    """Return the headers, with one signature per live secret, separated by spaces."""
    text, moment = body.decode(), now.astimezone(UTC)
    signatures = [Webhook(secret).sign(identifier, moment, text) for secret in live_secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": identifier,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
