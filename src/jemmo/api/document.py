"""The OpenAPI document, and the declaration of operations.

Annotations are evaluated by django-ninja, so parameters are declared with these names.
"""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from msgspec import Struct
from ninja import NinjaAPI, Query
from ninja.errors import ValidationError

from jemmo.api import meanings, schemas
from jemmo.api.access import authenticate, require_scopes
from jemmo.api.problems import CONTENT_TYPE, Problem, answer, bad_parameter
from jemmo.domain.entities import ENTITIES
from jemmo.domain.errors import JemmoError
from jemmo.domain.tokens import ApiScope
from jemmo.services.base.costly import RETRY_SECONDS, Crowded
from jemmo.store.feed.entities import ENTITIES as FEED_ENTITIES
from jemmo.store.records.export import KINDS

VERSION = "1"
MOST = 500  # records per page
LISTS = {str(stream): entity.plural.lower() for stream, entity in ENTITIES.items()}
"""The synced records that can be read, by their name in URLs."""
PROBLEM = {
    "type": "object",
    "description": "An error, in the format of RFC 9457.",
    "required": ["type", "status", "code", "title", "detail", "next_step"],
    "properties": {
        name: {
            "type": "integer" if name == "status" else "string",
            "description": meanings.described("Problem", name),
        }
        for name in ("status", "type", "code", "title", "detail", "next_step")
    },
}

Limit = Annotated[int, Query(ge=1, le=MOST, description="Records per page.")]
Cursor = Annotated[str | None, Query(description="The `next_cursor` of the previous page.")]
Since = Annotated[
    str | None,
    Query(
        description="Only records that Jemmo created or updated since this time, such as 2026-11-30T08:00:00Z."
    ),
]
ConnectionFilter = Annotated[UUID | None, Query(description="Only from this connection.")]
Fields = Annotated[str | None, Query(description="Comma-separated list of field names.")]
REFUSALS = {
    400: "The body is not JSON.",
    401: "The token is missing, unknown, expired, or revoked.",
    403: "The token lacks a scope.",
    404: "The record doesn't exist, or the token can't read it.",
    409: "The request can't be processed right now. See `code` for the reason.",
    410: "The feed can't continue from this number.",
    422: "A parameter is invalid.",
    429: "Too many requests. See `Retry-After` for when to continue.",
    503: "Try again later.",
}
ACCEPTED: dict[str, dict[str, Any]] = {
    "updated_since": {"format": "date-time"},
    "entity": {"enum": list(FEED_ENTITIES)},
}
"""Schemas of parameters with these names whose Python type does not define what they accept."""
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A unique string for each request. Repeating a request with the same key has no further effect.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
}
Include = Annotated[str | None, Query(description="Related data to include in each record.")]
Sort = Annotated[
    str | None,
    Query(
        description="The sort order. A leading `-` sorts the latest first. Records without this time come last. "
        "By default, records are sorted by connection and then by ATS ID, which never changes."
    ),
]


class Api(NinjaAPI):
    """The API. Its document is built only once, since anyone may request it as often as they like."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._documents: dict[str, Any] = {}

    def get_openapi_schema(self, **options: Any) -> Any:
        key = repr(sorted(options.items()))
        if key not in self._documents:
            self._documents[key] = self._build_document(**options)
        return self._documents[key]

    def _build_document(self, **options: Any) -> Any:
        document = super().get_openapi_schema(**options)
        parts = document.setdefault("components", {})
        parts["schemas"] = {
            **parts.get("schemas", {}),
            **{schemas.component(name): schemas.schema_of_kind(KINDS[name]) for name in LISTS},
            **schemas.of_parts(),
            **schemas.of_structs(STRUCTS),
            "Problem": PROBLEM,
        }
        for name, schema in parts["schemas"].items():
            if name in meanings.RECORDS:
                schema["description"] = meanings.RECORDS[name]
        for path in document["paths"].values():
            for described in path.values():
                _describe_parameters(described)
        parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
        return document


STRUCTS: list[type] = []
"""The rows that operations return, other than synced records; ``answers_with`` adds them."""

api = Api(
    title="Jemmo ATS sync",
    version=VERSION,
    description="Read the records that Jemmo syncs from your ATS, and start syncs. Errors are "
    "problem documents (RFC 9457).",
    docs_url=None,
    openapi_url="openapi.json",
    urls_namespace="api",
)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return answer(problem)


@api.exception_handler(JemmoError)
def _refused(request: HttpRequest, error: JemmoError) -> HttpResponse:
    """Respond with 409 to requests that are impossible at the moment, for any caller, and with 503 when crowded."""
    if isinstance(error, Crowded):
        return answer(Problem.of(503, error, {"Retry-After": str(RETRY_SECONDS)}))
    return answer(Problem.of(409, error))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    name = str(first["loc"][-1])
    return answer(bad_parameter(name=name, reason=first["msg"]))


def answers_with(*structs: type) -> None:
    """Describe these rows in the document."""
    STRUCTS.extend(structs)


def reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def page_schema(row: dict[str, Any]) -> dict[str, Any]:
    """The schema of a page of such rows."""
    return {
        "type": "object",
        "required": ["data", "next_cursor"],
        "properties": {
            "data": {"type": "array", "items": row, "description": "The rows of this page."},
            "next_cursor": {
                **schemas.TEXT_OR_NULL,
                "description": meanings.described("", "next_cursor"),
            },
        },
    }


def _describe_parameters(described: dict[str, Any]) -> None:
    """Set each query parameter's schema. ``null`` is not a way to omit a parameter."""
    declared = next(each for each in OPERATIONS if each.id == described["operationId"])
    lists = {"fields": declared.fields, "include": declared.includes}
    parameters = [
        {**each, "schema": {**_present(each["schema"]), **ACCEPTED.get(each["name"], {})}}
        for each in described.get("parameters", ())
        if lists.get(each["name"], True)
    ]
    for parameter in parameters:
        if parameter["in"] == "path" and "description" not in parameter:
            parameter["description"] = meanings.PARAMETERS[parameter["name"]]
        if parameter["name"] == "sort" and declared.sorts:
            parameter["schema"] = {"type": "string", "enum": [*declared.sorts]}
        if names := lists.get(parameter["name"]):
            entry = {"type": "string", "enum": list(names)}
            values = {"type": "array", "minItems": 1, "items": entry}
            parameter |= {"style": "form", "explode": False, "schema": values}
    if parameters:
        described["parameters"] = parameters
    else:
        described.pop("parameters", None)


def _present(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value that is present."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    if len(kinds) != 1:
        return schema
    return {**{name: schema[name] for name in schema if name != "anyOf"}, **kinds[0]}


class Operation(Struct, frozen=True, kw_only=True):
    """The declaration of an operation. ``scopes`` are all required; without any, no token is.

    ``of_organization`` refuses tokens of a single connection, for what concerns all of an organization's data.

    ``fields``, ``includes`` and ``sorts`` are the accepted values of these parameters, if the operation has them.
    ``schema`` describes a successful response; ``refusals`` are statuses in addition to the usual ones.
    """

    id: str
    address: str
    summary: str
    tag: str
    schema: dict[str, Any]
    scopes: tuple[ApiScope, ...]
    description: str
    method: str = "GET"
    fields: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    sorts: tuple[str, ...] = ()
    refusals: tuple[int, ...] = ()
    success: int = 200
    content_type: str = "application/json"
    of_organization: bool = False

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def answers(self) -> dict[int, Any]:
        """Its responses by status, for the document."""
        usual = {401, 403, 422, 429} if self.scopes else {422}
        if self.writes:
            usual |= {400, 409}
        content = {self.content_type: {"schema": self.schema}}
        problem = {CONTENT_TYPE: {"schema": reference("Problem")}}
        return {
            self.success: {"description": "OK", "content": content},
            **{
                status: {"description": REFUSALS[status], "content": problem}
                for status in sorted({*usual, *self.refusals})
            },
        }


OPERATIONS: list[Operation] = []
"""All operations, in the order of the document."""


def operation(**named: Any) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., Any]]:
    """Serve a view as an ``Operation``: behind its scopes, and described in the document."""
    declared = Operation(**named)

    def serve(view: Callable[..., HttpResponseBase]) -> Callable[..., Any]:
        guard: Callable[..., Any] = require_scopes(
            *declared.scopes, writes=declared.writes, of_organization=declared.of_organization
        )
        extra: dict[str, Any] = {"responses": declared.answers, "x-scopes": [*declared.scopes]}
        if not declared.scopes:
            extra["security"] = []
        if declared.writes:
            extra["parameters"] = [IDEMPOTENCY_KEY]
        served = guard(view) if declared.scopes else view
        OPERATIONS.append(declared)
        # The view returns a ready response; without this the document says 200.
        return api.api_operation(
            [declared.method],
            declared.address,
            auth=authenticate if declared.scopes else None,
            response={declared.success: None},
            operation_id=declared.id,
            summary=declared.summary,
            description=declared.description,
            openapi_extra=extra,
            tags=[declared.tag],
            url_name=declared.id,
        )(served)

    return serve
