"""Operations that read synced records, and that refetch one.

Annotations are evaluated by django-ninja.
"""

import inspect
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Query

from jemmo.api import records, schemas
from jemmo.api.access import ApiRequest
from jemmo.api.document import (
    LISTS,
    Cursor,
    Fields,
    Include,
    Limit,
    Since,
    Sort,
    answers_with,
    operation,
    page_schema,
    reference,
)
from jemmo.api.idempotency import Answer, once
from jemmo.api.problems import not_found
from jemmo.domain.entities import ENTITIES
from jemmo.domain.enums import ApplicationStatus, JobStatus
from jemmo.domain.streams import Stream
from jemmo.domain.tokens import ApiScope
from jemmo.services.connections import program_changes
from jemmo.services.records import refresh
from jemmo.store.models.by_stream import MODELS
from jemmo.store.records import refresh_outcome
from jemmo.store.records.export import KINDS
from jemmo.store.records.refresh_outcome import Refreshing
from jemmo.store.records.sorting import sort_keys
from jemmo.vault import default_vault

answers_with(Refreshing)

FILTERS: dict[str, dict[str, Any]] = {
    "jobs": {"status": JobStatus},
    "postings": {"job_id": UUID},
    "stages": {"job_id": UUID},
    "applications": {"talent_id": UUID, "job_id": UUID, "status": ApplicationStatus},
    "notes": {"talent_id": UUID},
}
"""The filter columns of each list, besides ``connection_id``."""


def _scopes(name: str) -> tuple[ApiScope, ...]:
    right = ENTITIES[Stream(name)].right
    return (ApiScope.RECORDS, ApiScope(right)) if right else (ApiScope.RECORDS,)


def _offer(name: str, what: str) -> None:
    """The two operations for a kind of record."""
    row = reference(schemas.component(name))
    address, tag = f"/{name.replace('_', '-')}", name.replace("_", " ")
    columns = {"connection_id": UUID, **FILTERS.get(name, {})}

    def list_records(
        request: ApiRequest,
        limit: Limit = 100,
        cursor: Cursor = None,
        updated_since: Since = None,
        fields: Fields = None,
        include: Include = None,
        sort: Sort = None,
        **columns: Any,
    ) -> HttpResponse:
        return records.page_of_records(
            request,
            name,
            limit=limit,
            cursor=cursor,
            updated_since=updated_since,
            fields=fields,
            include=include,
            sort=sort,
            columns={column: value for column, value in columns.items() if value is not None},
        )

    def get_record(
        request: ApiRequest, record_id: UUID, fields: Fields = None, include: Include = None
    ) -> HttpResponse:
        return records.record_response(request, name, record_id, fields=fields, include=include)

    _with_filters(list_records, columns)
    operation(
        id=f"list_{name}",
        fields=KINDS[name].fields,
        includes=KINDS[name].parts,
        address=address,
        summary=f"List {what}",
        sorts=sort_keys(name),
        description="Records that were deleted in the ATS or excluded by a rule are not included.",
        schema=page_schema(row),
        scopes=_scopes(name),
        tag=tag,
    )(list_records)
    operation(
        id=f"get_{name}",
        fields=KINDS[name].fields,
        includes=KINDS[name].parts,
        address=f"{address}/{{uuid:record_id}}",
        summary=f"Get a record from {what}",
        description="Returns 404 if the record is deleted, excluded by a rule, or not visible to this token.",
        schema=row,
        scopes=_scopes(name),
        tag=tag,
        refusals=(404,),
    )(get_record)


def _with_filters(listing: Any, columns: dict[str, Any]) -> None:
    """Give a list's view a parameter for each column, which django-ninja reads from its signature."""
    signature = inspect.signature(listing)
    own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    narrowed = [
        inspect.Parameter(
            column,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=_filter(column, kind),
        )
        for column, kind in columns.items()
    ]
    listing.__signature__ = signature.replace(parameters=[*own, *narrowed])


def _filter(column: str, kind: Any) -> Any:
    declared: Any = Query(description=f"Only records with this `{column}`.")  # type: ignore[type-arg]
    return Annotated[kind | None, declared]


def _offer_refresh(name: str) -> None:
    """The two operations that refetch a record and report the outcome."""
    stream = Stream(name)
    address, tag = f"/{name}/{{uuid:record_id}}/refresh", name
    model = MODELS[stream]

    def record_of(request: ApiRequest, record_id: UUID) -> Any:
        record = (
            model._default_manager.select_related("connection")  # noqa: SLF001 - Django's own
            .filter(org=request.token.org, id=record_id)
            .first()
        )
        if record is None:
            raise not_found()
        return record

    def outcome(record: Any) -> Refreshing:
        return refresh_outcome.refresh_outcome_of(
            record.connection, stream, record.remote_id, now=timezone.now()
        )

    def ask(request: ApiRequest, record_id: UUID) -> HttpResponse:
        record = record_of(request, record_id)

        def work() -> Answer:
            refresh.request_record_refetch(
                record.connection_id, stream, record.remote_id, vault=default_vault()
            )
            detail = {"record": str(record_id), "kind": name}
            program_changes.note_change(request.token, "refresh", record.connection, **detail)
            return Answer(202, outcome(record))

        return once(request, work)

    def poll(request: ApiRequest, record_id: UUID) -> HttpResponse:
        return records.json_response(outcome(record_of(request, record_id)))

    operation(
        id=f"refresh_{name}",
        method="POST",
        address=address,
        summary=f"Refetch a {name.removesuffix('s')}",
        description="Refetches the record from the ATS within seconds, even while a sync is running. "
        "Other records are updated by the next sync.",
        schema=reference("Refreshing"),
        success=202,
        scopes=(ApiScope.RECORDS, ApiScope.ADMIN),
        tag=tag,
        refusals=(404,),
    )(ask)
    operation(
        id=f"get_refresh_of_{name}",
        address=address,
        summary=f"Check whether a {name.removesuffix('s')} was refetched",
        description="Returns the outcome of the last refetch. Jemmo keeps the outcome for a few minutes.",
        schema=reference("Refreshing"),
        scopes=(ApiScope.RECORDS,),
        tag=tag,
        refusals=(404,),
    )(poll)


for _name, _what in LISTS.items():
    _offer(_name, _what)
for _stream in refresh.REFRESHED:
    _offer_refresh(str(_stream))
