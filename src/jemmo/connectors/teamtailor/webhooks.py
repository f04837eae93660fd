"""Teamtailor's company webhooks: what they say, how they are signed, and looking up what they name.

partner docs, "Company webhooks": {"payload": {"event_name", "data": {"id", "type", "attributes"}}}; live traffic was
seen flat, with ``event_name`` and ``id`` at the root. Attributes are never believed, so none is read.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from jemmo.connectors.base import Options, Reread, Webhooks
from jemmo.domain.errors import RecordRejected
from jemmo.domain.ports import Source
from jemmo.domain.refetch import refetch
from jemmo.domain.streams import Start, Stream
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.webhooks import Heard, Hint, Proof

HEADER = "tt-signature"
KINDS = {
    "candidate": Stream.TALENTS,
    "job": Stream.JOBS,
    "job_application": Stream.APPLICATIONS,
}
ACTIONS = frozenset(("create", "update", "destroy"))

FEW = 3  # records asked for one by one; more are looked for in the list of what changed
PAGES_SPARE = 2
SINGLE_AT_MOST = 30  # requests; what is left waits for the next look
BEFORE = timedelta(minutes=2)  # clocks differ


class Signed(Struct):
    payload: msgspec.Raw


def read(body: bytes, options: Options) -> Heard:
    """Event and record of a body, in either form."""
    told = _decoded(body)
    payload = told.get("payload")
    if isinstance(payload, dict):
        told = payload
    data = told.get("data")
    record = data if isinstance(data, dict) else told
    event = told.get("event_name")
    if not isinstance(event, str) or not event or len(event) > 100:
        raise RecordRejected("The webhook has no event.", code="no_event", field="event_name")
    kind, _, action = event.partition(".")
    stream = KINDS.get(kind)
    if stream is None or action not in ACTIONS:
        return Heard(event=event, known=False)
    remote_id = _id(record)
    if remote_id is None:
        raise RecordRejected("The webhook names no record.", code="no_id", field="id")
    hint = Hint(stream=stream, remote_id=remote_id, destroyed=action == "destroy")
    return Heard(event=event, known=True, hints=(hint,))


def verify(
    key: str, headers: Mapping[str, str], body: bytes, now: datetime, options: Options
) -> Proof:
    """Whether the signature is the key's, in the version that this connection uses and in no other."""
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
    """v1 covers the record's id alone: whoever has seen one can send it again, and so cause another look."""
    try:
        (hint,) = read(body, {}).hints
    except (RecordRejected, ValueError):
        return Proof.WRONG
    good = hmac.compare_digest(_hex(key, hint.remote_id.encode()), plain)
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


async def reread(source: Source, hints: Sequence[Hint], since: datetime) -> Reread:
    """Look up each record; many of a stream with one walk through what changed since the first was heard of."""
    found = Reread()
    for stream in KINDS.values():
        wanted = {hint.remote_id for hint in hints if hint.stream is stream}
        # What is said to be gone is in no list, so it is asked for by name.
        listed = {one.remote_id for one in hints if one.stream is stream and not one.destroyed}
        if len(listed) > FEW:
            wanted -= await _from_list(source, stream, listed, since, found)
        single, later = sorted(wanted)[:SINGLE_AT_MOST], sorted(wanted)[SINGLE_AT_MOST:]
        found.unseen += [(stream, remote_id) for remote_id in later]
        answers = await asyncio.gather(*(refetch(source, stream, key) for key in single))
        for remote_id, answer in zip(single, answers, strict=True):
            found.add(stream, remote_id, answer)
    return found


async def _from_list(
    source: Source, stream: Stream, wanted: set[str], since: datetime, found: Reread
) -> set[str]:
    """Those of ``wanted`` that are among what changed; the walk ends when all were met, or is too long."""
    met: set[str] = set()
    pages = 0
    since = (since - BEFORE).astimezone(UTC)
    async for page in source.pages(stream, Start(since=since)):
        found.pages.append(page)
        pages += 1
        met |= {one.remote_id for one in page.raw if one.remote_id} & wanted
        if met == wanted or pages > PAGES_SPARE + len(wanted) // 15:
            break
    return met


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordRejected("This is not a webhook of Teamtailor.", code="not_a_webhook") from None


def _id(record: dict[str, Any]) -> str | None:
    for name in ("id", "resource_id"):
        found = record.get(name)
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
        if isinstance(found, str) and found.isascii() and found.isalnum() and len(found) <= 60:
            return found
    return None


WEBHOOKS = Webhooks(
    read=read,
    reread=reread,
    verify=verify,
    streams=tuple(KINDS.values()),
    setup=_(
        "In Teamtailor, as a company admin: Settings > Integrations > Webhooks > New webhook. Enter the "
        "address, choose every event of candidates, jobs and job applications and signature version v2, and give "
        "the signature key to Jemmo."
    ),
    once=lambda options: options["webhook_signature"] == "v2",
)
