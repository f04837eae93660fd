"""The feed: changes, snapshots to start with, and digests to verify a copy."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from jemmo.api import feed_streams as streams
from jemmo.api import records
from jemmo.api.access import ApiRequest, scope_missing
from jemmo.api.problems import Problem, bad_parameter
from jemmo.domain.tokens import ApiScope
from jemmo.services.base.costly import RETRY_SECONDS
from jemmo.services.feed import feed
from jemmo.services.feed.feed import CursorExpired, FeedBusy
from jemmo.store.feed.entities import ENTITIES
from jemmo.store.feed.reading import Change, Digest, Part, Range, Total
from jemmo.store.models import ApiToken
from jemmo.store.records.export import KINDS

T = TypeVar("T")
MOST_CHANGES = 1000
LONGEST_WAIT = 30  # seconds
MOST_PARTS = 256
EVENTS = "text/event-stream"


def changes(
    request: ApiRequest, *, after: int | None, limit: int, wait: float, include: str | None
) -> HttpResponseBase:
    """The changes after a number, immediately or as soon as there are any. Raises ``Problem``."""
    token, whole = request.token, _includes_records(include)
    is_stream = EVENTS in request.headers.get("Accept", "")
    if is_stream and (last := request.headers.get("Last-Event-ID", "")).isdecimal():
        after = int(last[:19])
    start = feed.position(token) if after is None else after
    page = _page(token, start, limit, whole=whole)
    if is_stream:
        return streams.events(
            token, page, lambda live, place: _page(live, place, limit, whole=whole)
        )
    if page["data"] or not wait:
        return records.json_response(page)
    return streams.later(
        token, page, wait, lambda live, place: _page(live, place, limit, whole=whole)
    )


def snapshot(
    request: ApiRequest, name: str, *, first: UUID | None, end: UUID | None, include: str | None
) -> StreamingHttpResponse:
    """All records of an entity, and the number to continue from. Raises ``Problem``.

    They are read in batches of the current state, because later changes have higher numbers. So a client that takes an
    hour holds neither a connection nor a transaction.
    """
    token = request.token
    name = _entity(token, name)
    parts = records.parts_of(token, KINDS[name], include)
    seq = _explained(feed.position, token)
    records.log_read(token, name, begins=True)
    return streams.lines(token, name, seq, Range(first=first, end=end), parts)


def digest(
    request: ApiRequest,
    *,
    entity: str | None,
    first: UUID | None,
    end: UUID | None,
    parts: int,
    at: int | None,
) -> HttpResponse:
    """Counts and digests of what the token may read. Raises ``Problem``."""
    if entity is None and (first or end or parts > 1):
        raise bad_parameter("range")
    names = (
        feed.visibility_of(request.token).entities
        if entity is None
        else [_entity(request.token, entity)]
    )
    ids = Range(first=first, end=end)
    computed = _explained(feed.digest, request.token, names, at=at, ids=ids, parts=parts)
    answer = {
        "seq": computed.seq,
        "entities": {name: _total(computed.totals[name]) for name in names},
    }
    if entity is not None and parts > 1:
        answer["parts"] = _ranges(computed, ids)
    return records.json_response(answer)


def _page(token: ApiToken, after: int, limit: int, *, whole: bool) -> dict[str, Any]:
    page, following = _explained(feed.changes, token, after, limit)
    present = _records(token, page) if whole else {}
    return {
        "data": [_row(change, present if whole else None) for change in page],
        "next_after": following,
    }


def _row(change: Change, present: dict[str, Any] | None) -> dict[str, Any]:
    row = {name: getattr(change, name) for name in change.__struct_fields__}
    return row if present is None else {**row, "record": present.get(str(change.id))}


def _records(token: ApiToken, page: Collection[Change]) -> dict[str, Any]:
    """The current records by id, without those deleted meanwhile."""
    present: dict[str, Any] = {}
    for name, ids in feed.records_of(page).items():
        kind = KINDS[name]
        shown = list(kind.shown(token.org).filter(id__in=set(ids)))
        present |= {str(row["id"]): row for row in records.rows_of(token, kind, shown, ())}
        records.log_read(token, name)
    return present


def _ranges(computed: Digest, ids: Range) -> list[dict[str, Any]]:
    """Adjoining ranges, so that every id in a copy belongs to one of them."""
    parts = computed.parts or [Part(first=UUID(int=0), total=Total())]
    starts = [ids.first, *(part.first for part in parts[1:])]
    return [
        {"from": start, "to": following, **_total(part.total)}
        for start, following, part in zip(starts, [*starts[1:], ids.end], parts, strict=True)
    ]


def _total(total: Total) -> dict[str, Any]:
    return {"count": total.count, "digest": f"{total.digest:064x}"}


def _entity(token: ApiToken, name: str) -> str:
    """The entity with this name, if the token may read it. Raises ``Problem``."""
    known = name.replace("-", "_")
    if known not in ENTITIES:
        raise bad_parameter("entity", choices=", ".join(ENTITIES))
    if (right := ENTITIES[known].right) and right not in token.scopes:
        raise scope_missing(ApiScope(right))
    return known


def _includes_records(include: str | None) -> bool:
    if include is not None and set(include.split(",")) != {"record"}:
        raise bad_parameter("include", value=include, choices="record")
    return include is not None


def _explained(read: Callable[..., T], *args: Any, **named: Any) -> T:
    try:
        return read(*args, **named)
    except CursorExpired:
        raise Problem(410, "cursor_expired") from None
    except FeedBusy:
        headers = {"Retry-After": str(RETRY_SECONDS)}
        raise Problem(503, "unavailable", variant="digest", headers=headers) from None
