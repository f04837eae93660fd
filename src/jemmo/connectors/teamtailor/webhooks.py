"""Teamtailor's company webhooks: their content and signature.

The partner documentation ("Company webhooks") shows {"payload": {"event_name", "data": {"id", "type", "attributes"}}};
live traffic was flat, with ``event_name`` and ``id`` at the root. Attributes are never trusted, so none is read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from jemmo.connectors.base import Options, Webhooks
from jemmo.connectors.refetching import refetch_by_ids_or_changes
from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Stream
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.webhooks import ParsedWebhook, Proof, RefetchRequest

HEADER = "tt-signature"
KINDS = {
    "candidate": Stream.TALENTS,
    "job": Stream.JOBS,
    "job_application": Stream.APPLICATIONS,
}
ACTIONS = frozenset(("create", "update", "destroy"))


class Signed(Struct):
    payload: msgspec.Raw


def read(body: bytes, options: Options) -> ParsedWebhook:
    """Read the event and record of a body, in either form."""
    webhook = _decoded(body)
    payload = webhook.get("payload")
    if isinstance(payload, dict):
        webhook = payload
    data, event = webhook.get("data"), webhook.get("event_name")
    record = data if isinstance(data, dict) else webhook
    if not isinstance(event, str) or not event or len(event) > 100:
        raise RecordRejected("no_event", field="event_name")
    kind, _, action = event.partition(".")
    stream = KINDS.get(kind)
    if stream is None or action not in ACTIONS:
        return ParsedWebhook(event=event, known=False)
    remote_id = _id(record)
    if remote_id is None:
        raise RecordRejected("no_id", field="id")
    request = RefetchRequest(stream=stream, remote_id=remote_id, destroyed=action == "destroy")
    return ParsedWebhook(event=event, known=True, requests=(request,))


def verify(
    key: str, headers: Mapping[str, str], body: bytes, now: datetime, options: Options
) -> Proof:
    """Verify the signature with the key, only in the version that this connection uses."""
    sent = headers.get(HEADER, "").strip()
    if not sent:
        return Proof.MISSING
    try:
        plain = base64.b64decode(sent, validate=True)
    except (binascii.Error, ValueError):
        return Proof.WRONG
    if options["webhook_signature"] == "v1":
        return _verify_v1(key, plain, body)
    return _verify_v2(key, plain, body, now, options)


def _verify_v1(key: str, plain: bytes, body: bytes) -> Proof:
    """v1 covers only the record's id, so an observed webhook can be replayed, which only causes another refetch."""
    try:
        (request,) = read(body, {}).requests
    except (RecordRejected, ValueError):
        return Proof.WRONG
    good = hmac.compare_digest(_hex(key, request.remote_id.encode()), plain)
    return Proof.GOOD if good else Proof.WRONG


def _verify_v2(key: str, plain: bytes, body: bytes, now: datetime, options: Options) -> Proof:
    second, separator, digits = plain.removeprefix(b"t=").partition(b",v2=")
    if not separator or not plain.startswith(b"t=") or not second.isdigit() or len(second) > 12:
        return Proof.WRONG
    if options["webhook_signed"] == "payload":
        try:
            body = bytes(msgspec.json.decode(body, type=Signed).payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return Proof.WRONG
    if not hmac.compare_digest(_hex(key, second + b"." + body), digits):
        return Proof.WRONG
    apart = abs(int(second) - now.timestamp())
    return Proof.GOOD if apart <= int(options["webhook_tolerance"]) else Proof.STALE


def _hex(key: str, text: bytes) -> bytes:
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest().encode()


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordRejected("not_a_webhook", ats="Teamtailor") from None


def _id(record: dict[str, Any]) -> str | None:
    for name in ("id", "resource_id"):
        key = record.get(name)
        if isinstance(key, int) and not isinstance(key, bool):
            return str(key)
        if isinstance(key, str) and key.isascii() and key.isalnum() and len(key) <= 60:
            return key
    return None


WEBHOOKS = Webhooks(
    read=read,
    refetch=refetch_by_ids_or_changes,
    verify=verify,
    streams=tuple(KINDS.values()),
    setup=_(
        "In Teamtailor, as a company admin, open Settings > Integrations > Webhooks > New webhook. "
        "Enter the address. Choose all events for candidates, jobs, and job applications, and select "
        "signature version v2. Then enter the signature key in Jemmo."
    ),
    once=lambda options: options["webhook_signature"] == "v2",
)
