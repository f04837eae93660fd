"""Webhooks with undocumented payloads: only ids are read from them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from jemmo.connectors.base import Options, free_text
from jemmo.connectors.loose import Json, inner
from jemmo.domain.errors import RecordRejected
from jemmo.domain.streams import Stream
from jemmo.domain.translation_marks import marked as _
from jemmo.domain.webhooks import ParsedWebhook, RefetchRequest

ID_PATHS = free_text(
    "webhook_id_paths",
    _("ID paths in webhooks"),
    _("Where to find record IDs in a webhook payload."),
    "profileId,profile.id,id",
)

MOST = 100  # ids read from one payload
MOST_PARTS = 2000  # lists and objects searched
DEEPEST = 12


def read_payload(
    body: bytes, options: Options, *, stream: Stream, event: str, ats: str
) -> ParsedWebhook:
    """Read any JSON object or list as an ``event`` that names records of a stream of ``ats``."""
    try:
        payload = msgspec.json.decode(body, type=dict[str, Any] | list[Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RecordRejected("not_a_webhook", ats=ats) from None
    ids = payload_ids(payload, options[ID_PATHS.name])
    requests = tuple(RefetchRequest(stream=stream, remote_id=remote_id) for remote_id in ids)
    return ParsedWebhook(event=event, known=bool(requests), requests=requests)


def payload_ids(body: Json, paths: str) -> list[str]:
    """Return UUIDs at these paths, at any depth of the payload. Ids of the first path come first.

    >>> body = {"event": [{"profile": {"id": "3f0c0000-0000-4000-8000-000000000001"}}]}
    >>> payload_ids(body, "profileId,profile.id")
    ['3f0c0000-0000-4000-8000-000000000001']
    """
    ids: dict[str, None] = {}
    for path in paths.split(","):
        names = [name for name in path.strip().split(".") if name]
        if names:
            ids |= dict.fromkeys(_search(body, names))
    return list(ids)[:MOST]


def _search(body: Json, names: list[str]) -> Iterator[str]:
    """Search in document order. The payload may come from anyone, so only its beginning is searched."""
    waiting: list[tuple[Json, int]] = [(body, 0)]
    for _part in range(MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop()
        if isinstance(part, dict):
            here = inner(part, *names)
            if isinstance(here, str) and _is_uuid(here):
                yield here
            inside = list(islice(part.values(), MOST_PARTS))
        else:
            inside = part[:MOST] if isinstance(part, list) else []
        if depth < DEEPEST:
            nested = [(each, depth + 1) for each in inside if isinstance(each, dict | list)]
            waiting += reversed(nested)


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False
