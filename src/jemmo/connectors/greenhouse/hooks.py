"""Greenhouse's webhooks: their content and signature (developers.greenhouse.io/webhooks.html).

{"action": "candidate_stage_change", "payload": {"application": {"id": 1, "candidate": {"id": 2}}}}

Their records have the format of Harvest v1, which differs from v3, so only ids are read.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from jemmo.connectors.base import Options, Webhooks
from jemmo.connectors.refetching import refetch_by_ids
from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Stream
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.webhooks import ParsedWebhook, Proof, RefetchRequest

HEADER, ALGORITHM = "signature", "sha256"
MOST_REQUESTS = 200  # per webhook; a candidate has a handful of applications

Place = tuple[str, ...]

APPLICATION: tuple[tuple[Stream, Place], ...] = (
    (Stream.APPLICATIONS, ("application", "id")),
    (Stream.TALENTS, ("application", "candidate", "id")),
)
CHANGED: dict[str, tuple[tuple[Stream, Place], ...]] = {
    "new_candidate_application": APPLICATION,
    "new_prospect_application": APPLICATION,
    "application_updated": APPLICATION,
    "candidate_stage_change": APPLICATION,
    "hire_candidate": APPLICATION,
    "unhire_candidate": APPLICATION,
    "reject_candidate": APPLICATION,
    "unreject_candidate": APPLICATION,
    "update_candidate": ((Stream.TALENTS, ("candidate", "id")),),
    "candidate_anonymized": ((Stream.TALENTS, ("candidate_id",)),),
    "merge_candidate": ((Stream.TALENTS, ("person", "new_candidate_id")),),
    "job_created": ((Stream.JOBS, ("job", "id")),),
    "job_updated": ((Stream.JOBS, ("job", "id")),),
    "job_approved": ((Stream.JOBS, ("job", "id")),),
    "job_post_created": ((Stream.JOBS, ("job_id",)),),
    "job_post_updated": ((Stream.JOBS, ("job_id",)),),
    "job_post_deleted": ((Stream.JOBS, ("job_post", "job_id")),),
}
"""Where each action names records to refetch. A prospect's post has no job, so it names none."""

GONE: dict[str, tuple[tuple[Stream, Place], ...]] = {
    "delete_candidate": (
        (Stream.TALENTS, ("person", "id")),
        (Stream.APPLICATIONS, ("person", "deleted_application_ids")),
    ),
    "merge_candidate": ((Stream.TALENTS, ("person", "id")),),
    "delete_application": ((Stream.APPLICATIONS, ("application", "id")),),
    "job_deleted": ((Stream.JOBS, ("job", "id")),),
    "job_interview_stage_deleted": ((Stream.STAGES, ("job_interview_stage", "id")),),
    "department_deleted": ((Stream.DEPARTMENTS, ("department", "id")),),
}
"""Where each action names deleted records."""

IGNORED_ACTIONS = frozenset(
    ("ping", "offer_created", "offer_approved", "offer_updated", "offer_deleted", "office_deleted")
)
"""Known events about records that are not synced. A ``ping`` is sent when a webhook is saved."""


def read(body: bytes, options: Options) -> ParsedWebhook:
    """Return the action and records of a body. Raises ``RecordRejected`` if it isn't a Greenhouse webhook."""
    try:
        webhook = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordRejected("not_a_webhook", ats="Greenhouse") from None
    action, payload = webhook.get("action"), webhook.get("payload")
    if not isinstance(action, str) or not action or len(action) > 100:
        raise RecordRejected("no_event", field="action")
    if action in IGNORED_ACTIONS:
        return ParsedWebhook(event=action, known=True)
    if action not in CHANGED and action not in GONE:
        return ParsedWebhook(event=action, known=False)
    return ParsedWebhook(
        event=action, known=True, requests=tuple(_requests(action, payload))[:MOST_REQUESTS]
    )


def verify(
    key: str, headers: Mapping[str, str], body: bytes, now: datetime, options: Options
) -> Proof:
    """Verify ``Signature: sha256 <hex>`` with the key, over the body as received.

    It doesn't cover a time, so an observed webhook can be replayed, which only causes another refetch.
    """
    algorithm, _, sent = headers.get(HEADER, "").strip().partition(" ")
    if not algorithm:
        return Proof.MISSING
    digest = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    same = hmac.compare_digest(digest.encode(), sent.strip().lower().encode())
    return Proof.GOOD if same and algorithm.lower() == ALGORITHM else Proof.WRONG


def _requests(action: str, payload: Any) -> Iterator[RefetchRequest]:
    for table, destroyed in ((CHANGED, False), (GONE, True)):
        for stream, place in table.get(action, ()):
            for remote_id in _ids(payload, place):
                yield RefetchRequest(stream=stream, remote_id=remote_id, destroyed=destroyed)


def _ids(payload: Any, place: Place) -> Iterator[str]:
    for name in place:
        payload = payload.get(name) if isinstance(payload, dict) else None
    for value in payload if isinstance(payload, list) else [payload]:
        if isinstance(value, int) and not isinstance(value, bool):
            yield str(value)
        elif isinstance(value, str) and value.isdecimal() and len(value) <= 20:
            yield value


WEBHOOKS = Webhooks(
    read=read,
    refetch=refetch_by_ids,
    verify=verify,
    streams=(Stream.JOBS, Stream.TALENTS, Stream.APPLICATIONS),
    setup=_(
        "First, create a long random key and save it here, because Greenhouse tests the address "
        "immediately and turns off any webhook that fails. Then, in Greenhouse, open Configure > Dev "
        "Center > Web Hooks > Create new. You need permission to manage webhooks. Enter the address "
        "and that key once for each candidate, application, and job event."
    ),
)
