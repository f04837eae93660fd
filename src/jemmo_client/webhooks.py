"""Webhooks from Jemmo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, cast


class Event(TypedDict):
    """``data`` depends on the ``type``; see docs/outgoing-webhooks.md. ``timestamp`` is in ISO 8601."""

    type: str
    timestamp: str
    data: dict[str, Any]


def verify_webhook(secret: str, body: bytes, headers: Mapping[str, str]) -> Event:
    """Verify a request to your endpoint and return its event. The body must be exactly as received.

    Raises ``standardwebhooks.WebhookVerificationError`` if the signature is wrong, or older than 5 minutes.
    """
    from standardwebhooks import Webhook, WebhookVerificationError  # noqa: PLC0415 - everything else works without it

    webhook = Webhook(secret)
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        return cast("Event", webhook.verify(body, lower))
    except ValueError:  # headers or a body that Jemmo never sends
        raise WebhookVerificationError("Malformed request") from None
