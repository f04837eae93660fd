"""The API's operations, and the document that describes them.

Annotations are evaluated here: django-ninja reads them through the guard, which is of another module.
"""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import NinjaAPI, Query
from ninja.errors import ValidationError

from jemmo.api import feed, records, schemas
from jemmo.api.access import ApiRequest, require_scopes
from jemmo.api.problems import CONTENT_TYPE, Problem, answer, bad_parameter
from jemmo.domain.entities import ENTITIES
from jemmo.domain.streams import Stream
from jemmo.domain.tokens import ApiScope
from jemmo.store.records.export import KINDS

VERSION = "1"
LISTS = {str(stream): entity.plural.lower() for stream, entity in ENTITIES.items()}
"""What can be read, by its name in addresses."""
PROBLEM = {
    "type": "object",
    "properties": {
        "status": {"type": "integer"},
        **dict.fromkeys(("type", "code", "title", "detail", "next_step"), schemas.TEXT),
    },
}

Limit = Annotated[int, Query(ge=1, le=records.MOST, description="Records of a page.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]
Since = Annotated[
    str | None,
    Query(description="Only what Jemmo wrote since then, such as 2026-11-30T08:00:00Z."),
]
Fields = Annotated[str | None, Query(description="Names of fields, separated by commas.")]
Include = Annotated[str | None, Query(description="What to add to each record.")]


class Api(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> Any:
        document = super().get_openapi_schema(**options)
        parts = document.setdefault("components", {})
        parts["schemas"] = {
            **{schemas.component(name): schemas.of(KINDS[name]) for name in LISTS},
            "Problem": PROBLEM,
        }
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        return document


api = Api(
    title="Jemmo ATS sync",
    version=VERSION,
    description="Read what Jemmo keeps in step with your ATS. Errors are problem documents (RFC 9457).",
    docs_url=None,
    openapi_url="openapi.json",
    urls_namespace="api",
)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return answer(problem)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    name = str(first["loc"][-1])
    return answer(bad_parameter(name=name, reason=first["msg"]))


def _refusals(*statuses: int) -> dict[int, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": "Refused.", "content": {CONTENT_TYPE: {"schema": schema}}}
        for status in statuses
    }


def _described(
    schema: dict[str, Any], *statuses: int, content_type: str = "application/json"
) -> dict[str, Any]:
    content = {content_type: {"schema": schema}}
    success = {200: {"description": "OK", "content": content}}
    return {"responses": {**success, **_refusals(401, 403, 422, 429, *statuses)}}


def _own_scope(name: str) -> list[ApiScope]:
    """The scope that a kind of records needs besides the one for all records."""
    right = ENTITIES[Stream(name)].right
    return [ApiScope(right)] if right else []


def _offer(name: str, what: str) -> None:
    """The two operations of a kind of records."""
    row = {"$ref": f"#/components/schemas/{schemas.component(name)}"}
    rows = {
        "type": "object",
        "required": ["data", "next_cursor"],
        "properties": {
            "data": {"type": "array", "items": row},
            "next_cursor": schemas.TEXT_OR_NULL,
        },
    }

    def listing(
        request: ApiRequest,
        limit: Limit = 100,
        cursor: Cursor = None,
        updated_since: Since = None,
        fields: Fields = None,
        include: Include = None,
    ) -> HttpResponse:
        return records.page(
            request,
            name,
            limit=limit,
            cursor=cursor,
            updated_since=updated_since,
            fields=fields,
            include=include,
        )

    def single(
        request: ApiRequest, record_id: UUID, fields: Fields = None, include: Include = None
    ) -> HttpResponse:
        return records.single(request, name, record_id, fields=fields, include=include)

    guard: Callable[..., Any] = require_scopes(ApiScope.RECORDS, *_own_scope(name))
    address = f"/{name.replace('_', '-')}"
    tags = [name.replace("_", " ")]
    api.get(
        address,
        operation_id=f"list_{name}",
        summary=f"The {what}",
        openapi_extra=_described(rows),
        tags=tags,
        url_name=name,
    )(guard(listing))
    api.get(
        f"{address}/{{uuid:record_id}}",
        operation_id=f"get_{name}",
        summary=f"One of the {what}",
        openapi_extra=_described(row, 404),
        tags=tags,
        url_name=f"{name}_one",
    )(guard(single))


for _name, _what in LISTS.items():
    _offer(_name, _what)

After = Annotated[int | None, Query(ge=0, lt=2**63, description="`next_after` of the page before.")]
First = Annotated[UUID | None, Query(alias="from", description="The first id of a range.")]
End = Annotated[UUID | None, Query(alias="to", description="The id that ends a range, without it.")]
_guard: Callable[..., Any] = require_scopes(ApiScope.RECORDS)


@api.get(
    "/changes",
    operation_id="list_changes",
    summary="What changed",
    openapi_extra=_described(schemas.CHANGES, 410, 503),
    tags=["feed"],
    url_name="changes",
)
@_guard
def _changes(
    request: ApiRequest,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=feed.MOST_CHANGES)] = 100,
    wait: Annotated[float, Query(ge=0, le=feed.LONGEST_WAIT, allow_inf_nan=False)] = 0,
    include: Include = None,
) -> HttpResponseBase:
    return feed.changes(request, after=after, limit=limit, wait=wait, include=include)


@api.get(
    "/snapshot/{entity}",
    operation_id="get_snapshot",
    summary="All records of an entity",
    openapi_extra=_described(schemas.LINES, 410, 503, content_type="application/jsonl"),
    tags=["feed"],
    url_name="snapshot",
)
@_guard
def _snapshot(
    request: ApiRequest, entity: str, first: First = None, end: End = None, include: Include = None
) -> HttpResponseBase:
    return feed.snapshot(request, entity, first=first, end=end, include=include)


@api.get(
    "/digest",
    operation_id="get_digest",
    summary="Counts and digests that prove a copy",
    openapi_extra=_described(schemas.DIGEST, 410, 503),
    tags=["feed"],
    url_name="digest",
)
@_guard
def _digest(
    request: ApiRequest,
    entity: Annotated[str | None, Query(description="Only these records.")] = None,
    first: First = None,
    end: End = None,
    parts: Annotated[int, Query(ge=1, le=feed.MOST_PARTS)] = 1,
    at: Annotated[int | None, Query(ge=0, lt=2**63, description="As of this number.")] = None,
) -> HttpResponseBase:
    return feed.digest(request, entity=entity, first=first, end=end, parts=parts, at=at)
