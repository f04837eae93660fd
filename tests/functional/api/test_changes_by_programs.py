"""Changes through the API: syncs, pauses, refreshes and erasures happen once, however often they are requested."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from fakes.programs import send
from fakes.showcase import Showcase
from procrastinate.contrib.django.models import ProcrastinateJob

from jemmo.api import access
from jemmo.services.accounts import idempotency
from jemmo.services.operations import pruning
from jemmo.services.privacy import erasure
from jemmo.store.models import (
    AccessEvent,
    AuditEvent,
    Connection,
    ConnectionState,
    Erasure,
    IdempotencyKey,
    Organisation,
    Talent,
    WebhookHint,
)

Makes = Callable[..., str]


@pytest.fixture
def connection(showcase: Showcase) -> Connection:
    return Connection.objects.get(org=showcase.org)


def post(path: str, secret: str, status: int, body: Any = None, **headers: Any) -> Any:
    response = send(path, secret, "POST", body, **headers)
    assert response.status_code == status, response.content
    return response


def syncs_waiting(connection: Connection) -> int:
    waiting = ProcrastinateJob.objects.filter(task_name="sync_connection", status="todo")
    return int(waiting.filter(lock=f"sync:{connection.id}").count())


def test_a_sync_is_queued_once_and_then_joined(token: Makes, connection: Connection) -> None:
    secret, path = token("admin"), f"connections/{connection.id}/sync"

    first = post(path, secret, 202, {"only": "jobs"}).json()
    again = post(path, secret, 202, {"only": "jobs"}).json()

    assert first == {"connection_id": str(connection.id), "joined": False}
    assert again["joined"]
    assert syncs_waiting(connection) == 1
    acted = AuditEvent.objects.get(org=connection.org, action="token.acted")
    assert acted.detail["operation"] == "sync"


@pytest.mark.parametrize("body", [None, {}, {"mode": "reconcile"}, {"mode": None, "only": None}])
def test_a_sync_needs_no_options(token: Makes, connection: Connection, body: Any) -> None:
    post(f"connections/{connection.id}/sync", token("admin"), 202, body)
    assert syncs_waiting(connection) == 1


@pytest.mark.parametrize("body", [{"only": "notes"}, {"mode": "x"}, {"other": 1}, [], "x", 1])
def test_an_invalid_body_is_refused(token: Makes, connection: Connection, body: Any) -> None:
    problem = post(f"connections/{connection.id}/sync", token("admin"), 422, body).json()
    assert problem["code"] == "bad_parameter"
    assert not syncs_waiting(connection)


def test_a_body_that_is_no_json_is_a_problem_document(token: Makes, connection: Connection) -> None:
    path, secret = f"connections/{connection.id}/sync", token("admin")
    response = send(path, secret, "POST", content=b"{")
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


def test_a_paused_connection_syncs_again_once_it_is_resumed(
    token: Makes, connection: Connection
) -> None:
    secret, path = token("admin"), f"connections/{connection.id}"

    assert post(f"{path}/pause", secret, 200).json()["state"] == "paused"
    assert post(f"{path}/pause", secret, 200).json()["state"] == "paused"
    problem = post(f"{path}/sync", secret, 409).json()
    assert (problem["code"], bool(problem["next_step"])) == ("paused", True)
    assert post(f"{path}/resume", secret, 200).json()["state"] == "active"
    assert post(f"{path}/resume", secret, 200).json()["state"] == "active"
    acted = AuditEvent.objects.filter(org=connection.org, action="token.acted").order_by("at")
    assert [event.detail["operation"] for event in acted] == ["pause", "resume"]


def test_a_disconnected_connection_stays_so(token: Makes, connection: Connection) -> None:
    Connection.objects.filter(id=connection.id).update(state=ConnectionState.DISCONNECTED)
    secret = token("admin")
    for operation in ("pause", "resume"):
        answer = post(f"connections/{connection.id}/{operation}", secret, 200).json()
        assert answer["state"] == "disconnected"
    post(f"connections/{connection.id}/sync", secret, 409)


@pytest.mark.parametrize("kind", ["talents", "jobs", "applications"])
def test_a_record_is_refetched(showcase: Showcase, token: Makes, kind: str) -> None:
    talent = showcase.talent("elodie")
    records: dict[str, Any] = {
        "talents": talent,
        "jobs": showcase.job("dev"),
        "applications": talent.applications.first(),
    }
    path, secret = f"{kind}/{records[kind].id}/refresh", token("records", "admin")

    assert send(path, secret).json()["outcome"] == "idle"
    assert post(path, secret, 202).json()["outcome"] == "waiting"
    assert send(path, token("records")).json()["outcome"] == "waiting"
    assert WebhookHint.objects.filter(stream=kind, remote_id=records[kind].remote_id).exists()


def test_a_person_is_erased_with_a_certificate(showcase: Showcase, token: Makes) -> None:
    talent = showcase.talent("elodie")
    secret, key = token("privacy"), {"Idempotency-Key": "erase-1"}

    first = post(f"talents/{talent.id}/erase", secret, 200, **key)
    again = post(f"talents/{talent.id}/erase", secret, 200, **key)

    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    assert first.json()["id"] == str(Erasure.objects.get(org=showcase.org).id)
    assert not Talent.objects.filter(id=talent.id).exists()
    noted = AccessEvent.objects.get(org=showcase.org, action="erased")
    assert noted.detail["token"] == str(showcase.org.api_tokens.get().id)
    post(f"talents/{talent.id}/erase", secret, 404)


def test_a_private_talent_is_erased_only_with_the_right_to_them(
    showcase: Showcase, token: Makes
) -> None:
    talent = showcase.talent("elodie")
    Talent.objects.filter(id=talent.id).update(is_private=True)
    post(f"talents/{talent.id}/erase", token("privacy"), 404)
    assert Talent.objects.filter(id=talent.id).exists()
    post(f"talents/{talent.id}/erase", token("privacy", "confidential"), 200)


def test_a_key_returns_the_same_response_for_a_day(token: Makes, connection: Connection) -> None:
    secret, path = token("admin"), f"connections/{connection.id}/sync"
    key = {"Idempotency-Key": "k"}

    first = post(path, secret, 202, {"only": "jobs"}, **key)
    ProcrastinateJob.objects.all().delete()
    assert post(path, secret, 202, {"only": "jobs"}, **key).content == first.content
    assert not syncs_waiting(connection)

    other = post(path, secret, 422, {"only": "talents"}, **key).json()
    assert other["code"] == "idempotency_other_request"
    post(f"connections/{connection.id}/pause", secret, 422, **key)
    assert not post(path, token("admin"), 202, {"only": "talents"}, **key).json()["joined"]

    day_ago = datetime.now(UTC) - idempotency.KEPT_FOR
    IdempotencyKey.objects.update(begun_at=day_ago)
    assert "Idempotency-Replayed" not in post(path, secret, 202, {"mode": "initial"}, **key)


def test_a_request_that_failed_frees_its_key(token: Makes, connection: Connection) -> None:
    secret, path = token("admin"), f"connections/{connection.id}"
    key = {"Idempotency-Key": str(uuid4())}
    post(f"{path}/pause", secret, 200)
    post(f"{path}/sync", secret, 409, **key)
    post(f"{path}/resume", secret, 200)
    post(f"{path}/sync", secret, 202, **key)


def test_the_same_request_at_the_same_time_waits(
    showcase: Showcase, token: Makes, monkeypatch: pytest.MonkeyPatch
) -> None:
    talent, secret = showcase.talent("elodie"), token("privacy")
    begun, may_end = Event(), Event()
    erase = erasure.erase

    def slow(*args: Any, **named: Any) -> Any:
        begun.set()
        assert may_end.wait(60)
        return erase(*args, **named)

    monkeypatch.setattr(erasure, "erase", slow)
    path, key = f"talents/{talent.id}/erase", {"Idempotency-Key": "k"}

    def ask() -> Any:
        try:
            return send(path, secret, "POST", **key)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(copy_context().run, ask)
        assert begun.wait(60)
        refused = post(path, secret, 409, **key)
        may_end.set()
        assert first.result().status_code == 200
    assert refused.json()["code"] == "idempotency_in_use"
    assert refused["Retry-After"] == "2"
    assert post(path, secret, 200, **key).content == first.result().content


def test_a_request_interrupted_with_its_process_can_be_repeated(
    token: Makes, connection: Connection
) -> None:
    secret, path = token("admin"), f"connections/{connection.id}/pause"
    key = {"Idempotency-Key": "k"}
    post(path, secret, 200, **key)
    IdempotencyKey.objects.update(status=None, answer=None)
    post(path, secret, 409, **key)
    long_ago = datetime.now(UTC) - idempotency.MAX_DURATION
    IdempotencyKey.objects.update(begun_at=long_ago)
    assert "Idempotency-Replayed" not in post(path, secret, 200, **key)
    assert "Idempotency-Replayed" in post(path, secret, 200, **key)


@pytest.mark.parametrize("key", ["", " ", "é", "a b", "x" * 201])
def test_an_invalid_key_is_refused(token: Makes, connection: Connection, key: str) -> None:
    path = f"connections/{connection.id}/pause"
    problem = post(path, token("admin"), 422, **{"Idempotency-Key": key}).json()
    assert (problem["code"], connection.state) == ("bad_parameter", "active")


def test_keys_are_forgotten_after_a_day(token: Makes, connection: Connection) -> None:
    secret = token("admin")
    for number in range(3):
        post(f"connections/{connection.id}/pause", secret, 200, **{"Idempotency-Key": str(number)})
    now = datetime.now(UTC)
    assert pruning.forget_old(now)["requests"] == 0
    assert pruning.forget_old(now + timedelta(hours=25))["requests"] == 3


def test_changes_have_a_separate_limit(
    token: Makes, connection: Connection, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_WRITES_PER_MINUTE = 1
    for limiter in (access.LIMITER, access.WRITE_LIMITER):
        monkeypatch.setattr(limiter, "_clock", lambda: 6010.0)
    secret = token("records", "admin")
    first = post(f"connections/{connection.id}/pause", secret, 200)
    assert first["RateLimit"] == '"writes";r=0;t=50'
    refused = post(f"connections/{connection.id}/pause", secret, 429)
    assert (refused["Retry-After"], refused.json()["code"]) == ("50", "too_many_requests")
    assert send("connections", secret).status_code == 200


def test_an_organization_being_deleted_cannot_be_changed(
    token: Makes, connection: Connection
) -> None:
    secret = token("admin")
    Organisation.objects.filter(id=connection.org_id).update(deleted_at=datetime.now(UTC))
    post(f"connections/{connection.id}/sync", secret, 401)
