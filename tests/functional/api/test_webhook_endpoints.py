"""Endpoints of outgoing webhooks through the API: created, listed, tested, rotated and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fakes.programs import Asks, send
from fakes.showcase import Showcase

from jemmo.services.outgoing import endpoints
from jemmo.store.models import (
    AuditEvent,
    Connection,
    IdempotencyKey,
    OutgoingEndpoint,
    OutgoingMessage,
)

Makes = Callable[..., str]
BODY = {"url": "https://hooks.example.com/jemmo", "events": ["records.changed", "sync.finished"]}


def call(
    path: str, secret: str, status: int, method: str = "POST", body: Any = None, **headers: str
) -> Any:
    response = send(f"webhook-endpoints{path}", secret, method, body, **headers)
    assert response.status_code == status, response.content
    return response.json()


def test_an_endpoint_is_created_and_deleted(showcase: Showcase, ask: Asks, token: Makes) -> None:
    secret = token("admin")
    connection = Connection.objects.get(org=showcase.org)
    body = {**BODY, "name": "CRM", "entities": ["jobs"], "connections": [str(connection.id)]}
    body["update_fields"] = ["jobs.status", "jobs.title"]
    made = call("", secret, 201, body=body)
    assert made["secret"].startswith("whsec_")

    (row,) = ask("webhook-endpoints", secret)["data"]
    assert row == {**row, **body, "id": made["id"], "state": "active", "off_reason": None}
    assert "secret" not in row
    assert ask("webhook-endpoints?fields=url", secret)["data"] == [
        {"id": made["id"], "url": BODY["url"]}
    ]
    message = call(f"/{made['id']}/test", secret, 202)["message_id"]
    assert OutgoingMessage.objects.get(pk=message).event == "test"
    rotated = call(f"/{made['id']}/rotate", secret, 200)
    assert rotated["secret"] not in {made["secret"], None}
    assert call(f"/{made['id']}", secret, 200, "DELETE") == {"id": made["id"]}
    assert ask("webhook-endpoints", secret)["data"] == []
    noted = AuditEvent.objects.filter(org=showcase.org, action__startswith="endpoint.")
    actions = ["endpoint.created", "endpoint.rotated", "endpoint.deleted"]
    assert list(noted.order_by("id").values_list("action", flat=True)) == actions


def test_a_secret_is_only_in_the_first_response(showcase: Showcase, token: Makes) -> None:
    """A repeated request creates no second endpoint, and the stored response doesn't contain the secret."""
    secret, key = token("admin"), str(uuid4())
    made = call("", secret, 201, body=BODY, **{"Idempotency-Key": key})
    again = call("", secret, 201, body=BODY, **{"Idempotency-Key": key})
    assert again == {"id": made["id"], "secret": None}
    assert OutgoingEndpoint.objects.count() == 1
    assert made["secret"] not in (IdempotencyKey.objects.get().answer or "")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"url": "https://127.0.0.1/"}, "endpoint_refused"),
        ({"url": "http://hooks.example.com/"}, "endpoint_refused"),
        ({"url": "ftp://hooks.example.com/"}, "bad_parameter"),
        ({"url": None}, "bad_parameter"),
        ({"events": []}, "bad_parameter"),
        ({"events": ["everything"]}, "bad_parameter"),
        ({"entities": ["notes"]}, "bad_parameter"),
        ({"update_fields": ["talents.emails"]}, "bad_parameter"),
        ({"connections": [str(uuid4())]}, "endpoint_events"),
        ({"name": "x" * 101}, "bad_parameter"),
        ({"secret": "whsec_own"}, "bad_parameter"),
    ],
)
def test_invalid_input_is_refused(
    showcase: Showcase, token: Makes, change: dict[str, Any], code: str
) -> None:
    problem = call("", token("admin"), 422, body={**BODY, **change})
    assert problem["code"] == code
    assert problem["next_step"]
    assert not OutgoingEndpoint.objects.exists()


def test_too_many_endpoints_are_a_conflict(
    showcase: Showcase, token: Makes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "MAX_ENDPOINTS", 1)
    secret = token("admin")
    call("", secret, 201, body=BODY)
    assert call("", secret, 409, body=BODY)["code"] == "too_many_endpoints"


def test_test_events_are_limited(showcase: Showcase, token: Makes) -> None:
    secret = token("admin")
    path = f"/{call('', secret, 201, body=BODY)['id']}/test"
    for _number in range(endpoints.MAX_TESTS):
        call(path, secret, 202)
    response = send(f"webhook-endpoints{path}", secret, "POST")
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert response.json()["code"] == "too_many_test_events"


def test_an_endpoint_that_is_off_receives_no_test_event(showcase: Showcase, token: Makes) -> None:
    secret = token("admin")
    path = f"/{call('', secret, 201, body=BODY)['id']}/test"
    OutgoingEndpoint.objects.update(state="off", off_reason="failing")
    assert call(path, secret, 409)["code"] == "no_test_event"
    assert not OutgoingMessage.objects.exists()


def test_a_token_of_one_connection_cannot_manage_endpoints(
    showcase: Showcase, ask: Asks, token: Makes
) -> None:
    """An endpoint receives events of the whole organization."""
    made = call("", token("admin"), 201, body=BODY)
    bound = token("admin", connection_id=Connection.objects.get(org=showcase.org).id)
    assert ask("webhook-endpoints", bound, 403)["code"] == "token_bound"
    for path, method in (
        ("", "POST"),
        (f"/{made['id']}/rotate", "POST"),
        (f"/{made['id']}", "DELETE"),
    ):
        assert call(path, bound, 403, method, body=BODY)["code"] == "token_bound"
    assert OutgoingEndpoint.objects.count() == 1
