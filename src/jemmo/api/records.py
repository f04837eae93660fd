"""Records by kind: pages of them, and one by its id."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.dateparse import parse_datetime

from jemmo.api import cursors
from jemmo.api.access import ApiRequest, scope_missing
from jemmo.api.cursors import Place
from jemmo.api.problems import bad_parameter, not_found
from jemmo.domain.tokens import PART_SCOPES, ApiScope
from jemmo.services.base.access_log import log_program_read
from jemmo.store.models import ApiToken, Organisation
from jemmo.store.records.export import KINDS, Kind, Reader
from jemmo.store.records.sorting import DEFAULT, sort_keys, sorted_batch
from jemmo.vault import default_vault


def page_of_records(
    request: ApiRequest,
    name: str,
    *,
    limit: int,
    cursor: str | None,
    updated_since: str | None,
    fields: str | None,
    include: str | None,
    sort: str | None,
    columns: dict[str, Any],
) -> HttpResponse:
    """The next records, by default in the order of the ATS's ids, which no write changes. Raises ``Problem``.

    A record that appears, disappears or changes meanwhile doesn't move any other. Following ``next_cursor`` to the end
    returns each record that existed throughout, and whose sort value did not change, exactly once.
    """
    kind, parts = KINDS[name], parts_of(request.token, KINDS[name], include)
    chosen = chosen_fields(kind.fields, fields, parts)
    records = kind.shown(request.token.org).filter(**columns)
    if updated_since is not None:
        records = records.filter(modified_at__gte=parse_time("updated_since", updated_since))
    batch, next_cursor = batch_of(
        request.token.org, name, records, limit=limit, cursor=cursor, sort=sort
    )
    rows = rows_of(request.token, kind, batch, parts)
    log_read(request.token, name, begins=cursor is None)
    return json_response({"data": [pick(row, chosen) for row in rows], "next_cursor": next_cursor})


def record_response(
    request: ApiRequest, name: str, record_id: UUID, *, fields: str | None, include: str | None
) -> HttpResponse:
    """One record that the token may read. Raises ``Problem``."""
    kind, parts = KINDS[name], parts_of(request.token, KINDS[name], include)
    chosen = chosen_fields(kind.fields, fields, parts)
    return json_response(pick(row_of(request.token, name, record_id, parts), chosen))


def json_response(content: Any) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(content), content_type="application/json")


def batch_of(
    org: Organisation,
    name: str,
    records: QuerySet[Any],
    *,
    limit: int,
    cursor: str | None,
    sort: str | None = None,
) -> tuple[list[Any], str | None]:
    """The next records of a list, and the cursor of those after them. Raises ``Problem``."""
    if sort not in {None, DEFAULT}:
        return _sorted_batch(org, name, records, limit=limit, cursor=cursor, sort=str(sort))
    place = None if cursor is None else cursors.read(name, cursor)
    batch = following(org, records, place, limit + 1)
    last = batch[limit - 1] if len(batch) > limit else None
    return batch[:limit], last and cursors.write(name, Place(last.connection_id, last.remote_id))


def _sorted_batch(
    org: Organisation,
    name: str,
    records: QuerySet[Any],
    *,
    limit: int,
    cursor: str | None,
    sort: str,
) -> tuple[list[Any], str | None]:
    if sort not in (keys := sort_keys(name)):
        raise bad_parameter("sort", value=sort, choices=", ".join(keys))
    kind = f"{name} {sort}"
    place = None if cursor is None else cursors.read_sorted(kind, cursor)
    batch, last = sorted_batch(org, records, sort, place, limit)
    return batch, last and cursors.write_sorted(kind, last)


def following(
    org: Organisation, records: QuerySet[Any], place: Place | None, most: int
) -> list[Any]:
    """The next records, one connection after the other, so that each query uses the index of one connection's ids."""
    batch: list[Any] = []
    for connection_id in org.connections.order_by("id").values_list("id", flat=True):
        if place and connection_id < place.connection_id:
            continue
        own = records.filter(connection_id=connection_id).order_by("remote_id")
        if place and connection_id == place.connection_id:
            own = own.filter(remote_id__gt=place.remote_id)
        batch += own[: most - len(batch)]
        if len(batch) == most:
            break
    return batch


def row_of(
    token: ApiToken, name: str, record_id: UUID, parts: Collection[str] = ()
) -> dict[str, Any]:
    """One record that the token may read, noted as read. Raises ``Problem``."""
    records = list(KINDS[name].shown(token.org).filter(id=record_id))
    if not records:
        raise not_found()
    [row] = rows_of(token, KINDS[name], records, parts)
    log_read(token, name)
    return row


def rows_of(
    token: ApiToken, kind: Kind, records: list[Any], parts: Collection[str]
) -> list[dict[str, Any]]:
    sees_contacts = ApiScope.CONTACTS in token.scopes
    unseal = default_vault().open if sees_contacts else None
    return list(kind.rows(records, Reader(unseal=unseal, sees_withheld=False), parts))


def parts_of(token: ApiToken, kind: Kind, include: str | None) -> frozenset[str]:
    """The requested parts, if the token may read them. Raises ``Problem``."""
    parts = _listed(include)
    if unknown := parts - set(kind.parts):
        raise bad_parameter("include", value=min(unknown), choices=", ".join(kind.parts) or "–")
    for part in sorted(parts & PART_SCOPES.keys()):
        if PART_SCOPES[part] not in token.scopes:
            raise scope_missing(PART_SCOPES[part])
    return parts


def chosen_fields(
    names: Collection[str], fields: str | None, parts: Collection[str] = ()
) -> frozenset[str] | None:
    """The requested fields, checked against the existing ones; ``None`` for all. Raises ``Problem``."""
    chosen = _listed(fields)
    if unknown := chosen - set(names):
        raise bad_parameter("fields", value=min(unknown), choices=", ".join(names))
    return chosen | {"id", *parts} if chosen else None


def pick(row: dict[str, Any], chosen: frozenset[str] | None) -> dict[str, Any]:
    return row if chosen is None else {name: row[name] for name in row if name in chosen}


def _listed(text: str | None) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",")) if text is not None else frozenset()


def parse_time(name: str, text: str) -> datetime:
    """Parse a time with an offset, and convert it to UTC. Raises ``Problem``."""
    try:
        time = parse_datetime(text.replace(" ", "+"))  # an unescaped plus sign
        if time is not None and time.tzinfo is not None:
            return time.astimezone(UTC)  # Postgres does not know every offset
    except (ValueError, OverflowError):
        pass
    raise bad_parameter("time", name=name)


def log_read(token: ApiToken, name: str, *, begins: bool = False) -> None:
    """Log that a program reads people: each new list, and other reads once every few minutes.

    A cursor proves nothing, since a program can make one up.
    """
    log_program_read(
        token.org,
        name,
        actor=token.created_by,
        contacts=ApiScope.CONTACTS in token.scopes,
        program=str(token.pk),
        begins=begins,
    )
