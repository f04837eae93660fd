"""Operations on the endpoints of outgoing webhooks.

Annotations are evaluated by django-ninja.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from jemmo.api import lists, meanings, records
from jemmo.api.access import ApiRequest
from jemmo.api.document import Fields, answers_with, operation, page_schema, reference
from jemmo.api.idempotency import Answer, once
from jemmo.api.problems import Problem, not_found
from jemmo.domain.errors import ConfigError
from jemmo.domain.outgoing import Event
from jemmo.domain.tokens import ApiScope
from jemmo.services.outgoing import endpoints
from jemmo.services.outgoing.endpoint_rows import EndpointRow, endpoint_row
from jemmo.store.feed.entities import FIELDS_FOR_ALL, FOR_ALL
from jemmo.store.models import OutgoingEndpoint
from jemmo.vault import default_vault

answers_with(EndpointRow)
SCOPES = (ApiScope.ADMIN,)
TAG = "webhook endpoints"
ADDRESS, ONE = "/webhook-endpoints", "/webhook-endpoints/{uuid:endpoint_id}"
ENDPOINT_ID = {"type": "string", "description": meanings.PARAMETERS["endpoint_id"]}
SECRET = {"type": ["string", "null"], "description": "The secret that signs its webhooks."}
MESSAGE_ID = {"type": "string", "description": "The `webhook-id` of the test event."}
WITH_SECRET = {
    "type": "object",
    "required": ["id", "secret"],
    "properties": {"id": ENDPOINT_ID, "secret": SECRET},
}
TESTED = {"type": "object", "required": ["message_id"], "properties": {"message_id": MESSAGE_ID}}
DELETED = {"type": "object", "required": ["id"], "properties": {"id": ENDPOINT_ID}}
ONCE = "The response to a repeated request with the same `Idempotency-Key` has `secret: null`."
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=100)]


class EndpointRequest(Schema):
    """An endpoint to create. Lists that are empty do not limit its webhooks."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[
        str,
        StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]+)?(/[!-~]*)?$", max_length=1000),
        Field(description=meanings.described("EndpointRow", "url")),
    ]
    events: Annotated[
        list[Event], Field(min_length=1, description=meanings.described("EndpointRow", "events"))
    ]
    name: Annotated[Text, Field(description=meanings.described("EndpointRow", "name"))] = ""
    entities: Annotated[
        list[Literal[FOR_ALL]],  # type: ignore[valid-type]
        Field(description=meanings.described("EndpointRow", "entities")),
    ] = []
    connections: Annotated[
        list[UUID], Field(description=meanings.described("EndpointRow", "connections"))
    ] = []
    update_fields: Annotated[
        list[Literal[FIELDS_FOR_ALL]],  # type: ignore[valid-type]
        Field(description=meanings.described("EndpointRow", "update_fields")),
    ] = []


@operation(
    id="list_webhook_endpoints",
    fields=EndpointRow.__struct_fields__,
    address=ADDRESS,
    summary="List webhook endpoints",
    description="Returns all endpoints on one page, newest first. There are at most 20.",
    schema=page_schema(reference("EndpointRow")),
    scopes=SCOPES,
    tag=TAG,
    of_organization=True,
)
def list_webhook_endpoints(request: ApiRequest, fields: Fields = None) -> HttpResponse:
    chosen = records.chosen_fields(EndpointRow.__struct_fields__, fields)
    rows = [endpoint_row(endpoint) for endpoint in endpoints.listed(request.token.org)]
    return lists.rows_response(rows, chosen)


@operation(
    id="create_webhook_endpoint",
    method="POST",
    address=ADDRESS,
    summary="Create a webhook endpoint",
    description=f"The endpoint receives future events. Only this response contains its secret. {ONCE}",
    schema=WITH_SECRET,
    success=201,
    scopes=SCOPES,
    tag=TAG,
    of_organization=True,
)
def create_webhook_endpoint(request: ApiRequest, body: EndpointRequest) -> HttpResponse:
    token = request.token

    def work() -> Answer:
        choice = endpoints.Choice(**body.model_dump())
        now = timezone.now()
        made = endpoints.create(
            token.org, choice, vault=default_vault(), now=now, actor=token.created_by
        )
        return _with_secret(201, made.endpoint, made.secret)

    return once(request, lambda: _checked(work), body=body.model_dump(mode="json"))


@operation(
    id="delete_webhook_endpoint",
    method="DELETE",
    address=ONE,
    summary="Delete a webhook endpoint",
    description="Also deletes the endpoint's pending webhooks and log.",
    schema=DELETED,
    scopes=SCOPES,
    tag=TAG,
    of_organization=True,
    refusals=(404,),
)
def delete_webhook_endpoint(request: ApiRequest, endpoint_id: UUID) -> HttpResponse:
    def work() -> Answer:
        endpoint = _endpoint(request, endpoint_id)
        endpoints.delete(endpoint, now=timezone.now(), actor=request.token.created_by)
        return Answer(200, {"id": str(endpoint_id)})

    return once(request, work)


@operation(
    id="rotate_webhook_secret",
    method="POST",
    address=f"{ONE}/rotate",
    summary="Rotate a webhook endpoint's secret",
    description="For 24 hours, webhooks are also signed with the old secret. "
    f"Only this response contains the new one. {ONCE}",
    schema=WITH_SECRET,
    scopes=SCOPES,
    tag=TAG,
    of_organization=True,
    refusals=(404,),
)
def rotate_webhook_secret(request: ApiRequest, endpoint_id: UUID) -> HttpResponse:
    def work() -> Answer:
        endpoint = _endpoint(request, endpoint_id)
        secret = endpoints.rotate(
            endpoint, vault=default_vault(), now=timezone.now(), actor=request.token.created_by
        )
        return _with_secret(200, endpoint, secret)

    return once(request, work)


@operation(
    id="test_webhook_endpoint",
    method="POST",
    address=f"{ONE}/test",
    summary="Send a test event to a webhook endpoint",
    description="A running worker sends the event before any other webhook. While the endpoint is off, the "
    "request is refused.",
    schema=TESTED,
    success=202,
    scopes=SCOPES,
    tag=TAG,
    of_organization=True,
    refusals=(404,),
)
def send_test_event(request: ApiRequest, endpoint_id: UUID) -> HttpResponse:
    def work() -> Answer:
        endpoint = _endpoint(request, endpoint_id)
        try:
            message = endpoints.send_test(endpoint, now=timezone.now())
        except ConfigError as error:
            if error.code != "too_many_test_events":
                raise
            raise Problem.of(429, error, {"Retry-After": "60"}) from None
        return Answer(202, {"message_id": str(message.pk)})

    return once(request, work)


def _endpoint(request: ApiRequest, endpoint_id: UUID) -> OutgoingEndpoint:
    try:
        return endpoints.endpoint_of(request.token.org, endpoint_id)
    except ConfigError:
        raise not_found() from None


def _checked(work: Callable[[], Answer]) -> Answer:
    """Raise errors in the request body as invalid input instead of as a conflict."""
    try:
        return work()
    except ConfigError as error:
        if error.code in {"endpoint_refused", "endpoint_events"}:
            raise Problem.of(422, error) from None
        raise


def _with_secret(status: int, endpoint: OutgoingEndpoint, secret: str) -> Answer:
    content: dict[str, Any] = {"id": str(endpoint.pk)}
    return Answer(status, {**content, "secret": secret}, kept={**content, "secret": None})
