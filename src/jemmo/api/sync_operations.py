"""Operations on connections and their syncs.

Annotations are evaluated by django-ninja.
"""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone
from ninja import Query, Schema
from pydantic import ConfigDict, Field

from jemmo.api import lists, records
from jemmo.api.access import ApiRequest
from jemmo.api.document import (
    ConnectionFilter,
    Cursor,
    Fields,
    Limit,
    answers_with,
    operation,
    page_schema,
    reference,
)
from jemmo.api.idempotency import Answer, once
from jemmo.api.problems import not_found
from jemmo.domain.outcomes import RunStatus
from jemmo.domain.streams import Mode
from jemmo.domain.tokens import ApiScope
from jemmo.domain.validation import printable
from jemmo.services.connections import program_changes
from jemmo.services.connections.status import ConnectionStatus, status_of
from jemmo.services.sync.run_rows import RunRow, run_row
from jemmo.store.connections.connections import find_connection
from jemmo.store.models import Connection, ConnectionState, SyncRun

answers_with(ConnectionStatus, RunRow)
READS, WRITES = (ApiScope.RECORDS,), (ApiScope.ADMIN,)
TAG = "connections"
CONNECTION_ORDERS = {"created_at": lists.by_time("created_at")}
RUN_ORDERS = {
    "-started_at": lists.by_time("started_at", descending=True),
    "started_at": lists.by_time("started_at"),
}


SYNC_REQUESTED = {
    "type": "object",
    "required": ["connection_id", "joined"],
    "properties": {
        "connection_id": {
            "type": "string",
            "format": "uuid",
            "description": "The connection's id.",
        },
        "joined": {
            "type": "boolean",
            "description": "A sync that reads at least as much was already running or waiting.",
        },
    },
}


class SyncRequest(Schema):
    """What to read. If empty, the sync reads everything that is due."""

    model_config = ConfigDict(extra="forbid")

    only: Annotated[
        Literal["jobs", "talents"] | None,
        Field(description="Read only these records. Leave empty to read everything."),
    ] = None
    mode: Annotated[
        Mode | None, Field(description="The sync mode. Leave empty to let Jemmo choose it.")
    ] = None


@operation(
    id="list_connections",
    fields=ConnectionStatus.__struct_fields__,
    address="/connections",
    summary="List connections",
    description="Returns the same status as `jemmo status --json`, oldest connection first.",
    schema=page_schema(reference("ConnectionStatus")),
    scopes=READS,
    tag=TAG,
)
def list_connections(
    request: ApiRequest,
    limit: Limit = 100,
    cursor: Cursor = None,
    fields: Fields = None,
    provider: Annotated[str | None, Query(description="Only connections to this ATS.")] = None,
    state: Annotated[
        ConnectionState | None, Query(description="Only connections in this state.")
    ] = None,
) -> HttpResponse:
    rows = lists.narrowed(
        request.token.org.connections.select_related("org", "lease"),
        provider=None if provider is None else printable(provider),
        state=state,
    )
    return lists.page_of_rows(
        "connections",
        rows,
        CONNECTION_ORDERS,
        limit=limit,
        cursor=cursor,
        fields=fields,
        shape=ConnectionStatus,
        write=_statuses,
    )


@operation(
    id="get_connection",
    fields=ConnectionStatus.__struct_fields__,
    address="/connections/{uuid:connection_id}",
    summary="Get a connection",
    description="Returns the same status as `jemmo status --json`.",
    schema=reference("ConnectionStatus"),
    scopes=READS,
    tag=TAG,
    refusals=(404,),
)
def get_connection(request: ApiRequest, connection_id: UUID, fields: Fields = None) -> HttpResponse:
    connection = _connection(request, connection_id)
    return lists.row_response(status_of(connection, timezone.now()), fields)


@operation(
    id="list_runs",
    fields=RunRow.__struct_fields__,
    address="/runs",
    summary="List syncs",
    description="Returns the sync history, newest first, with the same counts as in the web app.",
    schema=page_schema(reference("RunRow")),
    scopes=READS,
    tag=TAG,
)
def list_runs(
    request: ApiRequest,
    limit: Limit = 100,
    cursor: Cursor = None,
    updated_since: Annotated[
        str | None,
        Query(
            description="Only syncs that started or ended since this time, or are still running."
        ),
    ] = None,
    fields: Fields = None,
    sort: Annotated[
        Literal["-started_at", "started_at"],
        Query(description="The sort order. A leading `-` means newest first."),
    ] = "-started_at",
    connection_id: ConnectionFilter = None,
    status: Annotated[RunStatus | None, Query(description="Only syncs with this result.")] = None,
    mode: Annotated[Mode | None, Query(description="Only syncs in this mode.")] = None,
) -> HttpResponse:
    rows = lists.narrowed(
        SyncRun.objects.filter(connection__org=request.token.org),
        connection_id=connection_id,
        status=status,
        mode=mode,
    )
    if updated_since is not None:
        since = records.parse_time("updated_since", updated_since)
        rows = rows.filter(
            Q(started_at__gte=since) | Q(finished_at__gte=since) | Q(finished_at=None)
        )
    return lists.page_of_rows(
        "runs",
        rows,
        RUN_ORDERS,
        sort=sort,
        limit=limit,
        cursor=cursor,
        fields=fields,
        shape=RunRow,
        write=_run_rows,
    )


@operation(
    id="get_run",
    fields=RunRow.__struct_fields__,
    address="/runs/{uuid:run_id}",
    summary="Get a sync",
    description="The counts increase while the sync runs.",
    schema=reference("RunRow"),
    scopes=READS,
    tag=TAG,
    refusals=(404,),
)
def get_run(request: ApiRequest, run_id: UUID, fields: Fields = None) -> HttpResponse:
    run = SyncRun.objects.filter(id=run_id, connection__org=request.token.org).first()
    if run is None:
        raise not_found()
    return lists.row_response(run_row(run), fields)


@operation(
    id="sync_connection",
    method="POST",
    address="/connections/{uuid:connection_id}/sync",
    summary="Start a sync",
    description="Queues a sync ahead of automatic ones. `joined` means that an equivalent sync was already "
    "running or waiting.",
    schema=SYNC_REQUESTED,
    success=202,
    scopes=WRITES,
    tag=TAG,
    refusals=(404,),
)
def sync_connection(
    request: ApiRequest, connection_id: UUID, body: SyncRequest | None = None
) -> HttpResponse:
    asked = body or SyncRequest()
    connection = _connection(request, connection_id)

    def work() -> Answer:
        joined = program_changes.sync(request.token, connection, only=asked.only, mode=asked.mode)
        return Answer(202, {"connection_id": connection.id, "joined": joined})

    return once(request, work, body=asked.model_dump())


@operation(
    id="pause_connection",
    method="POST",
    address="/connections/{uuid:connection_id}/pause",
    summary="Pause a connection",
    description="No syncs start until the connection is resumed. A running sync stops within 10 minutes. "
    "Records are kept.",
    schema=reference("ConnectionStatus"),
    scopes=WRITES,
    tag=TAG,
    refusals=(404,),
)
def pause_connection(request: ApiRequest, connection_id: UUID) -> HttpResponse:
    connection = _connection(request, connection_id)

    def work() -> Answer:
        program_changes.pause(request.token, connection)
        return _changed(request, connection_id)

    return once(request, work)


@operation(
    id="resume_connection",
    method="POST",
    address="/connections/{uuid:connection_id}/resume",
    summary="Resume a connection",
    description="Automatic syncs resume. The next one starts now or, during quiet hours, when these end.",
    schema=reference("ConnectionStatus"),
    scopes=WRITES,
    tag=TAG,
    refusals=(404,),
)
def resume_connection(request: ApiRequest, connection_id: UUID) -> HttpResponse:
    connection = _connection(request, connection_id)

    def work() -> Answer:
        program_changes.resume(request.token, connection)
        return _changed(request, connection_id)

    return once(request, work)


def _connection(request: ApiRequest, connection_id: UUID) -> Connection:
    connection = find_connection(request.token.org, connection_id)
    if connection is None:
        raise not_found()
    return connection


def _changed(request: ApiRequest, connection_id: UUID) -> Answer:
    return Answer(200, status_of(_connection(request, connection_id), timezone.now()))


def _statuses(connections: Sequence[Connection]) -> list[ConnectionStatus]:
    now = timezone.now()
    return [status_of(connection, now) for connection in connections]


def _run_rows(runs: Sequence[SyncRun]) -> list[RunRow]:
    return [run_row(run) for run in runs]
